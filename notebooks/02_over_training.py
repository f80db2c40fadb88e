# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Over-training with Mixup: the U-shaped curve
#
# **Claim FIG-1, FIG-2.** Trained long enough, a network's test accuracy under Mixup rises, turns and falls, while
# its training loss goes on falling. Under ordinary training (ERM) test accuracy does not fall.
#
# **Made precise.** For each seed, ERM and Mixup start from the same weights and see the same points in the same
# order. The *drop* is test accuracy at Mixup's turning epoch minus test accuracy after the last epoch. FIG-2 is
# supported if Mixup's drop is above zero, ERM's below one point, and the difference within a seed above zero, each
# with 95 % confidence over seeds. A drop of two points is one that matters: an
# interval that reaches down to zero and not up to two points refutes.
#
# The paper trains ResNets on CIFAR-10 and SVHN. This chapter trains small networks live, on MNIST-1D: sequences
# of 40 numbers in ten classes, cheap enough for many seeds and thousands of epochs on a laptop. What it finds
# holds for that, and is evidence, not proof, for more.

# %% tags=["parameters"]
profile: str = "quick"  # size of the runs: smoke, quick
alpha: float = 1.0  # Mixup's lam ~ Beta(alpha, alpha)
num_seeds: int = 0  # 0: the profile's own number
n: int = 0  # training points; 0: the profile's own number
lr: float = 0.0  # learning rate; 0: the profile's own

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(
    globals(), profile=str, alpha=float, num_seeds=int, n=int, lr=float
)

from mixrepro import plots, sweep
from mixrepro.claims import fig_2 as claim
from mixrepro.experiments import fig_2

changes = dict(
    alpha=alpha, num_seeds=num_seeds or None, n=n or None, lr=lr or None
)

# %% [markdown]
# ## The idea
#
# Mixup trains on straight lines between points, with labels on straight lines too. Where the true label is not
# linear between two points, the mixed label is wrong. A network learns what is regular first and what is
# irregular later. So early training takes the benefit of many more points, and late training learns the wrong
# labels by heart.
#
# ## A fully connected network

# %%
mlp = sweep.run(fig_2.declare(profile, "mlp", **changes))
fig_2_mlp = claim.judge(mlp)
plots.over_training(mlp, claim.headline(fig_2_mlp))

# %% [markdown]
# The left panel shows the loss that training minimises: for Mixup on mixed points, whose expected floor (dashed)
# was derived in the chapter before; for ERM on the training points. A few draws of $\lambda$ decide the Mixup loss
# of one epoch, so each point is the mean over the last tenth of the epochs before it. The right panel shows test
# accuracy.
#
# ### Verdict on FIG-2
#
# The epoch at which a noisy curve is highest flatters the drop after it. So the turning epoch of a seed is
# chosen on the *other* half of the seeds.

# %%
plots.VerdictCard(fig_2_mlp)

# %% [markdown]
# ### Verdict on FIG-1
#
# FIG-1 asks for more: ERM's test error should *go on falling* while Mixup's rises.

# %%
plots.VerdictCard(claim.judge_fig_1(mlp))

# %% [markdown]
# ### The paper's own protocol
#
# The paper does not report test accuracy after $t$ epochs, but at the epoch up to $t$ at which the training loss
# was smallest. One long run serves every $t$. The verdicts above judge accuracy after $t$ epochs; here are both
# readings, after the longest training. Under Mixup the smallest loss of single epochs picks those with lucky draws of
# $\lambda$, so its epoch is spread widely.

# %%
plots.protocol_table(mlp)

# %% [markdown]
# ## A convolutional network
#
# The same data, a network that knows that a shape may be shifted. Its Mixup labels are as wrong as before, but
# the network is a better match for the data. Does the curve still turn?

# %%
conv1d = sweep.run(fig_2.declare(profile, "conv1d", **changes))
fig_2_conv1d = claim.judge(conv1d)
plots.over_training(conv1d, claim.headline(fig_2_conv1d))

# %%
plots.VerdictCard(fig_2_conv1d)

# %%
plots.VerdictCard(claim.judge_fig_1(conv1d))

# %% [markdown]
# ## Other sizes
#
# The same declaration has two more sizes. `small` trains on real CIFAR-10 images, as far as two cores go; `paper`
# is the paper's own setting. Their records are kept; what nobody has run yet is listed as `not run`.

# %%
plots.OtherSizes("FIG-1", "FIG-2")

# %% [markdown]
# ## Limits
#
# MNIST-1D is not CIFAR-10, and these networks are small. Test accuracy is measured on 5,000 points that all seeds
# share, so the intervals speak of training again on new subsets with new weights, not of other test sets. The
# learning rate is constant: the paper's schedule is not stated. Sizes and margins were chosen after pilot runs on the
# same data set, before these runs. A verdict of `inconclusive` means that the seeds
# run here cannot tell. Where accuracy is highest at the end of the run, the curve has not turned yet, and there is
# nothing to judge: `no estimate`.

# %%
plots.Provenance(mlp, conv1d)

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
# # Mixup with the squared error
#
# **Claim FIG-13.** Trained on the mean squared error instead of cross-entropy, and with a learning rate that is
# divided by ten twice, a network's test accuracy under Mixup is U-shaped, too: it rises, turns and falls.
#
# **Made precise.** For each seed, the fall is test accuracy at Mixup's turning epoch minus test accuracy after the
# last epoch. FIG-13 is supported if Mixup's fall is above zero and above that of ERM between the same epochs,
# each with 95 % confidence over seeds. The second part is a control: a fall that ERM shows as well would belong to
# the loss or the schedule, not to Mixup.
#
# **What would refute it.** A fall of Mixup after its turn, or its lead over that of ERM, whose interval reaches down
# to zero and not up to two points.

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
from mixrepro.claims import fig_13 as claim
from mixrepro.experiments import fig_13
from mixrepro.plots import variants as figures

changes = dict(
    alpha=alpha, num_seeds=num_seeds or None, n=n or None, lr=lr or None
)

# %% [markdown]
# ## The idea
#
# The theory of the chapters on learning dynamics is written for the squared error: its gradient flow has a closed
# form, in which the clean part is learned first and the noise of the labels later. Nothing in that argument needs
# the logarithm of a probability. So the U should not be a peculiarity of cross-entropy.
#
# The loss of one mixed point $\tilde x$ with label $\tilde y$ is here
#
# $$ \frac{1}{C} \sum_{j=1}^{C} \bigl( \mathrm{softmax}(f(\tilde x))_j - \tilde y_j \bigr)^2 . $$
#
# The paper does not say whether it compares probabilities, as this does, or the raw outputs of the network. With
# probabilities the loss is bounded, and its gradient is small: the mean over $C$ classes divides it by $C$, and the
# softmax multiplies it by $p_j (1 - p_j)$ and the like, which vanishes where the network is sure, right or wrong.
# So the learning rate that suits cross-entropy is far too low here. The runs below use a larger one.
#
# ## The experiment

# %%
results = sweep.run(fig_13.declare(profile, **changes))
verdict = claim.judge(results)
figures.squared_error(results, claim.headline(verdict))

# %% [markdown]
# The left panel shows the error that training minimises, averaged over the last tenth of the epochs; for Mixup on
# mixed points, which no network can fit exactly, since mixed labels contradict one another where lines of pairs
# cross. Grey bars mark where the learning rate is divided by ten.
#
# ## Verdict

# %%
plots.VerdictCard(verdict)

# %% [markdown]
# ## Without the schedule
#
# A learning rate that falls twice does two things. It takes away the noise of the steps, which helps at once; and it
# slows by a factor of ten, then of a hundred, whatever is still to be learned, the wrong labels too. To tell the loss
# from the schedule, here are the same runs at a constant rate, and for longer. Up to the first grey bar above they
# do the same. That Mixup turns and falls here is a claim of ours, FIG-13+.

# %%
constant = sweep.run(fig_13.declare(profile, constant_lr=True, **changes))
at_constant = claim.judge_constant(constant)
figures.squared_error(constant, claim.headline(at_constant))

# %%
plots.VerdictCard(at_constant)

# %% [markdown]
# If Mixup falls here and not above, the squared error does over-train, and the schedule stops the run early in all
# but name. (A run that is still highest at its end has no turn: `no estimate`, and nothing is refuted.) If it falls
# in both, or in neither, the schedule is not what decides.
#
# ## Where each arm ends

# %%
plots.endings_table(results)

# %%
plots.endings_table(constant)

# %% [markdown]
# Test loss and training loss in these tables are cross-entropies, as everywhere in this book, although the squared
# error was minimised.
#
# ## Other sizes
#
# Recorded runs of the same claim, on real images and at the paper's own size.

# %%
plots.OtherSizes("FIG-13")

# %% [markdown]
# ## Limits
#
# Of FIG-13 the paper states the data sets, CIFAR-10 and SVHN, and the schedule: a tenth of the learning rate at
# epochs 100 and 150. It states neither network, nor how many points, nor the learning rate before, nor the length.
# The profile `paper` takes ResNet-18 on all of both data sets, as in FIG-2 and FIG-9. On CIFAR-10 an epoch is some 390
# steps; here it is one or a few. The schedule is therefore stretched, so that the first rate carries the network past
# the turn. After the paper's milestones there are hundreds of thousands of steps at the lowest rate, enough to learn
# wrong labels by heart slowly; here there are hundreds. There is one data set, where
# the paper has two, no convolution and no weight decay.
#
# Sizes, learning rate and milestones were chosen after pilot runs on the same data set, with some of the same seeds.

# %%
plots.Provenance(results, constant)

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
# # Loss surfaces: does over-training lead to sharper minima?
#
# **Claim FIG-2-LAND.** The longer a network is trained with Mixup, the sharper are the minima it finds: the loss
# on the *real* training data rises more steeply around it. The paper shows this by pictures of the surface after
# 200, 400 and 800 epochs, and links it to the fall of test accuracy.
#
# **Made precise.** A picture is an impression; a number can be judged. For each seed and each snapshot, move the
# network by half the size of its weights in random directions, and take the mean rise of the loss. The claim is
# supported if that rise is larger at the last snapshot than at the first, and at each snapshot than at the one
# before, each with 95 % confidence over seeds. It would be refuted if growth by a quarter of a doubling from the first
# to the last were excluded, or if the rise fell, with the same confidence, from one snapshot to the next.
#
# Two further verdicts use other rulers. **FIG-2-LAND-HESSIAN** asks the same of the curvature: the largest
# eigenvalue and the trace of the Hessian. **FIG-2-LAND+** (ours) asks it of the answers instead of the loss, with
# ERM beside Mixup, which the paper does not draw.

# %% tags=["parameters"]
profile: str = "quick"  # size of the runs: smoke, quick
alpha: float = 1.0  # Mixup's lam ~ Beta(alpha, alpha)
num_seeds: int = 0  # 0: the profile's own number
n: int = 0  # training points; 0: the profile's own number
lr: float = 0.0  # learning rate; 0: the profile's own
reach: float = 1.0  # half the side of the surfaces, in units of the weights
num_directions: int = 0  # random directions a network; 0: the profile's own

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(
    globals(),
    profile=str,
    alpha=float,
    num_seeds=int,
    n=int,
    lr=float,
    reach=float,
    num_directions=int,
)

from mixrepro import plots, sharpness, sweep
from mixrepro.claims import fig_2_land as claim
from mixrepro.experiments import fig_2_land
from mixrepro.plots import landscape as figures

changes = dict(
    alpha=alpha, num_seeds=num_seeds or None, n=n or None, lr=lr or None
)

# %% [markdown]
# ## A surface that can be compared
#
# A network of thousands of weights is a point in a space of thousands of dimensions. Pick two random directions,
# walk along both, and draw the loss over the plane. The trouble is the unit of length: a step of length 1 ruins
# a network with small weights and leaves one with large weights as it was.
#
# {cite:t}`li2018` cure that by *filter normalization*. Write $\theta_f$ for the weights that feed one output of a
# layer: a row of a weight matrix, a kernel of a convolution. Draw $d$ with normal entries and use
#
# $$\delta_f = \frac{\lVert \theta_f \rVert}{\lVert d_f \rVert}\, d_f$$
#
# for every filter $f$. A step of size 1 then changes each filter by as much as it is large. Biases and the
# parameters of batch normalization are not moved.
#
# Nothing is trained for this chapter: the networks are those of the chapter on over-training, which kept their
# weights at several epochs.

# %%
results = sweep.run(fig_2_land.declare(profile, **changes))
check = sharpness.measure(
    results, reach=reach, num_directions=num_directions or None
)
verdict = claim.judge(check)
figures.surfaces(check, claim.headline(verdict))

# %% [markdown]
# Every panel has the same colours, the same axes and the same random draws; only the network differs, and the
# directions by its scale. Above each stand two numbers that need no picture: the largest eigenvalue $\lambda_1$ of
# the Hessian, the curvature in the steepest direction, and its trace, the sum of all curvatures. Compare what
# they say with what the picture says.
#
# ## Verdict on the picture

# %%
plots.VerdictCard(verdict)

# %% [markdown]
# ## Rulers that can be stretched
#
# Why measure the same thing twice? Because curvature alone can be made as large as one likes without changing the
# function that the network computes {cite:p}`dinh2017`.
#
# ```{prf:lemma} Rescaling changes the Hessian, not the normalized surface
# :label: loss-surfaces-rescaling
#
# Let a network have ReLU units between layers $l$ and $l+1$, and let $D$ multiply weights and biases of layer $l$
# by $c > 0$ and the weights of layer $l+1$ by $1/c$. Then, for the loss $L$, its Hessian $H$ and any
# filter-normalized direction $\delta$,
#
# 1. $L(D\theta) = L(\theta)$;
# 2. $H(D\theta) = D^{-1} H(\theta)\, D^{-1}$, so that the block of layer $l+1$ is multiplied by $c^2$;
# 3. the surface around $D\theta$ along $D\delta$, which is the normalized direction there, is the surface around
#    $\theta$ along $\delta$.
# ```
#
# ```{prf:proof}
# 1. $\max(0, cz) = c \max(0, z)$: layer $l$ puts out $c$ times as much, and layer $l+1$ takes it back.
# 2. Differentiate $L(D\theta) = L(\theta)$ twice with respect to $\theta$: $D\,H(D\theta)\,D = H(\theta)$.
# 3. $D$ multiplies all filters of a layer by one factor, hence their norms too, so normalizing at $D\theta$ turns
#    the draw that gave $\delta$ into $D\delta$. And $L(D\theta + tD\delta) = L(D(\theta + t\delta)) =
#    L(\theta + t\delta)$.
# ```
#
# If layer $l+1$ has any positive curvature, $c \to \infty$ sends $\lambda_1$ to infinity, for one and the same
# function. So a comparison of two networks by $\lambda_1$ means something only if their weights are of like size.
#
# The two rulers are related. As long as no unit switches on or off, the mean rise at a small distance $t$ is
#
# $$\frac{t^2}{2} \sum_f \frac{\lVert \theta_f \rVert^2}{m_f}\, \mathrm{tr}\, H_{ff},$$
#
# with $m_f$ the number of weights of filter $f$ and $H_{ff}$ its block of the Hessian: $\delta_f$ is uniform on a
# sphere of radius $\lVert \theta_f \rVert$ and independent of the other filters, so the mean of
# $\delta\delta^\top$ has $\lVert \theta_f \rVert^2 / m_f$ on its diagonal and zeros elsewhere. **Weights that double
# at the same curvature make the surface four times as steep.** Whether that happens can be measured.

# %%
figures.sizes(check)

# %% [markdown]
# The right panel shows a second way to stretch a ruler. Multiply the last layer by ten: every answer stays the
# same, but when the network is moved, the loss of a wrong answer is ten times as large. A loss that gets steeper
# can be no more than logits that grow. The *share of wrong answers* of the moved network does not depend on the
# size of its logits, nor, by {prf:ref}`loss-surfaces-rescaling`, on the balance between layers. It is the only
# ruler of the four that neither can stretch.
#
# In the same way the Hessian of cross-entropy fades where a network is sure of its answers: each point adds
# curvature in proportion to $p(1-p)$ of its classes. A network that only grows its logits gets flatter by
# $\lambda_1$ and by the trace.
#
# ## All four rulers

# %%
curvature, scale_free = (
    claim.judge_curvature(check),
    claim.judge_scale_free(check),
)
figures.rulers(check, verdict, curvature, scale_free)

# %%
figures.numbers_table(check)

# %% [markdown]
# ## Verdict on the curvature
#
# If this verdict differs from the one on the picture, "sharper" is true by one ruler and not by the other, and
# {prf:ref}`loss-surfaces-rescaling` says which of them depends on how the weights are scaled.

# %%
plots.VerdictCard(curvature)

# %% [markdown]
# ## Verdict free of scale, with ERM beside it
#
# Half the size of the weights is a large step. The question is not whether the moved network errs, but whether it
# errs more after longer training, and whether that is Mixup's doing.

# %%
plots.VerdictCard(scale_free)

# %% [markdown]
# ## Limits
#
# - The paper draws ResNet18 on CIFAR-10, which has batch normalization; here it is a fully connected network on
#   MNIST-1D. The surface is that of the paper's kind (filter-normalized, loss on the real training data); the
#   epochs are others, since the turn comes elsewhere.
# - Mixup does not minimize the loss that is drawn. Its network need not lie at a minimum of this surface, and the
#   word in the claim is the paper's.
# - The Hessian of a ReLU network takes no notice of its kinks. The rise at a distance crosses many of them.
# - That sharpness and test accuracy change together says nothing on which causes which.
# - The trace is estimated from random vectors, the rises from random directions; both are the same draws for all
#   networks of a seed. The surfaces show one seed; every number above is over all of them.
# - Distance, margins and the choice of the ruler for each verdict were settled after pilot runs on three of the
#   same seeds. The claim of the paper is judged by the ruler that its own pictures use.

# %%
plots.Provenance(results)

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
# # Lemma 3.1: the floor under the Mixup loss
#
# **Claims LEMMA-3.1 and LEMMA-3.1+.** On a balanced training set with $C$ classes, cross-entropy and
# $\lambda \sim U(0,1)$, the Mixup loss of *every* network is at least $(C-1)/(2C)$; it is reached only by a network
# that answers each mixed point with its mixed label. The general form, for any $\lambda \sim \mathrm{Beta}(\alpha, \alpha)$ and any class
# balance, is ours.
#
# **What would refute it.** One trained network, anywhere along training, whose exact Mixup loss lies below the
# floor. Every evaluation of every seed is a chance to find one.
#
# Ordinary training can bring its loss to zero. Mixup cannot: a label that is 70 % cat and 30 % dog costs
# something even when the network predicts exactly that. So a Mixup loss of 0.45 on ten classes can be a perfect
# fit, and the distance to the floor, not the loss, says how much has been learned by heart.

# %% tags=["parameters"]
profile: str = "quick"  # size of the runs: smoke, quick
alpha: float = 1.0  # lam ~ Beta(alpha, alpha)
num_seeds: int = 0  # seeds of the trained networks; 0: the profile's own number
seed: int = 0  # of the random label sets and predictions

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(globals(), profile=str, alpha=float, num_seeds=int, seed=int)

import numpy as np

from mixrepro import plots, sweep
from mixrepro.checks import lemma_3_1 as check
from mixrepro.claims import lemma_3_1 as claim
from mixrepro.experiments import lemma_3_1
from mixrepro.rng import stream
from mixrepro.theory import loss_bound

# %% [markdown]
# ## Why there is a floor
#
# Mix two points, $\tilde x = \lambda x + (1-\lambda) x'$ and $\tilde y = \lambda y + (1-\lambda) y'$, and average
# the loss over all $n^2$ pairs and over $\lambda$. Write $h(\lambda) = -\lambda\ln\lambda -
# (1-\lambda)\ln(1-\lambda)$ for the entropy of a coin of bias $\lambda$.
#
# ```{prf:lemma} The floor under the Mixup loss (Lemma 3.1)
# :label: loss-bound-lemma
#
# Let the training set be balanced over $C$ classes and $\lambda \sim U(0,1)$. For every network $f$, the Mixup
# loss with cross-entropy is at least $(C-1)/(2C)$, with equality if and only if $f(\tilde x) = \tilde y$ on every
# mixed point.
# ```
#
# The general form below contains it, so one proof serves both.
#
# ```{prf:lemma} The floor for any $\alpha$ and any class balance (ours)
# :label: loss-bound-general
#
# Let class $c$ hold a share $p_c$ of the training points and $\lambda \sim \mathrm{Beta}(\alpha, \alpha)$. Then
#
# $$\text{Mixup loss} \;\ge\; \Big(1 - \sum_c p_c^2\Big)\;
# \big(\psi(2\alpha + 1) - \psi(\alpha + 1)\big),$$
#
# with $\psi$ the digamma function, and with equality under the same condition.
# ```
#
# ```{prf:proof}
# The loss is taken apart, and what no network can change is averaged.
#
# 1. For any prediction $f$ and any label distribution $\tilde y$, cross-entropy splits into a distance and an
#    entropy: $\ell(f, \tilde y) = \mathrm{KL}(\tilde y \,\|\, f) + H(\tilde y) \ge H(\tilde y)$. The distance is
#    zero exactly when $f = \tilde y$.
# 2. If both points are of one class, $\tilde y$ is certain and $H(\tilde y) = 0$. If not,
#    $H(\tilde y) = h(\lambda)$, whoever the network is.
# 3. Two points drawn with replacement differ in class with probability $1 - \sum_c p_c^2$, independently of
#    $\lambda$. So the mean entropy is $(1 - \sum_c p_c^2)\, \mathbb{E}\, h(\lambda)$.
# 4. By symmetry $\mathbb{E}\, h(\lambda) = -2\, \mathbb{E}\, \lambda \ln \lambda$. The moment
#    $\mathbb{E} \lambda^{s} = \Gamma(\alpha + s)\Gamma(2\alpha) / (\Gamma(\alpha)\Gamma(2\alpha + s))$,
#    differentiated at $s = 1$, gives $\mathbb{E}\, \lambda\ln\lambda = \tfrac12 (\psi(\alpha + 1) -
#    \psi(2\alpha + 1))$.
# 5. For $\alpha = 1$ this is $\psi(3) - \psi(2) = 1/2$, and for $C$ balanced classes $1 - \sum_c p_c^2 =
#    (C-1)/C$: {prf:ref}`loss-bound-lemma`.
# ```

# %% [markdown]
# ## The closed form, checked
#
# The digamma formula against adaptive quadrature of $h$ under the Beta density, and against sampling.

# %%
plots.table(
    ["α", "closed form (nats)", "quadrature", "sampling ± standard error"],
    [
        [
            f"{a:g}",
            f"{loss_bound.expected_entropy(a):.6f}",
            f"{loss_bound.expected_entropy_by_quadrature(a):.6f}",
            "{:.4f} ± {:.4f}".format(
                *loss_bound.expected_entropy_by_sampling(
                    a, 100_000, stream(0, "lam")
                )
            ),
        ]
        for a in sorted({0.2, 0.5, 1.0, 2.0, 8.0, alpha})
    ],
)

# %% [markdown]
# Unbalanced classes lower the floor, since fewer pairs differ. Sampling pairs of labels confirms it:

# %%
shares = {
    "balanced, C = 10": [0.1] * 10,
    "balanced, C = 2": [0.5, 0.5],
    "one class of 91 %": [0.91] + [0.01] * 9,
}
plots.table(
    ["classes", "floor (nats)", "sampled pairs ± standard error"],
    [
        [
            name,
            f"{loss_bound.mixup_loss_lower_bound(alpha=alpha, class_proportions=p):.4f}",
            "{:.4f} ± {:.4f}".format(
                *loss_bound.lower_bound_by_sampling(
                    p, alpha, 100_000, stream(0, "pairs")
                )
            ),
        ]
        for name, p in shares.items()
    ],
)

# %%
plots.bound_by_alpha(
    np.geomspace(0.05, 50, 60), classes=(2, 10, 100), marked=alpha
)

# %% [markdown]
# One look at many instances at once: label sets of random balance, random $\alpha$, and predictions from near the
# mixed labels to far from them. One prediction under its floor would refute {prf:ref}`loss-bound-general`; the
# last part also takes every permutation of a small batch (the form at the end of this chapter).

# %%
plots.VerdictCard(claim.judge_general(check.run(profile, seed)))

# %% [markdown]
# ## How near real runs come
#
# Small training sets, so that the Mixup loss over all $n^2$ pairs can be computed exactly: $\lambda$ by Gauss
# quadrature, every pair counted, self pairs included. The networks see fresh partners and a fresh $\lambda$ at
# every step, as Mixup is trained in practice; the exact loss is only measured.

# %%
experiment = lemma_3_1.declare(
    profile, alpha=alpha, num_seeds=num_seeds or None
)
results = sweep.run(experiment)
plots.nearness_to_bound(results)

# %% [markdown]
# The distance to the floor is the mean Kullback-Leibler divergence between the mixed labels and the predictions:
# how far the mixed labels are from being learned by heart.
#
# ## Verdict
#
# The rule: one exact loss below its floor, by more than rounding, refutes the lemma. The quadrature nodes are a
# distribution of $\lambda$ of their own, and the lemma holds for any, so the floor is computed with the same
# nodes and no integration error can hide or fake a counterexample. The effect shown is the mean over seeds of each
# seed's smallest margin; one seed below zero would refute. How near a run gets is no part of the verdict: that
# depends on its training, and the right panel above shows it.

# %%
plots.VerdictCard(claim.judge(results))

# %% [markdown]
# ## What training reports is not this loss
#
# Training draws partners by permuting the batch. So the floor of the *reported* training loss is another one, and
# can lie below the lemma's.
#
# ```{prf:corollary} The floor for partners inside a batch (ours)
# :label: loss-bound-batch
#
# Let batches of size $b$ be drawn without replacement, $b$ dividing $n$, and partners by a random permutation of
# the batch. The expected training loss over an epoch is at least
#
# $$\Big(1 - \tfrac1b\Big)\,\frac{n}{n-1}\,\Big(1 - \sum_c p_c^2\Big)\,\mathbb{E}\,h(\lambda).$$
# ```
#
# ```{prf:proof}
# A point's partner is itself with probability $1/b$, which costs nothing. Otherwise it is any of the other $n - 1$
# points with equal probability, and of another class with probability $\frac{n}{n-1} (1 - \sum_c p_c^2)$ on
# average over points. The rest is the proof above.
# ```
#
# A training curve that dips under $(C-1)/(2C)$ has therefore refuted nothing.

# %%
plots.table(
    [
        "n",
        "batch size",
        "the lemma's floor (nats)",
        "floor of the reported loss (nats)",
    ],
    [
        [
            f"{n:,}",
            f"{b}",
            f"{loss_bound.mixup_loss_lower_bound(10, alpha):.4f}",
            f"{loss_bound.in_batch_lower_bound(10, n, b, alpha):.4f}",
        ]
        for n, b in ((50, 50), (1000, 100), (15_000, 128), (50_000, 128))
    ],
)

# %% [markdown]
# ## Limits
#
# The lemma is a statement about the loss, not about generalisation: a network at the floor has fitted every mixed
# label, right or wrong. Whether that hurts on test data is the subject of the next chapter. The runs here are
# small on purpose; the bound does not depend on the network.

# %%
plots.Provenance(results)

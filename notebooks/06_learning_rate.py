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
# # The learning rate: does lowering it lower the minimum?
#
# **Claims LR-STAGE and D-4.** After Theorem 5.2 the paper reads its bound. The larger $\eta\mu_k$, the earlier comes
# the turn. And if the learning rate is lowered when the test error has reached the bottom of its U, "the U-curve
# corresponding to the new learning rate may have a lower minimum error and its bottom shifted to the right", so that
# the test error decays further. LR-STAGE+ is ours: what is lowered, and by how much.
#
# **What would refute them.** A larger rate that turns later; a lowered rate that reaches no lower minimum, or reaches
# it no later. Both are asked twice: in gradient flow, the model in which the paper argues, and in stochastic Mixup,
# which draws fresh pairs at every step.
#
# Learning-rate drops are common practice, and the advice is to drop at the bottom. So it matters for which of the two
# settings it was derived, and in which it is true.

# %% tags=["parameters"]
profile: str = "quick"  # size of the checks: smoke, quick, small
seed: int = 0  # of every draw
batch_size: int = 0  # fresh pairs a step; 0: the profile's own number

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(globals(), profile=str, seed=int, batch_size=int)

from mixrepro import plots
from mixrepro.checks import d_4, lr_stage
from mixrepro.claims import d_4 as flow_claim
from mixrepro.claims import lr_stage as claim
from mixrepro.plots import learning_rate as figures

# %% [markdown]
# ## Gradient flow knows only one clock
#
# ```{prf:theorem} One curve for every schedule (ours)
# :label: learning-rate-clock
#
# Let $\theta_t$ follow $\theta' = -\eta(t)\, G\, (\theta - \theta_\infty)$, the flow of
# {prf:ref}`gradient-flow-lemma` with $\theta_\infty = \theta^* + \theta^{\mathrm{noise}}$, at a positive learning
# rate $\eta(t)$ whose integral $s(t) = \int_0^t \eta$ grows without bound. Then $\theta_t$, and with it the risk
# $R_t$ and the bound of Theorem 5.2, depend on the schedule through $s(t)$ alone. So
#
# 1. the lowest risk is the same for every schedule;
# 2. with a constant rate the bottom lies at a time proportional to $1/\eta$;
# 3. a rate lowered at the bottom reaches nothing lower: from there on the risk is the rest of the same curve, only
#    slower.
# ```
#
# ```{prf:proof}
# By the chain rule $d\theta/ds = \theta'(t)/\eta(t) = -G(\theta - \theta_\infty)$, which contains no rate. As $s$
# grows from 0 without bound and without a jump, every schedule runs through the whole curve $\theta(s)$, once and in
# order. All three follow; for the bound, because it contains $\eta$ only in $\eta t$, which becomes $s$.
# ```
#
# The paper's sentence is therefore not a consequence of its theorem. Is it nevertheless true of training?
#
# ## Fresh pairs at every step
#
# Training with Mixup draws its pairs anew. With $B$ pairs a step,
# $\theta_{k+1} = \theta_k - \eta\,(G_k\theta_k - b_k)$, where $G_k$ is the average of
# $\phi(\tilde x)\phi(\tilde x)^\top$ and $b_k$ that of $\phi(\tilde x)\,\tilde y$ over the pairs of the step.
#
# ```{prf:proposition} Mean and spread of stochastic Mixup
# :label: learning-rate-moments
#
# Let the $(G_k, b_k)$ be independent with one law, $z = (\theta, 1)$ and $A = \begin{pmatrix} G & -b \\ 0 & 0
# \end{pmatrix}$. Then $\mathbb{E}\,\theta_k$ is the path of gradient descent on the mean of all pairs, and
# $N_k = \mathbb{E}\, z_k z_k^\top$ obeys the linear equation
#
# $$N_{k+1} = N_k - \eta\,\big(\mathbb{E}[A]\,N_k + N_k\,\mathbb{E}[A]^\top\big) + \eta^2\,\mathbb{E}[A N_k A^\top].$$
# ```
#
# ```{prf:proof}
# $z_{k+1} = (I - \eta A_k) z_k$, and $A_k$ is independent of $z_k$. Take the mean, and the mean of $z z^\top$.
# ```
#
# $n$ points have finitely many pairs, so every mean here is a finite sum. The expected risk at each step is exact, and
# nothing has to be sampled. Its last term is what flow lacks: each step adds noise in proportion to $\eta^2$, there
# are $1/\eta$ steps to a unit of $s$, and so the risk carries an extra part of order $\eta / B$. Lowering $\eta$ takes
# most of it away.

# %%
check = lr_stage.run(profile, seed, batch_size=batch_size or None)
figures.two_settings(check)

# %% [markdown]
# The same problem on the same axes. Dots are means over sampled runs; they lie on the exact curve of the expected risk.
# When should the rate be lowered? Move the slider.

# %%
figures.drop_slider(check)

# %%
figures.when_to_lower(check)

# %% [markdown]
# ## What it gains, problem by problem
#
# Random regressions whose risk in gradient flow has a U, each with its own teacher, features and points. One dot is one
# problem.

# %%
figures.gains(check)

# %% [markdown]
# The gain comes from the noise of the pairs, so it should grow with $\eta$ and shrink with $B$.

# %%
figures.excess_scaling(check)

# %% [markdown]
# ## "The larger $\eta\mu_k$, the earlier the turn"
#
# For $\eta$ that is exact in flow ({prf:ref}`learning-rate-clock`). For the eigenvalues it is true of a single mode of the
# bound: its turning time $\ln(1 + a\mu/C_2)/(\eta\mu)$ falls with $\mu$. Of the whole bound it is not always true:
# doubling every $\mu_k$ also halves the strength $C_2/\mu_k$ of the noise, and the balance between the modes moves. Here
# is a case of two modes.

# %%
figures.later_with_larger_mu()

# %% [markdown]
# ## Verdicts
#
# In gradient flow and for the bound the rule is the counterexample: a share of problems, with its interval. With fresh
# pairs one problem is the unit; the effects are relative decreases of the lowest expected risk, and shifts in powers
# of ten of steps, and the rule is a 95 % interval over problems. A claim is refuted if one of its parts is; the parts
# say which setting supports it.

# %%
plots.VerdictCard(claim.judge(check))

# %%
plots.VerdictCard(claim.judge_sharpened(check))

# %% [markdown]
# D-4 is the printed sentence in the paper's own model alone, on problems of another kind, with a stiff solver as
# witness that a changing rate only changes the clock.

# %%
plots.VerdictCard(flow_claim.judge(d_4.run(profile, seed)))

# %% [markdown]
# ## Limits
#
# The model is linear in $\theta$, and the U in it comes from label noise alone. Networks have other reasons to gain from a
# lower rate. The problems were kept because their risk in flow has a U; the caption says how many were drawn. The gain
# is a few per cent to some tens of per cent of the lowest risk at these sizes, and says nothing about how large it is
# on images.

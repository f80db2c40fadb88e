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
# # Gradient flow: from the clean pattern to the noisy one
#
# **Claims LEMMA-5.1, LEMMA-5.1+ and REM-5.3.** Train a linear model on fixed random features with Mixup's labels.
# The parameters then move by two terms: one carries them to the *clean pattern*, which the true labels of the mixed
# inputs would give; the other, zero at first, carries them on to a *noisy pattern*. The first leads early, the
# second late. That the lemma needs no matrix inverse is ours.
#
# **What would refute it.** A stiff solver of the differential equation, a matrix exponential, or plain gradient
# descent at small steps that finds another path; for the remark, one path among thousands on which the lead changes
# twice or the second term shrinks.
#
# The idea in plain words: a mixed label is a true label plus an error. Training is linear here, so it learns both at
# the same rate, direction by direction. Directions in which the features vary much are learned at once, the others
# late. What counts is not how fast a thing is learned but which of the two there is more of in each direction.

# %% tags=["parameters"]
profile: str = "quick"  # size of the checks: smoke, quick
seed: int = 0  # of the drawn instances
points_seed: int = 6  # of the example's training points
n: int = 12  # training points of the example
waves: int = 2  # cosine and sine waves among its features
lam: float = 0.5  # weight of the first of a pair

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(
    globals(),
    profile=str,
    seed=int,
    points_seed=int,
    n=int,
    waves=int,
    lam=float,
)

import numpy as np

from mixrepro import plots
from mixrepro.checks import lemma_5_1, one_dimension, rem_5_3
from mixrepro.claims import lemma_5_1 as claim
from mixrepro.claims import rem_5_3 as remark
from mixrepro.plots import gradient_flow as figures

# %% [markdown]
# ## The setting
#
# A function $f$ gives the true labels. Mixup makes $m$ examples $(\tilde x_i, \tilde y_i)$; all $n^2$ pairs at one
# $\lambda$ give $m = n^2$. Write
#
# - $\Phi = [\phi(\tilde x_1), \dots, \phi(\tilde x_m)]$, a $d \times m$ matrix of fixed features,
# - $Y^* = (f(\tilde x_1), \dots, f(\tilde x_m))$, the *clean labels*, which nobody knows in practice,
# - $Z = \tilde Y - Y^*$, the *noise* that mixing the labels brings in.
#
# Nothing about $Z$ is random once the points are there. For a convex $f$ it is nowhere negative: every chord lies
# above the curve. The model is $\theta^\top \phi(x)$ and its loss $\frac{1}{2m}\|\theta^\top\Phi -
# \tilde Y\|^2$. Gradient flow is gradient descent with steps so small that time is continuous:
#
# $$\dot\theta = -\frac{\eta}{m}\,\Phi\,(\Phi^\top\theta - \tilde Y). $$ (gradient-flow-ode)

# %% [markdown]
# ## The lemma and its proof
#
# Let $G = \frac1m \Phi\Phi^\top$. The paper writes $\Phi^\dagger$ for $(\Phi\Phi^\top)^{-1}\Phi$, the Moore-Penrose
# inverse of $\Phi^\top$.
#
# ```{prf:lemma} Gradient flow in closed form (Lemma 5.1)
# :label: gradient-flow-lemma
#
# Let $\Phi$ have rank $d$, $\theta^* = \Phi^\dagger Y^*$ and $\theta^{\mathrm{noise}} = \Phi^\dagger Z$. Then
#
# $$\theta_t - \theta^* = e^{-\eta G t}\,(\theta_0 - \theta^*) \;+\;
# \big(I - e^{-\eta G t}\big)\,\theta^{\mathrm{noise}} .$$
# ```
#
# ```{prf:proof}
# 1. $\Phi\tilde Y = \Phi\Phi^\top\Phi^\dagger\tilde Y = m\, G\, (\theta^* + \theta^{\mathrm{noise}})$, since
#    $\tilde Y = Y^* + Z$ and $\Phi\Phi^\top\Phi^\dagger = \Phi$. So {eq}`gradient-flow-ode` reads
#    $\dot\theta = -\eta G\,(\theta - \theta_\infty)$ with $\theta_\infty = \theta^* + \theta^{\mathrm{noise}}$.
# 2. The difference $\delta_t = \theta_t - \theta_\infty$ obeys $\dot\delta = -\eta G \delta$, a linear equation
#    with the only solution $\delta_t = e^{-\eta G t}\delta_0$.
# 3. Insert $\delta_0 = (\theta_0 - \theta^*) - \theta^{\mathrm{noise}}$ and sort:
#    $\theta_t - \theta^* = \theta^{\mathrm{noise}} + e^{-\eta G t}(\theta_0 - \theta^*) -
#    e^{-\eta G t}\theta^{\mathrm{noise}}$.
# ```
#
# The paper prints the first term with the matrix to the right of the vector, which is only a manner of writing. It
# also says that the inverse exists "only when $m > d$". That is neither enough nor needed: $m = d$ independent
# columns have one, and $n^2$ columns made of few points may have none. But the lemma can do without.
#
# ```{prf:lemma} The same for features of any rank (ours)
# :label: gradient-flow-any-rank
#
# Let $\Phi$ be any $d \times m$ matrix and $\Phi^\dagger$ the Moore-Penrose inverse of $\Phi^\top$. The formula of
# {prf:ref}`gradient-flow-lemma` holds. The part of $\theta_0$ that is orthogonal to all columns of $\Phi$ never
# moves, and the path ends at $\theta^* + \theta^{\mathrm{noise}}$ plus that part.
# ```
#
# ```{prf:proof}
# 1. $\Phi^\top\Phi^\dagger$ is the orthogonal projection onto the rows of $\Phi$, so $\Phi\Phi^\top\Phi^\dagger =
#    \Phi$ holds for any rank: a projection is symmetric, and leaves the rows of $\Phi$ as they are. Steps 1 to 3
#    above used nothing else.
# 2. If $v$ is orthogonal to all columns, $\Phi^\top v = 0$, so $v^\top\dot\theta = 0$ by
#    {eq}`gradient-flow-ode`. And $v^\top\Phi^\dagger = 0$, since $\theta^*$ and $\theta^{\mathrm{noise}}$ lie in the
#    span of the columns.
# 3. On that span all eigenvalues of $G$ are positive, and $e^{-\eta G t} \to 0$.
# ```
#
# In the eigenvectors $v_k$ of $G$, with eigenvalues $\mu_k$, each coordinate goes its own way,
#
# $$\theta_{t,k} - \theta^*_k = e^{-\eta\mu_k t}\,(\theta_{0,k} - \theta^*_k) +
# (1 - e^{-\eta\mu_k t})\,\theta^{\mathrm{noise}}_k ,$$
#
# and that is how the library computes it: one eigendecomposition, then any number of times. With
# $(1 - \eta\mu_k)^s$ for $e^{-\eta\mu_k t}$ it is gradient descent after $s$ steps, exactly.

# %% [markdown]
# ## Watch it
#
# One dimension, so that the fit can be seen. The true function is a hill, $\cos 3x$; a chord of a hill runs below
# it, so the mixed labels near the top are too low. Move the slider. The fit first climbs towards the hill, best at
# the marked minimum of the risk, and then gives in to the mixed labels, most of all where no points are near. The
# points were chosen so that this is plain to see; how often it goes like this is counted in the next chapter.

# %%
example = one_dimension.example(points_seed, n, waves, lam)
figures.time_slider(example)

# %% [markdown]
# The same path, in numbers: the lengths of both terms of {prf:ref}`gradient-flow-lemma`, and the path in the plane
# through start, clean and noisy pattern.

# %%
figures.two_terms(example)

# %% [markdown]
# The path does not run to the clean pattern and then turn. It bends from the beginning: in the directions learned
# first, the noise is there first as well. The moment when the lead changes and the moment of least risk are not the
# same, since the risk weighs directions by how much the population's features vary in them.

# %%
times = example.times(400)
risk = example.flow.risk(times, example.population)
crossing = example.crossing_time()
plots.table(
    ["moment", "time t", "risk", "distance to θ*"],
    [
        [
            name,
            f"{t:,.0f}",
            f"{example.flow.risk(t, example.population):.4f}",
            f"{np.linalg.norm(example.flow.theta(t) - example.flow.theta_star):.3f}",
        ]
        for name, t in (
            ("start", 0.0),
            ("the lead changes", crossing),
            ("the risk is least", float(times[risk.argmin()])),
            ("the end", float(times[-1])),
        )
    ],
)

# %% [markdown]
# ## The closed form, checked
#
# Three other computations of the same path, none of which knows an eigenvector: a stiff solver (Radau) that is given
# the loss's gradient alone; eq. (3) with matrix exponentials and a pseudo-inverse; and gradient descent as a plain
# loop, at three step sizes extrapolated to step zero. The first two are done also where $\Phi$ has too low a rank.

# %%
check = lemma_5_1.run(profile, seed)
figures.agreement(check)

# %% [markdown]
# Gradient descent is the flow up to an error in proportion to the step. Half the step, half the error: over the
# instances the ratio is close to two.

# %%
low, middle, high = np.quantile(check.step_ratio, [0.05, 0.5, 0.95])
plots.table(
    ["error at a step / error at half the step", "value"],
    [
        ["5 % of instances below", f"{low:.4f}"],
        ["median", f"{middle:.4f}"],
        ["5 % of instances above", f"{high:.4f}"],
    ],
)

# %% [markdown]
# ### Verdicts
#
# The rule: one path whose relative error is above the tolerance refutes. The error is measured at each of forty
# times, relative to the length of $\theta_t$ then.

# %%
plots.VerdictCard(claim.judge(check))

# %%
plots.VerdictCard(claim.judge_minimum_norm(check))

# %% [markdown]
# ## What the two terms do (Remark 5.3)
#
# ```{prf:remark} Remark 5.3, made precise
# :label: gradient-flow-remark
#
# Let $\Phi$ have rank $d$, and let neither $\theta_0 - \theta^*$ nor $\theta^{\mathrm{noise}}$ be zero. The length
# of the first term falls to zero, that of the second rises from zero to $\|\theta^{\mathrm{noise}}\|$, both strictly.
# So they are equal at exactly one time. The path ends at $\theta^* + \theta^{\mathrm{noise}} =
# \Phi^\dagger\tilde Y$, the least squares solution of the Mixup regression itself.
# ```
#
# ```{prf:proof}
# 1. In eigenvectors the squared length of the first term is $\sum_k e^{-2\eta\mu_k t}(\theta_{0,k}-\theta^*_k)^2$. All
#    $\mu_k$ are positive, so every summand that is not zero falls strictly, to zero.
# 2. That of the second is $\sum_k (1 - e^{-\eta\mu_k t})^2 (\theta^{\mathrm{noise}}_k)^2$, and every summand that is
#    not zero rises strictly, from zero.
# 3. Their difference is continuous, falls strictly, is positive at $t = 0$ and negative in the end: it has one zero.
# 4. $\Phi^\dagger Y^* + \Phi^\dagger Z = \Phi^\dagger \tilde Y$, which solves the normal equations.
# ```
#
# Two things the remark does *not* say. With rank below $d$ the first term does not vanish; what no sample sees of
# $\theta_0$ stays ({prf:ref}`gradient-flow-any-rank`). And that the first term leads does not mean that the path
# comes near the clean pattern, or nearer at all: if the noise is strong, the distance to $\theta^*$ grows from the
# start. How near paths come is counted below.

# %%
terms = rem_5_3.run(profile, seed)
figures.many_paths(terms)

# %%
plots.VerdictCard(remark.judge(terms))

# %% [markdown]
# ## Limits
#
# The lemma is exact, but about a model that is linear in $\theta$, with features that do not learn, one $\lambda$ and
# the same pairs throughout. Networks trained in practice differ in all of these; fresh pairs at each step are
# the subject of {doc}`06_learning_rate`. "Clean" and "noisy" speak of labels at mixed inputs. That the clean pattern is
# the best one for the population, and that the way to the noisy one always costs risk, does not follow from the
# lemma. {doc}`05_risk_bound` asks whether they hold.

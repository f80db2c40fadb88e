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
# # Theorem 5.1: are Mixup's labels wrong?
#
# **Claims THM-5.1, REM-5.1, REM-5.2 and CONV-NOISE.** A mixed point gets a mixed label. The truth at that point may
# be another one. Theorem 5.1 bounds the probability of a wrong label from below; Remark 5.1 says on what it depends
# and that it vanishes only for a linear truth; Remark 5.2 tells three cases apart when real labels are certain; and
# for regression with a strongly convex truth the error has a sign and a least size.
#
# **What would refute them.** One counterexample: a pair of points, a $\lambda$ and a truth for which a printed
# inequality fails by more than rounding. The chapter draws thousands, on problems where the truth is known.
#
# It finds that two of the steps are not true as printed, and proves a corrected theorem that is stronger where the
# original is right. The corrected forms, THM-5.1+, REM-5.1+ and REM-5.2+, are ours, and are checked in the same way.

# %% tags=["parameters"]
profile: str = "quick"  # size of the checks: smoke, quick, small
seed: int = 0  # of every draw
alpha: float = 1.0  # lam ~ Beta(alpha, alpha), for the maps and the cases
map_pairs: int = 200_000  # mixed points of each map

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(globals(), profile=str, seed=int, alpha=float, map_pairs=int)

import numpy as np

from mixrepro import plots
from mixrepro.checks import conv_noise, rem_5_1, rem_5_2, thm_5_1
from mixrepro.claims import conv_noise as conv_noise_claim
from mixrepro.claims import rem_5_1 as rem_5_1_claim
from mixrepro.claims import rem_5_2 as rem_5_2_claim
from mixrepro.claims import thm_5_1 as thm_5_1_claim
from mixrepro.plots import convexity as convex_figures
from mixrepro.plots import label_noise as figures
from mixrepro.plots import noise_map as map_figures
from mixrepro.rng import stream
from mixrepro.theory import known_labels, noise_map
from mixrepro.theory.convexity import ConvexFunction
from mixrepro.theory.label_noise import noise_bounds

# %% [markdown]
# ## One mixed pair
#
# Write $f_j(x) = P(Y = j \mid X = x)$ for the truth. Mixup takes two inputs, $\tilde X = \lambda X + (1-\lambda)X'$,
# and labels the new one with $Y$ at weight $\lambda$ and with $Y'$ at weight $1-\lambda$. Since $Y$ has the law
# $f(X)$ and $Y'$ the law $f(X')$, the label that Mixup induces has the law
#
# $$g = \lambda f(X) + (1-\lambda) f(X'),$$
#
# while the truth at the mixed point is $f(\tilde X)$. How far the two are apart is measured by the *total
# variation*, $\mathrm{TV}(p, q) = \tfrac12\sum_j |p_j - q_j|$.
#
# Whether a label is wrong can only be told where the truth is known. So this chapter works on four problems whose
# $f$ is a formula: a Gaussian mixture with one class amid three others, two moons smeared by small Gaussians, a
# softmax teacher, and an affine $f$. Move the slider: a point on the way between two classes can belong to a third.

# %%
pair = noise_map.noisiest_pair(
    known_labels.surrounded_class(),
    candidates=300,
    lam=np.linspace(0, 1, 21),
    generator=stream(seed, "pairs"),
)
map_figures.mixed_pair_slider(pair)

# %% [markdown]
# ## The theorem as printed
#
# Two hard labels are compared at $\tilde X$: $Y_h^* = \arg\max_j f_j(\tilde X)$ and $\tilde Y_h^* = \arg\max_j g_j$.
#
# ```{prf:theorem} Label noise, as printed (Theorem 5.1)
# :label: label-noise-printed
#
# For fixed $X$, $X'$ and $\lambda$,
#
# $$\begin{aligned} P(Y_h^* \ne \tilde Y_h^* \mid \tilde X) \;&\ge\; \mathrm{TV}\big(g, f(\tilde X)\big) \\
# &\ge\; \tfrac12 \sup_j \big|f_j(\tilde X) - [(1-\lambda) f_j(X) + \lambda f_j(X')]\big|. \end{aligned}$$
# ```
#
# Three things are wrong or too weak.
#
# ```{prf:proposition} Three errata of Theorem 5.1 (ours)
# :label: label-noise-errata
#
# 1. *Argmax labels.* The first inequality fails whenever the two argmaxes agree while $g \ne f(\tilde X)$.
# 2. *Exchanged weights.* The last term exchanges $\lambda$ and $1-\lambda$, and the second inequality then fails, for
#    instance, for every affine $f$ with $f(X) \ne f(X')$ and $\lambda \ne \tfrac12$.
# 3. *The factor.* With the weights in their place the factor $\tfrac12$ can be dropped.
# ```
#
# ```{prf:proof}
# One by one:
#
# 1. Given $X$, $X'$ and $\lambda$ both argmaxes are determined (given $\tilde X$ alone, too), so the left side is
#    either 0 or 1. If they agree it is 0, and the total variation is positive. The printed proof equates the law of
#    an argmax with the law it is taken from; the first is a single class, the second a distribution.
# 2. For affine $f$, $g = f(\tilde X)$ and the total variation is 0. The printed right side is
#    $\tfrac12|1-2\lambda|\sup_j|f_j(X) - f_j(X')| > 0$.
# 3. The event "the label is $j$" alone gives $\mathrm{TV}(p, q) \ge |p_j - q_j|$.
# ```
#
# Each can be seen on two classes, with numbers that fit on one line:

# %%
figures.counterexamples(
    {
        "affine f(x) = (x, 1 − x), X = 0, X′ = 1, λ = 1/4": noise_bounds(
            [0.75, 0.25], [0, 1], [1, 0], 0.25
        ),
        "certain labels, truth is that of X, λ = 0.7": noise_bounds(
            [1, 0], [1, 0], [0, 1], 0.7
        ),
        "class 1 likeliest everywhere, λ = 1/2": noise_bounds(
            [1, 0], [1, 0], [0.6, 0.4], 0.5
        ),
        "truth in neither label, λ = 1/2": noise_bounds(
            [0, 0, 1], [1, 0, 0], [0, 1, 0], 0.5
        ),
    }
)

# %% [markdown]
# In the first row the total variation is zero and the printed right side is not. In the second and third the total
# variation is positive and the argmaxes agree. The last row obeys everything: there the noise is real in every
# sense.
#
# ```{prf:remark} When the exchanged weights do no harm
# :label: label-noise-exchange
#
# They coincide with the right ones if $\lambda = \tfrac12$ or $f(X) = f(X')$. For other pairs the exchanged label is
# that of the pair taken in the other order, $(X', X)$. So a *signed* difference, summed over both orders or averaged
# over a symmetric law of $\lambda$, comes out the same. A supremum of absolute values does not: for affine $f$ both
# orders have total variation 0 and both printed right sides are positive. Averaging does not repair the statement.
# ```
#
# ## The corrected theorem
#
# The coupling inequality, which the printed proof invokes, is about labels that are *sampled*: $Y^*$ from
# $f(\tilde X)$, $\tilde Y$ from $g$. That is also how Mixup uses its labels. The cross-entropy against the soft
# label $g$ is the mean cross-entropy against hard labels sampled from $g$. For $p$ a distribution let $D(p)$ be its
# largest entry minus its second largest, its *lead*.
#
# ```{prf:theorem} Label noise, corrected and sharpened (ours)
# :label: label-noise-corrected
#
# Let $p = f(\tilde X)$, $g = \lambda f(X) + (1-\lambda) f(X')$ and $\delta = \sup_j |p_j - g_j|$.
#
# (a) If $Y^* \sim p$ and $\tilde Y \sim g$, jointly in any way, $P(Y^* \ne \tilde Y) \ge \mathrm{TV}(p, g)$, with
#     equality for one joint law. If they are independent, $P(Y^* \ne \tilde Y) = 1 - \sum_j p_j g_j$.
#
# (b) $\delta \le \mathrm{TV}(p, g) \le \lfloor C/2 \rfloor\, \delta$. For $C = 2$ all are equal.
#
# (c) If $\delta < \tfrac12 (D(p) + D(g))$, the argmaxes agree.
#
# (d) If $\mathrm{TV}(p, g) > 1 - \min(\max_j p_j, \max_j g_j)$, they differ; so they do if
#     $\mathrm{TV}(p, g) > 1 - \tfrac1C$.
#
# No constant can be improved.
# ```
#
# ```{prf:proof}
# (a) For any set $E$ of classes, $p(E) - g(E) = P(Y^* \in E) - P(\tilde Y \in E) \le P(Y^* \in E, \tilde Y \notin E)
# \le P(Y^* \ne \tilde Y)$, and the largest $p(E) - g(E)$ is the total variation. Equality: let both labels be $j$
# with probability $\min(p_j, g_j)$, which adds up to $1 - \mathrm{TV}(p, g)$, and pair the rest as you like.
#
# (b) $E = \{j\}$ gives the first. The positive $p_j - g_j$ and the negative ones both add up to the total variation
# in size; one of the two kinds has at most $\lfloor C/2\rfloor$ members, none above $\delta$.
#
# (c) Let $a$ and $b \ne a$ be the argmaxes of $p$ and $g$. Then
# $D(p) + D(g) \le (p_a - p_b) + (g_b - g_a) = (p_a - g_a) + (g_b - p_b) \le 2\delta$.
#
# (d) If both argmaxes are $a$, then $1 - \mathrm{TV}(p, g) = \sum_j \min(p_j, g_j) \ge \min(p_a, g_a) =
# \min(\max_j p_j, \max_j g_j) \ge \tfrac1C$.
#
# Examples of equality. (b): two classes; and for the upper bound differences $+\delta, -\delta, +\delta, \dots$ in
# turn. (c): $p = (\tfrac12 + s, \tfrac12 - s)$ and $g = (\tfrac12 - t, \tfrac12 + t)$ differ in their argmax and
# have $\delta = s + t = \tfrac12(D(p) + D(g))$. (d): $g$ certain of class $a$ and $p$ any distribution with argmax
# $a$; for $1 - \tfrac1C$ let $p$ be nearly uniform.
# ```
#
# Between the thresholds of (c) and (d) the total variation does not decide: argmaxes agree or differ.
#
# ## Every reading, put to the test
#
# {prf:ref}`label-noise-printed` and {prf:ref}`label-noise-corrected` side by side, on pairs from five known problems
# and on arbitrary distributions at the three points: some continuous $f$ passes through any three. Sampled labels
# are joined independently, by random joint laws, and by the maximal coupling.

# %%
noise = thm_5_1.run(profile, seed)
figures.theorem_sides(noise)

# %%
figures.violations_table(noise)

# %% [markdown]
# The rule for both verdicts: one case that fails by more than rounding refutes a statement about every case.

# %%
plots.VerdictCard(thm_5_1_claim.judge(noise))

# %%
plots.VerdictCard(thm_5_1_claim.judge_corrected(noise))

# %% [markdown]
# ## On what the noise depends
#
# Remark 5.1 reads the bound: the noise depends on $P_X$, on the convexity of $f$ and on $\lambda$, and "clearly"
# some labels are noisy unless every $f_j$ is linear. Two words need care. *Convexity* must mean curvature of either
# sign: the $f_j$ add up to 1, so where one is convex another is concave. *Linear* must mean affine, and only along
# the segments between inputs.
#
# ```{prf:theorem} When sampled labels are never wrong (ours, after Remark 5.1)
# :label: label-noise-affine
#
# Let $X$ and $X'$ be independent draws from $P_X$, $S$ its support, $f$ continuous on the convex hull of $S$, and
# $0 < \lambda < 1$ fixed.
#
# 1. $\mathrm{TV}(f(\tilde X), g) = 0$ for almost every pair if and only if $f(\lambda x + (1-\lambda) x') = \lambda
#    f(x) + (1-\lambda) f(x')$ for all $x, x' \in S$.
# 2. If $S$ is convex, that is the case for this one $\lambda$ if and only if every $f_j$ is affine on $S$; then it is
#    so for every $\lambda$. In other words, a curved $f$ has noise at *every* $\lambda$ inside $(0, 1)$.
# 3. With argmax labels "only if" is false: they can all be right although $f$ is curved.
# ```
#
# ```{prf:proof}
# One by one:
#
# 1. The total variation is continuous in $(x, x')$. If it is positive at one pair of points of $S$, it is positive on
#    a neighbourhood of it, which has positive probability.
# 2. Take a segment in $S$, and let $h$ be $f_j$ minus its linear interpolation between the ends. Then $h$ is zero at
#    the ends and obeys the same equation. Suppose its maximum $M$ is positive, and let $z$ be the first point that
#    reaches it. Write $z = \lambda a + (1-\lambda) b$ with $a$ just before and $b$ just after $z$: $\lambda h(a) +
#    (1-\lambda) h(b) = M$ makes $h(a) = M$, but $z$ was the first. So $h \le 0$; likewise $-h \le 0$. Hence $f_j$ is
#    affine on every segment of $S$. The converse is clear.
# 3. Let $f = s\,e_1 + (1-s)\,f^\circ$ with $s > \tfrac12$ and any curved $f^\circ$. Class 1 has more than
#    one half everywhere, hence in every average too, and both argmaxes are 1.
# ```
#
# So, by {prf:ref}`label-noise-affine`, Remark 5.1 holds for sampled labels and fails for argmax labels. Now the size
# of it. The sharpness $\beta$ raises the truth to the power $\beta$ and normalises it: small $\beta$ makes labels
# almost uniform, large $\beta$ almost certain.

# %%
rates = rem_5_1.run(profile, seed)
figures.noise_rates(rates)

# %% [markdown]
# The dotted line of the affine problem shows that sharpness is not the cause, curvature is: it has no noise at
# $\beta = 1$, and some on either side. The lower row shows how little argmax labels see. Where the truth is nearly
# uniform hardly any sampled label is wrong through Mixup's fault, yet argmaxes still differ, over nothing.
#
# Could the theorem as printed at least hold on average over pairs? Its left side would then be the share of pairs
# whose argmaxes differ, its right side the mean total variation:

# %%
figures.averages_table(rates)

# %% [markdown]
# Wherever the first number of a pair of columns is below the second, it fails on average as well.

# %%
plots.VerdictCard(rem_5_1_claim.judge(rates))

# %%
plots.VerdictCard(rem_5_1_claim.judge_corrected(rates))

# %% [markdown]
# ## Where Mixup's labels are wrong
#
# Every mixed point is told $g$. Where many mixed points meet, a student averages what it is told, and one that has
# learned Mixup's labels perfectly answers $\mathbb{E}[g \mid \tilde X]$. On the left, dark cells are those where
# even this average names a wrong class. More pairs do not help there: it is a bias, not a noise that averages out.

# %%
maps = {
    name: noise_map.noise_map(problem, map_pairs, stream(seed, "points"), alpha)
    for name, problem in (
        ("Gaussian mixture", known_labels.surrounded_class()),
        ("two moons", known_labels.two_moons()),
    )
}
map_figures.noise_maps(maps, alpha)

# %% [markdown]
# The class in the middle loses ground on all sides, and on the moons the curved border is straightened, because
# straight lines between two points of one moon cross the other.
#
# ## Certain labels: three cases
#
# Real data are commonly labelled with certainty, one class each. Remark 5.2 tells three cases apart by the true
# class $Y_h^*$ of the mixed point. Case (i) is known as *manifold intrusion* {cite:p}`guo2019`.
#
# ```{prf:proposition} The three cases (Remark 5.2, made exact)
# :label: label-noise-cases
#
# Let labels be certain, and $w$ the weight of $Y_h^*$ in Mixup's label, 0, $\lambda$, $1-\lambda$ or 1. A sampled
# label is wrong with probability $1 - w$, which is also the total variation. So
#
# (i) if $Y_h^* \notin \{Y, Y'\}$, sampled and argmax label are wrong with certainty;
#
# (ii) if $Y_h^* \in \{Y, Y'\}$ and $Y \ne Y'$, a sampled label is wrong with probability $1 - w$, strictly between 0
# and 1, and the argmax label is wrong if $w < \tfrac12$ and right if $w > \tfrac12$;
#
# (iii) if $Y_h^* = Y = Y'$, neither is ever wrong.
# ```
#
# ```{prf:proof}
# $f(\tilde X)$ is one-hot at $Y_h^*$, so $\mathrm{TV} = 1 - g_{Y_h^*} = 1 - w$. In (ii) $g$ has two positive
# entries, $w$ and $1 - w$, and its argmax is the larger one.
# ```
#
# So in case (ii) of {prf:ref}`label-noise-cases` the printed "non-zero probability" is right for sampled labels. For
# argmax labels it is 0 or 1 for a given pair and $\lambda$, and 0 as soon as the right class has the larger weight.

# %%
cases = rem_5_2.run(profile, seed, alpha=alpha)
figures.cases_bars(cases)

# %%
figures.cases_table(cases)

# %%
plots.VerdictCard(rem_5_2_claim.judge(cases))

# %%
plots.VerdictCard(rem_5_2_claim.judge_corrected(cases))

# %% [markdown]
# ## Regression: an error with a sign
#
# For a number instead of a class let $Z = \lambda f(X) + (1-\lambda) f(X') - f(\tilde X)$: mixed label minus truth.
# That is the height of a chord over the graph of $f$. For $\rho > 0$ a function $f$ is *$\rho$-strongly convex* if
# $f(x) - \tfrac{\rho}{2}\|x\|^2$ is convex: it curves at least as much as that parabola. Its gradient is
# *$L$-Lipschitz* if $\|\nabla f(x) - \nabla f(x')\| \le L \|x - x'\|$ for all $x$ and $x'$: it curves at most as
# much as $\tfrac{L}{2}\|x\|^2$ does.
#
# ```{prf:proposition} Noise of a convex truth
# :label: label-noise-convex
#
# If $f$ is $\rho$-strongly convex, $Z \ge \tfrac{\rho}{2} \lambda(1-\lambda) \|X - X'\|^2$. If its gradient is
# $L$-Lipschitz, $Z \le \tfrac{L}{2} \lambda(1-\lambda) \|X - X'\|^2$ (ours). For $f = \tfrac{\rho}{2}\|x\|^2$ plus
# an affine function both are equalities, and for independent pairs and $\lambda \sim \mathrm{Beta}(\alpha, \alpha)$
#
# $$\mathbb{E} Z = \frac{\rho\,\alpha\,\mathrm{tr}\,\mathrm{Cov}(X)}{2\,(2\alpha + 1)} \quad\text{(ours)}.$$
# ```
#
# ```{prf:proof}
# $f - \tfrac{\rho}{2}\|x\|^2$ is convex, so its chord lies above it; the chord of $\tfrac{\rho}{2}\|x\|^2$ lies
# $\tfrac{\rho}{2}(\lambda\|X\|^2 + (1-\lambda)\|X'\|^2 - \|\tilde X\|^2) = \tfrac{\rho}{2}\lambda(1-\lambda)\|X -
# X'\|^2$ above it. Add the two. For the upper bound $\tfrac{L}{2}\|x\|^2 - f$ is convex. Last, $\mathbb{E}
# \lambda(1-\lambda) = \alpha / (2(2\alpha + 1))$ and $\mathbb{E}\|X - X'\|^2 = 2\,\mathrm{tr}\,\mathrm{Cov}(X)$.
# ```

# %%
convex_figures.chord(
    ConvexFunction(
        curvature=np.array([[0.6]]),
        slope=np.zeros(1),
        weights=np.array([[1.0, -2.0]]),
        share=1.0,
    ),
    a=-1.5,
    b=2.0,
    lam=0.4,
)

# %% [markdown]
# So this "noise" never has mean zero: every mixed label is too high, and no amount of data averages that away.

# %%
convex = conv_noise.run(profile, seed)
convex_figures.bounds(
    convex, rho=1.0, trace=2.0, alphas=np.geomspace(0.05, 50, 60)
)

# %%
plots.VerdictCard(conv_noise_claim.judge(convex))

# %% [markdown]
# ## Limits
#
# - The truth is known because the problems are made up. On images $f$ is not known, and off the support of $P_X$, where
#   most mixed images lie, $P(Y \mid X = x)$ is not even defined: whether a blend of a cat and a dog is labelled wrongly
#   is a convention there, not a fact.
# - Drawn cases refute a statement about every case but do not prove one; the proofs above do.
# - A rate of a few per cent here says nothing about its size on real data. It depends on how classes lie to each other.
# - That labels are wrong does not yet say that training is harmed. How the wrong part comes to dominate late in
#   training is the subject of the next chapter.

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
# # The spectrum: how many columns does Mixup really have?
#
# **Claims MP-LAW, D-6 and MP-LAW+.** Late in training the noise is divided by the eigenvalues of
# $G = \frac1m\Phi\Phi^\top$, so small eigenvalues do the damage. For $\Phi$ with i.i.d. entries their distribution is
# known: the Marchenko-Pastur law, with $\gamma = d/m$. The paper concludes that $\gamma$ near 1 is worst and that
# "letting $d \ll m$ will alleviate the domination of the noise term". It counts $m = n^2$ columns for Mixup and
# assumes $m > d$, and it says itself that the argument "lacks rigor", since Mixup's columns are not independent.
#
# **What would refute them.** MP-LAW: i.i.d. entries that stay away from the law as they grow, a noise that is not worst
# near $\gamma = 1$, or columns of pairs that follow the law as well as independent ones. D-6, the count as printed:
# a $\Phi$ with $m = n^2 > d$ whose $\Phi\Phi^\top$ has no inverse; a noise that is worst elsewhere than near
# $d = n^2$; or one that is worst although $d \ll n^2$. MP-LAW+ is ours, what Mixup's columns have instead.
#
# The doubt can be settled. Take two photographs and make a hundred blends of them. You have a hundred new pictures,
# but still only two things were ever photographed. How much a blend adds depends on how far the features are from
# linear. For linear features the answer is: nothing.

# %% tags=["parameters"]
profile: str = "quick"  # size of the checks: smoke, quick
seed: int = 0  # of everything drawn
points: int = 0  # n for departures and risks, at least 10; 0: the profile's own

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(globals(), profile=str, seed=int, points=int)

from mixrepro import plots
from mixrepro.checks import d_6, mp_law, spectra_by_gamma
from mixrepro.claims import d_6 as columns_claim
from mixrepro.claims import mp_law as law_claim
from mixrepro.plots import spectrum as figures
from mixrepro.plots.spectrum_slider import gamma_slider
from mixrepro.theory import column_groups, mixup_columns

# %% [markdown]
# ## The law for independent entries
#
# ```{prf:theorem} Marchenko and Pastur
# :label: spectrum-law
#
# Let $\Phi \in \mathbb{R}^{d \times m}$ have i.i.d. entries with mean 0 and variance 1, and let $d, m \to \infty$ with
# $d/m \to \gamma > 0$. The eigenvalues of $\frac1m\Phi\Phi^\top$ have in the limit a mass $\max\{1 - 1/\gamma, 0\}$
# at 0 and the density
#
# $$p(u) = \frac{\sqrt{(\gamma_+ - u)(u - \gamma_-)}}{2\pi\gamma u}, \qquad u \in [\gamma_-, \gamma_+],\quad
# \gamma_\pm = (1 \pm \sqrt\gamma)^2 .$$
#
# Its Stieltjes transform $s(z) = \int (u - z)^{-1} dP(u)$ solves $z = -\frac1s + \frac{1}{1 + \gamma s}$.
# ```
#
# The theorem is classical {cite:p}`marchenko1967`, and nothing but mean and variance of the entries enters. What the
# paper needs from it is how the noise ends.
#
# ```{prf:lemma} The noise at convergence
# :label: spectrum-noise
#
# Let each column have noise of its own, $Z_i$ i.i.d. with mean 0 and variance $\sigma^2$, and let the features of the
# population have mean 0 and covariance $I$. Then $\theta^{\mathrm{noise}} = \Phi^\dagger Z$, with $\Phi^\dagger$ the
# Moore-Penrose inverse of $\Phi^\top$ as in {prf:ref}`gradient-flow-any-rank`, adds to the risk, in expectation over
# $Z$ and in the limit of {prf:ref}`spectrum-law`,
#
# $$\sigma^2\gamma \int_{u>0} \frac{dP(u)}{u} = \begin{cases}\sigma^2\,\gamma/(1-\gamma), & \gamma < 1,\\
# \sigma^2/(\gamma - 1), & \gamma > 1.\end{cases}$$
# ```
#
# ```{prf:proof}
# 1. With population covariance $I$ the added risk is $\|\theta^{\mathrm{noise}}\|^2$, and its expectation over $Z$ is
#    $\sigma^2\, \mathrm{tr}\, (\Phi\Phi^\top)^\dagger = \sigma^2 \frac{d}{m} \cdot \frac1d \sum_{\mu_k > 0} 1/\mu_k$. The
#    mean tends to the integral, since for $\gamma \ne 1$ the eigenvalues above 0 stay away from 0.
# 2. For $\gamma < 1$ let $z \to 0$ in the equation for $s$: $s(0) = \int dP/u$ solves $0 = -\frac1s + \frac1{1 +
#    \gamma s}$, so $s(0) = 1/(1-\gamma)$.
# 3. For $\gamma > 1$ the nonzero eigenvalues of $\frac1m\Phi\Phi^\top$ are $\gamma$ times those of
#    $\frac1d\Phi^\top\Phi$, whose ratio is $1/\gamma < 1$, and they are a share $1/\gamma$ of all. By step 2 the
#    integral is $\frac1\gamma \cdot \frac1\gamma \cdot \frac{1}{1 - 1/\gamma} = \frac{1}{\gamma(\gamma - 1)}$.
# ```
#
# Both sides of $\gamma = 1$ are harmless; in between the noise has no bound. This is the peak that least squares are
# known for {cite:p}`advani2020`. Move the slider: towards $\gamma = 1$ the left histogram grows a tail of tiny
# eigenvalues, exactly as the dashed law says. The right one has the same $d$ and the same $m$, but its columns are all
# pairs of $n$ points. It pays no attention to the dashed curve. The solid curve is derived below.
#
# How far a spectrum is from a law is measured by the *Kolmogorov-Smirnov distance*, KS for short: the largest gap
# between the distribution function of the eigenvalues and that of the law. It is 0 where both agree, and never above 1.

# %%
gamma_slider(spectra_by_gamma.run(profile, seed))

# %%
check = mp_law.run(profile, seed, points=points or None)
figures.iid_entries(check)

# %% [markdown]
# ## Who is to blame: entries or columns?
#
# A matrix of Mixup features differs from the theorem's in two ways. Features of one input depend on each other, and
# columns that share a point do. To tell them apart, compare four matrices of one size: i.i.d. entries; columns from
# *fresh* points, each mixed from two points that are used nowhere else; *random pairs* of $n$ points; *all pairs*. A
# fresh column by itself has the distribution of a mixed one, so from the second to the last only the dependence
# between columns changes.
#
# The feature is $\tanh(g\, w^\top x)$, $x \sim N(0, I)$, divided by its standard deviation (its mean is 0, since tanh is
# odd). *Independent features* have orthonormal $w$ and as many inputs as features: the entries of a column are
# independent. *Toy features* have ten inputs, as in the paper's toy, so that they depend on each other. *Whitened* toy
# features are multiplied by a matrix that makes them uncorrelated over fresh points.

# %%
figures.departures(check)

# %% [markdown]
# With independent features the blame is clear: fresh columns follow the law, pairs do not come near it. With toy
# features fresh columns are far away as well, because the features depend on each other; pairs add a little. Whitening
# takes the first reason away and leaves the second. So the paper's doubt is right, and for features as in its toy there
# is a second one that it does not mention.

# %%
plots.VerdictCard(law_claim.judge(check))

# %% [markdown]
# ## Linear features: $n$ columns, however many pairs
#
# Now what do Mixup's columns do instead? Begin with $\phi(x) = x$. Write $\bar x = \frac1n\sum_i x_i$,
# $S = \frac1n\sum_i x_i x_i^\top$ and $\mathrm{Cov} = S - \bar x\bar x^\top$.
#
# ```{prf:theorem} The second moment of all pairs (ours)
# :label: spectrum-linear
#
# For fixed $\lambda$ let $c = \lambda^2 + (1-\lambda)^2$. Over all $n^2$ ordered pairs
#
# $$G = c\,S + (1 - c)\,\bar x\bar x^\top = c\,\mathrm{Cov} + \bar x\bar x^\top .$$
#
# For $\lambda \sim \mathrm{Beta}(\alpha,\alpha)$ the expectation of $G$ has $c = \frac{\alpha+1}{2\alpha+1}$. Without self pairs
# $c$ in the right-hand form becomes $\frac{nc - 1}{n - 1}$. In each case the rank of $G$ is at most $n$.
# ```
#
# ```{prf:proof}
# 1. Multiply out $(\lambda x_i + (1-\lambda)x_j)(\lambda x_i + (1-\lambda)x_j)^\top$ and average over $i$ and $j$. The
#    two squares give $\lambda^2 S + (1-\lambda)^2 S$, the two mixed terms $2\lambda(1-\lambda)\bar x\bar x^\top$. And
#    $c + 2\lambda(1-\lambda) = 1$.
# 2. $\mathbb{E}\lambda^2 = \frac14 + \mathrm{Var}\,\lambda = \frac14 + \frac{1}{4(2\alpha+1)}$, and $\mathbb{E}\,c = 2\,
#    \mathbb{E}\lambda^2$.
# 3. A self pair is $x_i$ itself, whatever $\lambda$. So without them the mean is $\frac{n^2 G - nS}{n(n-1)}$, and $S =
#    \mathrm{Cov} + \bar x\bar x^\top$.
# 4. All columns lie in the span of $x_1, \dots, x_n$.
# ```
#
# Mixup with linear features is ERM on data that are shrunk towards their mean. For i.i.d. entries the spectrum is
# therefore $c$ times Marchenko-Pastur with $\gamma = d/n$, not $d/n^2$, and one direction that is not shrunk. Does
# that one show?
#
# ```{prf:proposition} When the mean stands out (ours)
# :label: spectrum-outlier
#
# Let the entries of the points be i.i.d. standard normal and $d/n \to \gamma$. The largest eigenvalue of $G$ tends to
# $\frac{c}{1-c} + \gamma$ if $\sqrt\gamma > \frac{c}{1-c}$, and otherwise to the bulk's end, $c\,(1+\sqrt\gamma)^2$. All others
# follow the bulk.
# ```
#
# ```{prf:proof}
# 1. Turn the $n$ columns $x_i$ by an orthogonal matrix whose last column is $(1, \dots, 1)/\sqrt n$. The entries stay
#    i.i.d. normal, and $G = B + \frac1n z_n z_n^\top$ with $B = \frac cn\sum_{k<n} z_k z_k^\top$: one column in $n$ keeps its
#    full weight.
# 2. An eigenvalue $u$ of $G$ outside the spectrum of $B$ solves $1 + \frac1n z_n^\top (B - u)^{-1} z_n = 0$. Since $z_n$
#    is independent of $B$, the quadratic form tends to $\gamma\, s(v)/c$, with $v = u/c$ and $s$ as in
#    {prf:ref}`spectrum-law`. So $\gamma s(v) = -c$.
# 3. Insert $s = -c/\gamma$ into the equation for $s$: $v = \frac\gamma c + \frac{1}{1-c}$, so $u = \gamma +
#    \frac{c}{1-c}$.
# 4. Above $v = \gamma_+$, $s$ rises from $-\frac{1}{\sqrt\gamma(1+\sqrt\gamma)}$ to 0. So there is a solution if and only
#    if $c < \frac{\sqrt\gamma}{1+\sqrt\gamma}$, that is $\sqrt\gamma > \frac c{1-c}$. By interlacing at most one eigenvalue
#    leaves the bulk upwards, and none downwards.
# ```
#
# At $\lambda = \frac12$ the mean shows from $d > n$ on; at $\lambda \sim U(0,1)$ only from $d > 4n$ on. And what does
# training make of such columns?
#
# ```{prf:corollary} Mixup ends where ERM ends (ours)
# :label: spectrum-erm
#
# Let the features be linear, the labels mixed with the same $\lambda \ne 0, 1$ as the points (self pairs included), and
# $x_1, \dots, x_n$ linearly independent (so $d \ge n$). The minimum-norm solution on all $n^2$ pairs is the one on the
# $n$ points.
# ```
#
# ```{prf:proof}
# A $\theta$ with $\theta^\top x_i = y_i$ for all $i$ fits every pair, so the least loss is 0; and a $\theta$ that fits
# every pair fits the self pairs, which are the points. So both problems have the same solutions.
# ```
#
# So the noise at convergence is that of $n$ columns: it peaks at $d = n$, where $\gamma = d/m = 1/n$ is tiny.
# "$d \ll m$" has been obeyed, and the noise is at its worst. That is the counterexample to the advice as printed.

# %% [markdown]
# ## Features that are not linear: count, then weigh
#
# A feature that is not linear makes something new of a mixed point. First the count.
#
# ```{prf:lemma} Distinct columns and rank (ours)
# :label: spectrum-rank
#
# For points in general position the $m$ mixed points have this many different ones:
#
# | | $\lambda = \frac12$ | $\lambda \ne 0, \frac12, 1$ |
# |---|---|---|
# | with self pairs | $n(n+1)/2$ | $n^2$ |
# | without | $n(n-1)/2$ | $n(n-1)$ |
#
# Let $\phi_a(x) = \tanh(w_a^\top x)$ with $w_1, \dots, w_d$ drawn from a density, and let $k$ be the number from the
# table. For points drawn from a density, $\mathrm{rank}\,\Phi = \min(d, k)$ almost surely.
# ```
#
# ```{prf:proof}
# 1. At $\lambda = \frac12$ the pairs $(i,j)$ and $(j,i)$ coincide. Any other coincidence is a linear equation between
#    the points, which almost surely does not hold. For the same reason no mixed point $z$ is 0 or the negative of
#    another. A repeated column does not raise the rank, so $\mathrm{rank}\,\Phi \le \min(d, k)$.
# 2. The functions $w \mapsto \tanh(w^\top z_i)$, $i \le k$, are linearly independent. On a line $w = tv$ they are
#    $\tanh(a_i t)$, $a_i = v^\top z_i$, and for almost every $v$ the $|a_i|$ are different and not 0. As functions of a
#    complex $t$ they have poles, the nearest to 0 at $\pm i\pi/(2|a_i|)$. In a vanishing combination the function with
#    the largest $|a_i|$ has a pole where no other has one, so its coefficient is 0. Repeat with the rest.
# 3. So there are $w_1, \dots, w_r$, $r = \min(d, k)$, for which an $r \times r$ minor of $\Phi$ is not 0. The minor is
#    an analytic function of them that is not identically 0, so it vanishes on a set of measure zero only.
# ```
#
# So at $\lambda = \frac12$, the setting of the paper's toy, $\Phi\Phi^\top$ has no inverse for $d$ between $n(n+1)/2$ and $n^2$,
# although $m > d$. At other $\lambda$ the printed assumption does what it should. But a full rank says little:
# eigenvalues can be tiny. So weigh.
#
# ```{prf:proposition} The parts of a mixed feature (ours)
# :label: spectrum-parts
#
# Let $\lambda = \frac12$, $x, x'$ independent, $\mathbb{E}\,\phi = 0$, $h(x) = \mathbb{E}[\phi(\tilde x)\,|\,x]$ and
# $\rho = 2\,\mathrm{Var}\,h/\mathrm{Var}\,\phi$. Then $\phi_{ij} = h(x_i) + h(x_j) + r_{ij}$ for $i \ne j$, where
# $r_{ij} = r_{ji}$ has mean 0, is uncorrelated with every $h(x_k)$ and with every $r_{kl}$ of another pair, and holds the
# share $1 - \rho$ of the variance.
# ```
#
# ```{prf:proof}
# $\mathbb{E}[r_{ij}\,|\,x_i] = h(x_i) - h(x_i) - \mathbb{E}\,h = 0$, and likewise for $x_j$. Condition on $x_i, x_j$
# for $h(x_k)$ with another $k$, on $x_i$ for $h(x_i)$, and on a common point for $r_{kl}$ that shares one with $r_{ij}$:
# every covariance is 0. So the variances add: $2\,\mathrm{Var}\,h + \mathrm{Var}\,r = \mathrm{Var}\,\phi$.
# ```
#
# The first part comes from $n$ independent columns $h(x_i)$, the second from $n(n-1)/2$ uncorrelated ones. If the
# features are independent of each other, a sum of two Marchenko-Pastur matrices suggests itself, scaled to variance 1:
#
# $$\frac1m\Phi\Phi^\top \;\approx\; \rho\, \frac1n Z_1 Z_1^\top + (1-\rho)\, \frac1{N} Z_2 Z_2^\top,\qquad
# N = \tfrac{n(n-1)}{2},$$
#
# with i.i.d. entries in $Z_1 \in \mathbb{R}^{d\times n}$ and $Z_2 \in \mathbb{R}^{d\times N}$, whose spectrum
# {cite:t}`marchenko1967` know as well: $s$ solves
# $z = -\frac1s + \frac{\rho}{1 + \rho\frac dn s} + \frac{1-\rho}{1 + (1-\rho)\frac dN s}$. This is derived from
# uncorrelated, not independent, columns, so it is not proved here but tested. At $\lambda \ne \frac12$ the two orders of a
# pair differ and there are four such terms.
#
# Two things can be read from it. For $d \ll n^2$ the second matrix is nearly $(1-\rho) I$: **what is not linear in a
# feature acts as ridge regularisation**, and lifts the eigenvalues that are tiny at $d = n$. And $\rho$ is not small. For
# the features used here:

# %%
plots.table(
    ["slope of tanh", "λ", "share ρ that n columns carry"],
    [
        [
            f"{gain:g}",
            f"{lam:g}",
            f"{column_groups.tanh_groups(20, lam, gain).additive:.3f}",
        ]
        for gain in (0.3, 1.0, 3.0)
        for lam in (0.5, 0.7, 0.9)
    ],
)

# %%
columns = d_6.run(profile, seed, points=points or None)
figures.laws_by_size(columns)

# %% [markdown]
# Repeated and self pairs themselves hardly matter. What matters is that all pairs come from $n$ points. An *effective
# rank* says how many directions carry the columns: with $p_k = \mu_k / \sum_j \mu_j$, either the exponential of the
# entropy, $\exp(-\sum_k p_k \ln p_k)$, or the sum of the eigenvalues over the largest, $1/\max_k p_k$. Both are $d$ if
# all eigenvalues are equal, and 1 if only one is not 0. Both are small whether each pair is counted once or twice,
# with self pairs or without.

# %%
figures.effective_rank_table(columns)

# %% [markdown]
# ## Where is the noise worst?
#
# The noise part of the population risk at convergence, exactly in expectation over the noise, as $d$ grows at fixed
# $n$. Two kinds of noise: labels of the $n$ points are noisy, and Mixup mixes them; or labels are exact,
# $f = \theta^\top\phi$ is a random function, and the noise is what Mixup itself puts on the labels,
# $Z = \tilde Y - f(\tilde X)$. (Linear features have none.) Grey: as many columns, each from two fresh points.

# %%
figures.risk_by_features(columns)

# %% [markdown]
# Independent columns peak at $d = m$, as the theory says. Mixup's columns with linear features peak at $d = n$. With
# tanh features a mound is left at $d = n$ for label noise, flattened by the ridge, and the peak sits where the distinct
# columns are used up: at $d = n(n+1)/2$ for $\lambda = \frac12$, and at $d = n^2$ otherwise.
#
# ## Verdicts
#
# D-6 judges the count as printed. One $\Phi$ without an inverse refutes the first parts; for the others the unit is a
# draw of everything, and the effect is in powers of ten of the risk. Parts that come out supported are where the paper
# is right: with features that are not linear, $d \ll n^2$ does keep away from the peak.

# %%
plots.VerdictCard(columns_claim.judge(columns))

# %%
plots.VerdictCard(columns_claim.judge_spectrum(columns))

# %% [markdown]
# ## What to make of the advice
#
# Ask for $d$ far from the number of columns that *carry* the features: $n$ where features are nearly linear between
# points, the number of distinct pairs where they are not. The table puts the sizes of the paper's toy side by side.

# %%
plots.table(
    ["n", "λ", "m = n²", "distinct columns", "worst d if linear"],
    [
        [
            f"{n}",
            f"{lam:g}",
            f"{n * n}",
            f"{mixup_columns.distinct_columns(n, lam)}",
            f"{n}",
        ]
        for n in (20,)
        for lam in (0.5, 0.7)
    ],
)

# %% [markdown]
# ## Limits
#
# - The sum of laws is derived for independent features. Toy features are correlated, and neither law describes them;
#   their rank and their peak are where the count says, since these do not depend on correlations.
# - The risk is the noise part alone. For $d > n$ (or beyond the rank) the minimum-norm solution also misses a part of
#   the true function; that part is not noise and not shown.
# - $\lambda$ is fixed, as in the paper's argument. A $\lambda$ that is drawn anew at each step makes more distinct columns
#   of features that are not linear, from the same $n$ points; for linear features {prf:ref}`spectrum-linear` covers it.
# - Networks learn their features. How linear those become between training points, and so how many columns they have,
#   is not decided here.

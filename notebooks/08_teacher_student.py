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
# # The teacher-student toy: is the U there, and on what does it hang?
#
# **Claims FIG-5 and FIG-18.** A small regression problem, in which everything is known, shows the paper's whole
# story. Mixup's test loss falls below that of ordinary training (ERM), turns, and rises; ERM's levels off. With
# $\lambda$ fixed at $1/2$, where the mixed labels are most wrong, the turn comes earlier than with $\lambda \sim
# \mathrm{Beta}(1,1)$ (FIG-5). And the nearer a fixed $\lambda$ is to $1/2$, the earlier the turn (FIG-18).
# FIG-5+ and FIG-18+ are ours: the same on an axis a hundred times as long.
#
# **What would refute it.** Curves that, on average over many teachers, do not rise after their turn; an ERM curve
# that rises as well; turns in another order.
#
# The toy is small enough to be trained from scratch hundreds of times, with another teacher, other points and other
# partners each time. So the question is not whether one run looks like the figure, but what happens on average, how
# often a single run looks like it, and what the picture hangs on.

# %% tags=["parameters"]
profile: str = "quick"  # size of the checks: smoke, quick, small
seed: int = 0  # of teachers, points and partners
num_seeds: int = 0  # of the trained toys; 0: the profile's number
teacher: str = "pytorch"  # scale of its weights: pytorch, fan-in, unit
student: str = "pytorch"  # of its first layer, in the same words
theta_0: str = "pytorch"  # start of the trained layer: pytorch, unit, zero
loss_factor: float = 0.5  # of the mean squared error

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(
    globals(),
    profile=str,
    seed=int,
    num_seeds=int,
    teacher=str,
    student=str,
    theta_0=str,
    loss_factor=float,
)

from mixrepro import plots
from mixrepro.checks import (
    fig_5,
    fig_5_far,
    fig_5_sensitivity,
    fig_18,
    fig_18_far,
)
from mixrepro.claims import fig_5 as claim
from mixrepro.claims import fig_18 as claim_18
from mixrepro.plots import teacher_student as figures
from mixrepro.plots import toy_map
from mixrepro.teacher_student.problem import Setting

setting = Setting(
    teacher=teacher, student=student, theta_0=theta_0, loss_factor=loss_factor
)

# %% [markdown]
# ## The setting, and what the text leaves open
#
# Inputs are $X \sim N(0, I_{10})$. The **teacher** is a network of two layers with tanh and five hidden units; its
# weights are random and it answers without noise. The **student** has 100 hidden units with tanh. Its first layer
# stays as it was drawn, so it is a linear model $\theta^\top \phi(X)$ on 100 random features, and only $\theta$ is
# trained: full-batch gradient descent on the squared error, learning rate 0.1, $n = 20$ training points, 10,000
# epochs. An epoch mixes $n$ pairs.
#
# The text does not say how large the weights are, where $\theta$ starts, which factor the squared error has, how
# many test points there are, and how the partners are drawn. Here is what this chapter takes, and what else it
# tries:
#
# | left open | taken | also tried |
# |---|---|---|
# | weights of the teacher, and of the student's first layer | PyTorch's default, uniform in $\pm 1/\sqrt{\text{fan-in}}$, biases too | $N(0, 1/\text{fan-in})$; $N(0, 1)$ |
# | start $\theta_0$ | PyTorch's default | $N(0, 1)$; zero |
# | the loss | $\frac{1}{2m}\|\cdot\|^2$, the only formula that the text has for "the MSE loss" (section 5.2) | $\frac1m\|\cdot\|^2$, PyTorch's `MSELoss` |
# | partners | a random permutation an epoch: "the batch size is equal to $n$" | one without self pairs; all $n^2$ pairs in each epoch; all $n(n-1)$ |
# | test points | 1,000, anew for each seed | 50 |
#
# A run of another seed has another teacher, student, start, training set and test set. ERM and every kind of Mixup
# of one seed share all of these.
#
# **How it is computed.** Pre-activations of the first layer are linear in $X$, so they mix as the points do: an
# epoch needs no matrix product but two, of the features with $\theta$ and with the errors. The test loss is a
# quadratic form in $\theta$. ERM, and all pairs at a fixed $\lambda$, have a closed form. A random $\lambda$ is drawn
# from 128 equally spaced values rather than from the whole interval.

# %% [markdown]
# ## What an epoch does on average
#
# Let $\Phi$ be the features of an epoch's $m$ mixed points in columns, $\tilde Y$ their labels, $G = \frac1m
# \Phi\Phi^\top$ and $b = \frac1m \Phi \tilde Y$. A step of gradient descent is $\theta_{k+1} = \theta_k - \eta
# (G\theta_k - b)$. Each epoch draws its own $G$ and $b$.
#
# ```{prf:lemma} The mean path
# :label: teacher-student-mean-path
#
# Let $(G_k, b_k)$ be independent from epoch to epoch and identically distributed, with means $\bar G$ and $\bar b$.
# Then
#
# $$\mathbb{E}\,\theta_k = (I - \eta\bar G)^k\,\theta_0 + \sum_{j<k} (I - \eta\bar G)^j\, \eta\, \bar b.$$
#
# Along an eigenvector of $\bar G$ with eigenvalue $\mu$ it is a geometric approach with rate $1 - \eta\mu$.
# Partners by a uniform permutation have the mean path of all $n^2$ pairs; without self pairs, that of all $n(n-1)$.
# And for a quadratic risk $R$ with second moment $\Sigma$ of the features,
# $\mathbb{E}\, R(\theta_k) = R(\mathbb{E}\,\theta_k) + \mathrm{tr}(\Sigma\, \mathrm{Cov}\,\theta_k)$.
# ```
#
# ```{prf:proof}
# $\theta_k$ depends on the draws before epoch $k$ only, so it is independent of $(G_k, b_k)$, and
# $\mathbb{E}\,\theta_{k+1} = \mathbb{E}\,\theta_k - \eta(\bar G\, \mathbb{E}\,\theta_k - \bar b)$. Unrolling gives the
# sum. In a uniform permutation each point meets each point, itself too, with probability $1/n$, and $G$ and $b$ are
# means over the points of a function of the pair; so their expectations are means over all pairs. In a uniform
# permutation without fixed points each *other* point is met with probability $1/(n-1)$. The last line is the
# expectation of a square.
# ```
#
# So the eigenvalues of $\bar G$ set the clock: a direction with eigenvalue $\mu$ takes about $1/(\eta\mu)$ epochs.
# Features that hardly vary in some direction are learned very late there, right or wrong. What comes late matters in
# this chapter.

# %% [markdown]
# ## The dynamics
#
# Test losses differ from teacher to teacher by orders of magnitude. So each seed's loss is divided by the last loss of
# its own ERM run, and means are geometric.

# %%
curves = fig_5.run(profile, seed, setting, seeds=num_seeds or None)
far = fig_5_far.run(profile, seed, setting)
verdict = claim.judge(curves)
figures.dynamics(curves, far, claim.headline(verdict))

# %% [markdown]
# Left, the paper's axis; right, the exact mean paths of the same toys, and of more, on a logarithmic axis that goes on
# a hundred times as far. The end of the left panel is the dotted line in the right one.
#
# ### Verdict on FIG-5
#
# Seeds are the unit, changes are logarithms of ratios: 0.02 is 2 %. The lowest point of a noisy curve flatters the
# rise after it, so a seed's turn is where the mean curve of the *other* half of the seeds is lowest. A curve that is
# lowest at its end has not risen. One margin, 2 %, parts "rises" from "levels off", so that both arms are measured
# alike. A turn that does not come within the run counts as its last epoch; a lead can be supported in spite of that,
# and is left undecided otherwise.

# %%
plots.VerdictCard(verdict)

# %% [markdown]
# ### Verdict on FIG-5+: the same, followed on
#
# The mean path has a closed form, so following it to a million epochs costs nothing. The same rules, judged on it:

# %%
plots.VerdictCard(claim.judge_far(far))

# %% [markdown]
# What the two cards say together: the theory's picture can be right and the axis too short for it. How long one has to
# wait is a matter of $\eta$ times the eigenvalues of the features' second moments, which the text does not fix.
#
# ## Which pairing carries it
#
# All four readings of "full batch", side by side. With all pairs in each epoch and $\lambda = 1/2$ nothing is random,
# and the curve is smooth; the others scatter about their mean path.

# %%
figures.pairings(curves)

# %%
figures.parts_table(curves)

# %% [markdown]
# ### What a single run would show
#
# The paper's figure is drawn from a toy, perhaps from one. Here the shares of seeds whose *own* curves show each part
# of the figure. A curve's own lowest point is taken here, as a reader of a single figure would; noise makes such rises
# larger than they are, the more so the more is drawn at random.

# %%
figures.shares_table(curves)

# %% [markdown]
# ## On what the picture hangs
#
# A map: three scales of each net, three starts, two loss factors, two test sizes. ERM and $\lambda = 1/2$ are exact
# there; for random $\lambda$ it is the risk of the mean path, without the scatter around it
# ({prf:ref}`teacher-student-mean-path`). The horizon is the paper's. A cell with the letter d is one where the learning
# rate of 0.1 is too large for the features.

# %%
cells = fig_5_sensitivity.run(profile, seed)
toy_map.sensitivity(cells, (Setting(), fig_5_sensitivity.LARGER_FEATURES))

# %%
toy_map.whole_picture_table(cells)

# %% [markdown]
# How to read it. Within a panel, compare rows for the weights, columns for the rest. A start at zero takes from Mixup
# what it has over ERM in many cells: with 20 points and 100 features ERM never touches most directions, and whatever
# $\theta_0$ put there stays; Mixup's mixed points reach more of them and wash it out. That is regularisation of the
# start, not better labels. The scale of the student's features moves the clock.
#
# One such setting, trained: features from a standard normal first layer, a teacher with weights from
# $N(0, 1/\text{fan-in})$. It was picked from the map, so it is trained here on other seeds.

# %%
larger = fig_5_sensitivity.LARGER_FEATURES
trained = fig_5.run(
    profile,
    seed,
    larger,
    seeds=num_seeds or None if profile != "quick" else num_seeds or 72,
    first=500_000,
    pairings=("permutation",),
).without_lost()
larger_far = fig_5_far.run(profile, seed, larger, seeds=num_seeds or None)
figures.dynamics(trained, larger_far, "Larger features")

# %%
figures.parts_table(trained)

# %% [markdown]
# ## When does it turn? The spectrum's answer
#
# Three predictions of a seed's turning epoch, from the spectrum alone, against the one that training shows:
#
# - where the risk of the mean path is lowest, a sum over pairs of modes in closed form;
# - the median over modes of Theorem 5.2's $t_k = \ln(1 + (\xi_k^2 + \theta_k^{*2})\mu_k/C_2)\,/\,(\eta\mu_k)$, with
#   $C_2$ the largest squared label error;
# - where the theorem's whole sum is lowest.

# %%
figures.turning_prediction(trained)

# %%
figures.prediction_table(trained)

# %%
figures.prediction_table(curves)

# %% [markdown]
# The mean path knows each direction's actual error; it is right up to the scatter of one run and the flatness of the
# bottom. The theorem allows the noise its worst strength in every direction at once ($C_2/\mu_k$), and so lets it win
# at a time when training has hardly begun. Its bound holds (chapter 5), but its turning times are not those of the
# risk.
#
# ## FIG-18: the nearer to 1/2, the earlier
#
# Five fixed $\lambda$, the same partners for each. Left: training; right: when it turns, beside the exact mean path,
# followed on.

# %%
sweep = fig_18.run(profile, seed, setting, seeds=num_seeds or None)
turns = fig_18_far.run(profile, seed, setting)
verdict_18, verdict_18_far = claim_18.judge(sweep), claim_18.judge_far(turns)
figures.lam_turns(sweep, turns, claim_18.headline(verdict_18_far))

# %%
plots.VerdictCard(verdict_18)

# %%
plots.VerdictCard(verdict_18_far)

# %% [markdown]
# ## Limits
#
# The toy is a linear model on random features; nothing here says how fast a deep network turns. The default was fixed
# before these runs, from the text and from PyTorch; the margins after pilot runs with 30 and 200 seeds. The map is
# judged with fewer seeds than the rest, so that a question mark there may only mean too few. On the long axis only
# mean paths are known, and the risk of a mean path lies below the mean risk. Time is counted in epochs at a learning
# rate of 0.1; at another it scales, as long as it is small.

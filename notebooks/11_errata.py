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
# # Errata and sharpened statements
#
# **Claims D-1 to D-6.** Six places where the paper's text and the mathematics disagree. Each is put as the paper
# prints it, and judged; beside it stands what can be said instead. The proofs are in the chapters; here are the
# counterexamples, small enough to be followed by hand, and how often they occur.
#
# **What would clear the paper.** A printed statement is refuted by one counterexample. If none turned up among the
# drawn cases, the verdict below would say *supported*, and so would the front page.
#
# None of this touches the paper's observation that over-training with Mixup can hurt. It is about which sentences
# may be cited, and in which form.

# %% tags=["parameters"]
profile: str = "quick"  # size of the checks: smoke, quick
seed: int = 0  # of every draw

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(globals(), profile=str, seed=int)

import numpy as np

from mixrepro import plots
from mixrepro.checks import thm_5_1
from mixrepro.claims import section_d as claim
from mixrepro.plots import errata as figures
from mixrepro.theory.label_noise import noise_bounds

noise = thm_5_1.run(profile, seed)

# %% [markdown]
# ## D-1. The weights of Theorem 5.1 are exchanged
#
# **Printed.** $P(\tilde Y_h \ne \tilde Y_h^* \mid \tilde X) \ge \mathrm{TV} \ge \frac12 \sup_j
# |f_j(\tilde X) - [(1-\lambda) f_j(X) + \lambda f_j(X')]|$, with $\tilde X = \lambda X + (1-\lambda) X'$.
#
# **Counterexample.** One dimension, two classes, $f(x) = (x, 1-x)$ on $[0, 1]$; mix $X = 0$ and $X' = 1$ with
# $\lambda = 1/4$. The mixed label is right, so the total variation is zero; the printed right side is not. The second
# row takes the same pair in the other order.

# %%
at_zero, at_one = np.array([0.0, 1.0]), np.array([1.0, 0.0])
orders = {
    "X = 0, X′ = 1": noise_bounds(
        f_mixed=np.array([0.75, 0.25]), f_a=at_zero, f_b=at_one, lam=0.25
    ),
    "X = 1, X′ = 0": noise_bounds(
        f_mixed=np.array([0.25, 0.75]), f_a=at_one, f_b=at_zero, lam=0.25
    ),
}
plots.table(
    ["pair", "total variation", "right side as printed", "with λ at f(X)"],
    [
        [
            pair,
            f"{sides.tv:.3f}",
            f"{sides.printed_right:.3f}",
            f"{sides.mended_right:.3f}",
        ]
        for pair, sides in orders.items()
    ],
)

# %% [markdown]
# **Mended.** $\lambda$ belongs to $f_j(X)$, as in the definition of $P(\tilde Y \mid \tilde X)$ a few lines
# earlier in the paper. For $\lambda = 1/2$ nothing changes. Averaging over both orders of a pair does not help: in the
# table both total variations are zero, and both printed right sides are not ({prf:ref}`label-noise-exchange`).

# %%
plots.VerdictCard(claim.judge_d_1(noise))

# %% [markdown]
# ## D-2. Labels by argmax obey no such bound
#
# **Printed.** Both hard labels are defined by argmax. Given $X$, $X'$ and $\lambda$ they are then fixed, and the
# probability that they differ is 0 or 1.
#
# **Counterexample.** The paper's own case of certain labels: a cat and a dog, mixed at $\lambda = 0.7$, where the
# truth is still "cat". Mixup says cat with 0.7 and dog with 0.3. Both argmaxes are cat.

# %%
certain = noise_bounds(
    f_mixed=np.array([1.0, 0.0]),
    f_a=np.array([1.0, 0.0]),
    f_b=np.array([0.0, 1.0]),
    lam=0.7,
)
plots.table(
    [
        "argmax labels differ with probability",
        "sampled labels",
        "total variation",
    ],
    [
        [
            f"{float(certain.argmax_differs):.1f}",
            f"{certain.independent_differs:.1f}",
            f"{certain.tv:.1f}",
        ]
    ],
)

# %% [markdown]
# **Mended.** Sample both labels from their distributions; then the coupling inequality applies. For argmax labels
# {prf:ref}`label-noise-corrected` (c) and (d) gives thresholds on both sides instead.

# %%
plots.VerdictCard(claim.judge_d_2(noise))

# %% [markdown]
# ## D-3. The factor ½ can go
#
# **Printed.** The last step bounds half a sum of absolute differences by half its largest term. But total variation
# is the largest difference of probability over *all* events, and "the label is $j$" is one:
# $\mathrm{TV} \ge \sup_j |\cdot|$. With two classes both sides are equal, so nothing better than 1 is possible.

# %%
plots.VerdictCard(claim.judge_d_3(noise))

# %% [markdown]
# ## D-4. In gradient flow, a lower learning rate does not lower the minimum
#
# **Printed.** After Theorem 5.2: if the learning rate is lowered at the bottom of the U, the new curve may have a
# lower minimum, further right.
#
# **Found.** In the model the paper argues in, $\theta_t$ depends on $\eta$ and $t$ through their product alone. The
# curve is the same curve, stretched ({doc}`06_learning_rate` has the proof). What supports the sentence is the
# noise of fresh pairs at every step, which the model leaves out.
#
# ```{verdict-table}
# :parts:
# :only: D-4
# ```

# %% [markdown]
# ## D-5. $R^*$ is not the true optimal risk
#
# **Printed.** Theorem 5.2 compares $R_t$ with $R^*$, "the true optimal risk".
#
# **Found.** $\theta^* = \tilde\Phi^\dagger \tilde Y^*$ minimises the empirical risk on the *synthetic* inputs with
# clean labels. Its risk on the population is therefore at least the least risk of a linear model, and training can
# pass below it on its way ({doc}`05_risk_bound`). The theorem stands, with $R^*$ read as the risk of the clean
# pattern.
#
# ```{verdict-table}
# :parts:
# :only: D-5
# ```

# %% [markdown]
# ## D-6. $n^2$ columns from $n$ points are not $m$ columns
#
# **Printed.** With $m = n^2$ synthetic examples it is reasonable to assume $m > d$, the under-parameterised case,
# and $d \ll m$ alleviates the noise.
#
# **Found.** The columns come from $n$ points. Both orders of a pair coincide at $\lambda = 1/2$, self pairs add
# nothing new, and with linear features the rank never passes $n$ ({doc}`07_spectrum`).
#
# ```{verdict-table}
# :parts:
# :only: D-6
# ```

# %% [markdown]
# ## Theorem 5.1 at a glance

# %%
figures.counterexamples(
    [
        claim.judge_d_1(noise),
        claim.judge_d_2(noise),
        claim.judge_d_3(noise),
    ]
)

# %% [markdown]
# ## Other slips, and what was sharpened
#
# | place | printed | what holds | where |
# |---|---|---|---|
# | Remark 5.1 | noise is certain unless $f$ is linear | for sampled labels, with "affine" for "linear"; argmax labels can be right everywhere though $f$ is curved | {doc}`03_label_noise` |
# | Remark 5.5 | $\frac{C_2}{\mu}(1-e^{-\eta\mu t})^2$ | the theorem's sum has $C_1 d$ before it; our sharper bound needs only $C_1$ | {doc}`05_risk_bound` |
# | Theorem 5.2 | the noise at full strength in every mode | its strength is shared among the modes: a maximum for the sum | {doc}`05_risk_bound` |
# | "U-shaped curve" | the risk first falls, then rises | the *bound* does, in every mode; the risk of a mode turns under a condition on signs | {doc}`05_risk_bound` |
# | larger $\eta\mu_k$ | the turn comes earlier | for $\eta$, and for one mode of the bound; not always for the whole bound | {doc}`06_learning_rate` |
# | MP-LAW | the spectrum of $m$ columns | for linear features that of $n$ columns, scaled, and one spike | {doc}`07_spectrum` |
# | Lemma 3.1 | $\alpha = 1$, balanced classes | any $\alpha$, any balance, and partners inside a batch | {doc}`01_loss_bound` |
# | Lemma 5.1 | only possible when $m > d$ | with the Moore-Penrose inverse for every $m$: what no sample sees never moves | {doc}`04_gradient_flow` |
#
# ## Where the paper is right
#
# As plainly: the statements below were put to the same kind of test, part by part. The table is read from the chapters.
#
# ```{verdict-table}
# :only: LEMMA-3.1, LEMMA-3.1+, CONV-NOISE, LEMMA-5.1, REM-5.3, THM-5.2, MP-LAW
# ```
#
# ## Limits
#
# A misprint is refuted as it is printed; what the authors meant may well be the mended form. Shares of
# counterexamples depend on how the cases were drawn, and are no statement about images.

"""Label noise of Mixup: both sides of Theorem 5.1, noise rates, and the three cases of Remark 5.2."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from ..checks.rem_5_1 import ALPHAS, BETAS, LAMS, NoiseRates
from ..checks.rem_5_2 import CertainCases
from ..checks.thm_5_1 import LabelNoise
from ..claims import rem_5_1, thm_5_1
from ..theory.label_noise import NoiseBounds
from . import style
from .style import Shown
from .tables import Table, mean_and_std

#: Cases of each source that are drawn; the shares count all.
SHOWN_OF_SOURCE = 120
LINES = ("-", "--", "-.", ":")
HATCHES = ("//", "..", "")
CASES = {1: "(i) neither label", 2: "(ii) one of two", 3: "(iii) both labels"}


def theorem_sides(check: LabelNoise) -> Shown:
    """Draw left against right side of Theorem 5.1: hard labels, printed weights, sampled labels."""
    panels = {
        "first step, argmax labels": (
            check.tv,
            check.argmax_differs.astype(float),
            "total variation",
            "P(argmax differ)",
        ),
        "second step, printed weights": (check.printed_right, check.tv, "½ sup, as printed", "total variation"),
        "corrected: sampled labels": (check.tv, check.independent_differs, "total variation", "P(sampled differ)"),
    }
    found = []
    with style.style():
        figure, axes = plt.subplots(1, 3, sharex=True, sharey=True, figsize=(7.6, 3.1))
        for panel, (name, (right, left, x_label, y_label)) in zip(axes, panels.items(), strict=True):
            fails = thm_5_1.below(left, right)
            _sides(panel, right[:, :SHOWN_OF_SOURCE], left[:, :SHOWN_OF_SOURCE], fails[:, :SHOWN_OF_SOURCE])
            panel.set(xlabel=x_label, ylabel=y_label, title=f"{name}:\nfails in {_percent(fails)}")
            found.append(f"{name}: fails in {_percent(fails)} of cases")
        axes[0].legend(loc="center right")
    plt.close(figure)
    return Shown(
        figure,
        f"Three scatter plots of a left side against its lower bound; points under the diagonal contradict. "
        f"{'; '.join(found)}.",
        f"{check.scale}. Dashed: equality; a point under it is a counterexample. Shares count all n = "
        f"{check.tv.size:,} cases, {SHOWN_OF_SOURCE} of each source are drawn.",
    )


def violations_table(check: LabelNoise) -> Table:
    """Show how frequently each reading of the theorem fails, by where the cases come from."""
    readings = thm_5_1.violations(check)
    rows = [
        [source, *(f"{failed[place].mean():.1%}" for failed in readings.values())]
        for place, source in enumerate(check.sources)
    ]
    return Table(
        ["cases", *readings],
        rows,
        f"Share of counterexamples among n = {check.tv.shape[1]:,} cases of each source.",
    )


def counterexamples(cases: Mapping[str, NoiseBounds]) -> Table:
    """Show both sides of the theorem for single cases, in every reading."""
    head = ["case", "argmax differ", "P(differ), sampled, least", "TV", "sup", "½ sup as printed"]
    rows = [
        [
            name,
            "yes: 1" if case.argmax_differs else "no: 0",
            *(f"{v:.3g}" for v in (case.coupled_differs, case.tv, case.largest_gap, case.printed_right)),
        ]
        for name, case in cases.items()
    ]
    return Table(head, rows)


def noise_rates(check: NoiseRates) -> Shown:
    """Draw noise against lam, alpha and the sharpness of the truth, for sampled and for argmax labels."""
    columns = (
        ("λ", LAMS, check.by_lam),
        ("α", ALPHAS, check.by_alpha),
        ("sharpness β of f", BETAS, check.by_beta),
    )
    with style.style():
        figure, axes = plt.subplots(2, 3, sharex="col", sharey="row", figsize=(7.6, 5.2))
        for row, (kind, of) in enumerate((("sampled labels", rem_5_1.tv), ("argmax labels", rem_5_1.argmax))):
            for column, (name, values, rates) in enumerate(columns):
                panel = axes[row, column]
                for problem, color, line in zip(check.problems, style.OTHERS, LINES, strict=False):
                    look = {"color": color, "linestyle": line, "label": problem}
                    style.mean_and_band(panel, values, of(rates[check.problems.index(problem)]), **look)
                if name != "λ":
                    panel.set_xscale("log")
                if row == 1:
                    panel.set_xlabel(name)
            style.percent_axis(axes[row, 0], f"noisy: {kind}")
        for panel in axes[:, 2]:
            panel.axvline(1, **style.BASELINE)
        mean = rem_5_1.tv(check.by_lam).mean(1)[:-1].mean(0)
        by_alpha, by_beta = rem_5_1.tv(check.by_alpha).mean(1), rem_5_1.tv(check.by_beta).mean(1)
        affine = by_beta[-1, BETAS == 1].item()
        axes[0, 0].set_title(f"Most noise at λ = {LAMS[mean.argmax()]:g}")
        axes[0, 1].set_title(
            f"From α = {ALPHAS[0]:g} to {ALPHAS[-1]:g}: ×{by_alpha[:-1, -1].mean() / by_alpha[:-1, 0].mean():.0f}"
        )
        axes[0, 2].set_title(f"Affine f (β = 1): {'none' if affine < 1e-12 else f'{affine:.1%}'}")
        axes[0, 1].legend(loc="upper left")
    at_half = rem_5_1.tv(check.by_lam)[:, :, LAMS == 0.5].mean((1, 2))
    hard = rem_5_1.argmax(check.by_lam)[:, :, LAMS == 0.5].mean((1, 2))
    listed = "; ".join(
        f"{problem} {soft:.1%} and {argmax:.1%}"
        for problem, soft, argmax in zip(check.problems, at_half, hard, strict=True)
    )
    plt.close(figure)
    return Shown(
        figure,
        f"Noise rates in six panels, sampled labels above, argmax labels below, against lambda, alpha and "
        f"sharpness. At lambda = 1/2, sampled and argmax: {listed}. For the affine truth at sharpness 1 the "
        f"mean total variation is {affine:.1g}.",
        f"Rate of sampled labels: mean total variation, the least probability that they differ. "
        f"{check.by_lam.shape[1]} seeds x {check.pairs:,} pairs; line: mean, band: ±1 standard deviation over "
        "seeds. Left: fixed λ; middle: λ ~ Beta(α, α); right: λ uniform, f to the power β and normalised, "
        "dotted: β = 1, the problem itself. The softmax teacher is drawn anew for each seed.",
    )


def averages_table(check: NoiseRates, lams: tuple[float, ...] = (0.2, 0.5)) -> Table:
    """Show the mean of both sides of Theorem 5.1's first step at fixed lam: does it hold on average over pairs?"""
    rows = []
    for problem, rates in zip(check.problems, check.by_lam, strict=True):
        row = [problem]
        for lam in lams:
            at = rates[:, np.abs(LAMS - lam).argmin()]
            row += [mean_and_std(rem_5_1.argmax(at), percent=True), mean_and_std(rem_5_1.tv(at), percent=True)]
        rows.append(row)
    head = ["problem", *(f"{what}, λ = {lam:g}" for lam in lams for what in ("argmax differ", "TV"))]
    return Table(head, rows, f"{check.by_lam.shape[1]} seeds x {check.pairs:,} pairs; mean ± standard deviation.")


def cases_bars(check: CertainCases) -> Shown:
    """Draw how frequent the three cases are, and how frequently a label is wrong in each."""
    with style.style():
        figure, (left, right) = plt.subplots(1, 2, width_ratios=(3, 2))
        left.set_axisbelow(True)
        right.set_axisbelow(True)
        places, start = np.arange(len(check.problems)), np.zeros(len(check.problems))
        for (case, name), color, hatch in zip(CASES.items(), style.OTHERS, HATCHES, strict=False):
            share = check.share(case)
            left.barh(
                places,
                share.mean(1),
                left=start,
                xerr=share.std(1, ddof=1),
                color=color,
                hatch=hatch,
                edgecolor="white",
                label=name,
            )
            start += share.mean(1)
        left.set_yticks(places, check.problems)
        left.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        intruded = check.share(1).mean(1)
        left.set(
            xlabel="share of mixed points", title=f"Intrusion (i): {intruded.min():.0%} to {intruded.max():.0%}"
        )
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3, handletextpad=0.4, columnspacing=1)
        for offset, (wrong, kind, color, hatch) in enumerate(
            ((check.argmax_wrong, "argmax", "0.35", ""), (check.sampled_wrong, "sampled", "0.7", "xx"))
        ):
            rates = np.array([np.nanmean(check.rate(wrong, case), 0) for case in CASES])  # [cases, seeds]
            look = {"color": color, "hatch": hatch, "edgecolor": "white", "label": kind}
            right.bar(np.arange(3) + 0.4 * offset - 0.2, rates.mean(1), 0.36, yerr=rates.std(1, ddof=1), **look)
        right.set_xticks(range(3), ["(i)", "(ii)", "(iii)"])
        style.percent_axis(right, "wrong labels")
        second = [np.nanmean(check.rate(wrong, 2)) for wrong in (check.argmax_wrong, check.sampled_wrong)]
        right.set_title(f"In (ii): argmax {second[0]:.0%},\nsampled {second[1]:.0%}")
        right.legend()
    listed = "; ".join(
        f"{problem} {', '.join(f'{check.share(case)[place].mean():.1%}' for case in CASES)}"
        for place, problem in enumerate(check.problems)
    )
    plt.close(figure)
    return Shown(
        figure,
        f"Left: shares of the cases (i), (ii), (iii): {listed}. Right: share of wrong labels in each case; in "
        f"case (ii) {second[0]:.1%} of argmax and {second[1]:.1%} of sampled labels.",
        f"{check.scale}; bars: mean, whiskers: ±1 standard deviation over {check.case.shape[1]} seeds; right: "
        "mean of the three problems.",
    )


def cases_table(check: CertainCases) -> Table:
    """Show each problem's cases and its noise, argmax and sampled."""
    rows = [
        [
            problem,
            *(mean_and_std(check.share(case)[place], percent=True) for case in CASES),
            mean_and_std(check.argmax_wrong[place].mean(-1), percent=True),
            mean_and_std(check.sampled_wrong[place].mean(-1), percent=True),
        ]
        for place, problem in enumerate(check.problems)
    ]
    head = ["problem", *CASES.values(), "wrong, argmax", "wrong, sampled"]
    seeds, pairs = check.case.shape[1:]
    return Table(head, rows, f"{seeds} seeds x {pairs:,} mixed points; mean ± standard deviation over seeds.")


def _sides(axes: Axes, right: np.ndarray, left: np.ndarray, fails: np.ndarray) -> None:
    axes.plot([0, 1], [0, 1], **style.THEORY, linewidth=1)
    axes.plot(right[~fails], left[~fails], "o", color="0.55", markersize=2.5, alpha=0.5, label="obeys")
    axes.plot(right[fails], left[fails], "x", color=style.OTHERS[1], markersize=3, alpha=0.6, label="contradicts")


def _percent(failed: np.ndarray) -> str:
    return f"{failed.mean():.0%}" if failed.mean() >= 0.01 or not failed.any() else f"{failed.mean():.2%}"

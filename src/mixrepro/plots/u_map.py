"""Where the U appears, and where not: the falls of every setting beside one another (FIG-2-MAP)."""

import matplotlib.pyplot as plt
import numpy as np

from ..claims import fig_2, fig_2_map
from ..claims.rules import student_interval
from ..results import Results
from . import style
from .curves import seeds_caption
from .style import Shown
from .tables import Table, fall_text, mean_and_std

#: How far ERM and Mixup of a setting are drawn above and below its line.
OFFSET = 0.14


def u_map(results: Results) -> Shown:
    """Draw the fall of test accuracy after Mixup's turn in every setting: Mixup's and ERM's, with intervals."""
    every = fig_2_map.settings(results)
    said = []
    with style.style():
        figure, axes = plt.subplots(figsize=(6.4, 0.38 * len(every) + 1.1))
        for row, (name, one) in enumerate(every.items()):
            falls = dict(zip(("Mixup", "ERM"), fig_2.drops(one), strict=True))
            for (arm, fall), look, side in zip(
                falls.items(), (style.MIXUP, style.ERM), (-OFFSET, OFFSET), strict=True
            ):
                _interval(axes, row + side, fall, look, arm if not row else None)
            if not one.all_records():
                axes.text(0, row, "  not run", fontsize=8, color="0.4", va="center")
            said.append(f"{name}: {_falls_text(one)}")
        axes.axvline(0, **style.BASELINE)
        axes.set(yticks=range(len(every)), yticklabels=list(every), xlabel="fall after the turn (points)")
        axes.set_ylim(len(every) - 0.5, -0.5)  # the first on top
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderpad=0)  # above every interval
        axes.set_title(headline(results))
    plt.close(figure)
    return Shown(
        figure,
        f"Fall of test accuracy from Mixup's turning epoch to the end, one line a setting. {'; '.join(said)}.",
        f"{results.experiment.title}. Mean and 95 % interval over seeds; no mark where Mixup's curve is highest "
        f"at its end. {results.scale}; {style.seeds_text(results.n_declared)}.",
    )


def headline(results: Results) -> str:
    """Count the settings in which Mixup falls with 95 % confidence, of those that were run."""
    ran = [one for one in fig_2_map.settings(results).values() if one.all_records()]
    falls = sum(student_interval(fig_2.drops(one)[0])[0] > 0 for one in ran)
    return f"Mixup falls in {falls} of {len(ran)} settings that were run"


def u_map_table(results: Results) -> Table:
    """Show for every setting its runs, where Mixup turns, by how much it falls, and how the test loss ends."""
    rows = []
    for name, one in fig_2_map.settings(results).items():
        declared = sum(len(runs) for runs in one.records.values())
        mixup, erm = fig_2.drops(one)
        rows.append(
            [
                name,
                f"{len(one.all_records())} of {declared}",
                _turn(one),
                fall_text(mixup),
                fall_text(erm),
                mean_and_std(_loss_rise(one, "Mixup")),
                mean_and_std(_loss_rise(one, "ERM")),
            ]
        )
    head = [
        "setting", "runs", "Mixup's best epoch", "Mixup's fall (points)", "ERM's fall (points)",
        "rise of Mixup's test loss (nats)", "rise of ERM's test loss (nats)",
    ]  # fmt: skip
    caption = seeds_caption(results).replace(
        "line: mean, band: ±1 standard deviation", "mean ± standard deviation"
    )
    return Table(head, rows, f"Falls: mean and 95 % interval. Rise: from each run's lowest test loss. {caption}")


def _interval(axes: plt.Axes, height: float, fall: np.ndarray, look: dict, label: str | None) -> None:
    there = fall[np.isfinite(fall)]
    if not len(there):
        axes.plot([], [], color=look["color"], marker="o", label=label)
        return
    mean = 100 * there.mean()
    low, high = (100 * end for end in student_interval(fall))
    error = [[mean - low], [high - mean]] if np.isfinite([low, high]).all() else None
    axes.errorbar(mean, height, xerr=error, fmt="o", markersize=4, color=look["color"], label=label)


def _turn(one: Results) -> str:
    epochs, accuracy = one.curve("Mixup", "test_accuracy")
    if not accuracy.size or not np.isfinite(accuracy).any():
        return "not run"
    best = epochs[np.nanmean(accuracy, axis=0).argmax()]
    return "not within the run" if best == epochs[-1] else f"{best:,}"


def _loss_rise(one: Results, arm: str) -> np.ndarray:
    _, losses = one.curve(arm, "test_loss")
    if not losses.shape[1]:
        return np.full(one.n_declared, np.nan)
    return losses[:, -1] - losses.min(axis=1)


def _falls_text(one: Results) -> str:
    if not one.all_records():
        return "not run"
    mixup, erm = fig_2.drops(one)
    return f"Mixup {fall_text(mixup)}, ERM {fall_text(erm)}"

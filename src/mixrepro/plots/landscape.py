"""Loss surfaces around trained networks, and how sharp they are by each ruler."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patheffects import withStroke

from ..claims import fig_2_land as claim
from ..claims.rules import Verdict
from ..errors import StoreError, found_expected
from ..sharpness import Sharpness
from . import style
from .style import Shown
from .tables import Table, mean_and_std

LOOKS = {"ERM": style.ERM, "Mixup": style.MIXUP}
#: Losses that a line is drawn at, so that colour is not the only cue.
LINES = (0.01, 0.1, 1.0, 10.0)
#: Loss below which all is one colour: ERM's minima are so deep that they would take up the whole scale.
DARKEST = 0.01
#: Dark rim of white lines and numbers, which yellow would swallow.
OUTLINE = "0.2"
#: Smallest ratio of losses that the colours span.
LEAST_SPAN = 10.0


def surfaces(check: Sharpness, title: str) -> Shown:
    """Draw the loss around one seed's networks, arms as rows, snapshots as columns, on one scale (FIG-2-LAND)."""
    _require_surfaces(check)
    low, high = max(check.surfaces.min(), DARKEST), check.surfaces.max()
    norm = LogNorm(low, max(high, LEAST_SPAN * low))
    levels = np.geomspace(norm.vmin, norm.vmax, 25)
    rows, columns = len(check.arms), len(check.epochs)
    with style.style():
        figure, grid = plt.subplots(
            rows, columns, figsize=(7.6, 0.5 + 1.9 * rows), sharex=True, sharey=True, squeeze=False
        )
        for row, arm in enumerate(check.arms):
            for column, epoch in enumerate(check.epochs):
                axes = grid[row, column]
                loss, curvature = check.surfaces[row, column], _curvature(check, row, column)
                filled = axes.contourf(
                    check.axis, check.axis, loss, levels, norm=norm, cmap="cividis", extend="min"
                )
                _lines(axes, check, row, column)
                axes.plot(0, 0, "+", color="white", markersize=7)
                axes.set_aspect("equal")
                axes.grid(False)
                axes.set_title(f"{arm}, epoch {epoch:,}\n{curvature}", fontsize=8)
            grid[row, 0].set_ylabel("second direction", fontsize=8)
        for axes in grid[-1]:
            axes.set_xlabel("first direction", fontsize=8)
        ticks = [loss for loss in 10.0 ** np.arange(-6, 4) if norm.vmin <= loss <= norm.vmax]
        bar = figure.colorbar(filled, ax=grid, ticks=ticks, shrink=0.8)
        bar.ax.set_yticklabels([f"{loss:g}" for loss in ticks])
        bar.set_label("loss on real points (nats)", fontsize=8)
        figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    plt.close(figure)
    centre = len(check.axis) // 2
    listed = "; ".join(
        f"{arm}, epoch {epoch:,}: {check.surfaces[row, column, centre, centre]:.2g} nats at the network, at most "
        f"{check.surfaces[row, column].max():.3g} around it, {_curvature(check, row, column)}"
        for row, arm in enumerate(check.arms)
        for column, epoch in enumerate(check.epochs)
    )
    caption = (
        f"{check.scale}; seed {check.drawn_seed}, one of {len(check.seeds)}. Axes in units of each filter's norm, "
        f"the same two random draws in every panel; + is the network; lines at {_listed(LINES)} nats, "
        f"one colour below {DARKEST:g}. λ₁ and tr: largest eigenvalue and trace of the Hessian at the network."
    )
    return Shown(figure, f"Filled contours of the loss on the real training points. {listed}.", caption)


def rulers(check: Sharpness, picture: Verdict, curvature: Verdict, scale_free: Verdict) -> Shown:
    """Draw sharpness against epochs by each of the four rulers, each titled with what its own rule says of Mixup.

    Args:
        check: Measured sharpness.
        picture: Verdict of `claim.judge`.
        curvature: Verdict of `claim.judge_curvature`.
        scale_free: Verdict of `claim.judge_scale_free`.
    """
    _require_surfaces(check)
    panels = (
        ("top_eigenvalue", "largest eigenvalue λ₁", curvature.parts[0]),
        ("trace", "trace of the Hessian", curvature.parts[1]),
        ("rise", f"rise of the loss at {claim.RADIUS:g} (nats)", picture.parts[0]),
        ("error_rise", f"rise of the error at {claim.RADIUS:g}", scale_free.parts[0]),
    )
    found = []
    with style.style():
        figure, grid = plt.subplots(2, 2, figsize=(7.2, 5.4))
        for axes, (name, label, part) in zip(grid.flat, panels, strict=True):
            radius = claim.RADIUS if name in ("rise", "error_rise") else None
            ends = []
            for arm in check.arms:
                values = check.of(arm, name, radius)
                style.mean_and_band(axes, check.epochs, values, **LOOKS[arm], marker="o", markersize=3)
                first, last = np.nanmean(values[:, [0, -1]], axis=0)
                ends.append(f"{arm} {first:.3g} to {last:.3g}")
            axes.set(ylabel=label, title=f"Mixup: {claim.said(part)}")
            if name == "error_rise":
                style.percent_axis(axes, label)
            if radius is None:
                axes.set_yscale("log")
            else:
                axes.set_ylim(bottom=0)
            _snapshot_axis(axes, check)
            found.append(f"{label}: {', '.join(ends)}")
        grid[0, 0].legend()
    plt.close(figure)
    alt = (
        f"Four panels against epochs, from the first snapshot to the last, means over seeds: {'; '.join(found)}. "
        f"By the rules, Mixup's {'; '.join(f'{label} {claim.said(part)}' for _, label, part in panels)}."
    )
    return Shown(figure, alt, _caption(check))


def sizes(check: Sharpness) -> Shown:
    """Draw what stretches the rulers: the norm of the weights, and the size of the outputs."""
    _require_surfaces(check)
    found, ratios = [], {}
    with style.style():
        figure, pair = plt.subplots(1, 2, figsize=(7.2, 3.0))
        for axes, (name, label) in zip(
            pair, (("weight_norm", "norm of the weights"), ("output_size", "size of the logits")), strict=True
        ):
            for arm in check.arms:
                values = check.of(arm, name)
                style.mean_and_band(axes, check.epochs, values, **LOOKS[arm], marker="o", markersize=3)
                first, last = np.nanmean(values[:, [0, -1]], axis=0)
                ratios[name, arm] = last / first
                found.append(f"{label}, {arm}: {first:.3g} to {last:.3g}")
            shown = ", ".join(f"{arm} × {ratios[name, arm]:.2f}" for arm in check.arms)
            axes.set(title=shown, ylabel=label)
            axes.set_ylim(bottom=0)
            _snapshot_axis(axes, check)
        pair[0].legend()
    plt.close(figure)
    alt = f"Two panels against epochs, from the first snapshot to the last, means over seeds: {'; '.join(found)}."
    return Shown(figure, alt, _caption(check))


def numbers_table(check: Sharpness) -> Table:
    """Show every ruler's number for every arm and snapshot."""
    rows = []
    for arm in check.arms:
        for place, epoch in enumerate(check.epochs):
            rise, error = (check.of(arm, name, claim.RADIUS)[:, place] for name in ("rise", "error_rise"))
            loss, top, trace = (check.of(arm, name)[:, place] for name in ("loss", "top_eigenvalue", "trace"))
            words = [_significant(values) for values in (loss, top, trace, rise)]
            rows.append([arm, f"{epoch:,}", *words, mean_and_std(error, percent=True)])
    at = f"at {claim.RADIUS:g}"
    head = ["arm", "epoch", "loss (nats)", "λ₁", "trace", f"rise of the loss {at} (nats)", f"of the error {at}"]
    spread = np.nanmedian(check.trace_error / np.abs(check.trace)) if np.isfinite(check.trace).any() else np.nan
    caption = (
        f"{check.scale}; {style.seeds_text(len(check.seeds))}; mean ± standard deviation. The trace is "
        f"estimated, with a standard error of {spread:.1%} a network (median)."
    )
    return Table(head, rows, caption)


def _significant(values: np.ndarray) -> str:
    there = values[np.isfinite(values)]
    if not len(there):
        return "not run"
    mean, std = style.mean_and_spread(there)
    return f"{mean:.3g}" + (f" ± {std:.2g}" if len(there) > 1 else "")


def _curvature(check: Sharpness, row: int, column: int) -> str:
    seed = check.seeds.index(check.drawn_seed)
    return f"λ₁ = {check.top_eigenvalue[row, seed, column]:.2g}, tr = {check.trace[row, seed, column]:.2g}"


def _lines(axes: Axes, check: Sharpness, row: int, column: int) -> None:
    loss = check.surfaces[row, column]
    lines = [level for level in LINES if loss.min() < level < loss.max()]
    if lines:
        drawn = axes.contour(check.axis, check.axis, loss, lines, colors="white", linewidths=0.7)
        drawn.set_path_effects([withStroke(linewidth=1.5, foreground=OUTLINE)])
        for text in axes.clabel(drawn, fmt="%g", fontsize=6):
            text.set_path_effects([withStroke(linewidth=1.5, foreground=OUTLINE)])


def _snapshot_axis(axes: Axes, check: Sharpness) -> None:
    axes.set(xlabel="epoch", xscale="log")
    axes.set_xticks(check.epochs, [f"{epoch:,}" for epoch in check.epochs])
    axes.minorticks_off()


def _caption(check: Sharpness) -> str:
    few = len(check.seeds) < style.FEWEST_FOR_BAND
    band = "one line a seed" if few else "line: mean, band: ±1 standard deviation"
    return f"{check.scale}; {style.seeds_text(len(check.seeds))}; {band}. All on the real training points."


def _listed(numbers: tuple[float, ...]) -> str:
    *first, last = (f"{number:g}" for number in numbers)
    return f"{', '.join(first)} and {last}"


def _require_surfaces(check: Sharpness) -> None:
    """Make sure that there is something to draw."""
    if check.drawn_seed is None:
        raise StoreError(found_expected("sharpness", "no seed that is complete in every arm", "at least one"))

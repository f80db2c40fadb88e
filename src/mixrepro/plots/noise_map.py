"""Where Mixup's labels are wrong: maps of the plane, and one mixed pair under a slider."""

from collections.abc import Iterator, Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure

from ..theory.noise_map import FEWEST_IN_CELL, INPUTS, MixedPair, NoiseMap
from . import style
from .frames import FrameSlider
from .style import Shown

#: How much of a class's colour its region keeps; the rest is white.
TINT = 0.35


def noise_maps(maps: Mapping[str, NoiseMap], alpha: float) -> Shown:
    """Draw each problem's regions with the cells that Mixup gets wrong, and the mean noise of each cell."""
    top = max(float(np.nanmax(found.tv)) for found in maps.values())
    with style.style():
        figure, axes = plt.subplots(len(maps), 2, figsize=(7.2, 2.8 * len(maps)), squeeze=False)
        for (left, right), (name, found) in zip(axes, maps.items(), strict=True):
            _regions(left, found.x, found.y, found.region)
            wrong = np.ma.masked_where(~found.wrong, found.wrong)
            left.pcolormesh(found.x, found.y, wrong, cmap=ListedColormap(["0.2"]), alpha=0.75)
            left.plot(*found.points.T, ".", color="black", markersize=1.5)
            left.set_title(f"{name}: wrong for {lost_inputs(found):.1%} of inputs")
            image = right.pcolormesh(found.x, found.y, found.tv, cmap="cividis", vmin=0, vmax=top)
            _borders(right, found)
            right.set_title(f"Noise: mean {noise_mean(found):.2f}, up to {np.nanmax(found.tv):.2f}")
            figure.colorbar(image, ax=right, label="mean total variation")
            for panel in (left, right):
                panel.set(xlabel="$x_1$", ylabel="$x_2$", xlim=found.x[[0, -1]], ylim=found.y[[0, -1]])
                panel.grid(False)
    listed = "; ".join(
        f"{name}: mean total variation {noise_mean(found):.2f}, wrong cells hold {lost_mixed(found):.1%} of the "
        f"mixed points and {lost_inputs(found):.1%} of the inputs"
        for name, found in maps.items()
    )
    pairs = next(iter(maps.values())).pairs
    plt.close(figure)
    return Shown(
        figure,
        f"Maps of the input plane. Left: regions of the likeliest class, dark where the mean mixed label names "
        f"another one. Right: mean total variation of the mixed points in each cell. {listed}.",
        f"n = {pairs:,} mixed pairs a problem, λ ~ Beta({alpha:g}, {alpha:g}). Left: colours are the true "
        "regions, dark cells those where the mean mixed label has another argmax, dots some of the "
        f"{INPUTS:,} inputs that stand for P_X. Right: white lines are the regions' borders; cells with fewer "
        f"than {FEWEST_IN_CELL} mixed points are blank.",
    )


def noise_mean(found: NoiseMap) -> float:
    """Return the mean total variation over the mixed points on the map."""
    there = np.isfinite(found.tv)
    return float(np.average(found.tv[there], weights=found.count[there]))


def lost_inputs(found: NoiseMap) -> float:
    """Return the share of P_X in cells whose mean mixed label is wrong."""
    return float(found.inputs[found.wrong].sum())


def lost_mixed(found: NoiseMap) -> float:
    """Return the share of the map's mixed points in cells whose mean mixed label is wrong."""
    return float(found.count[found.wrong].sum() / found.count.sum())


def mixed_pair_slider(pair: MixedPair) -> FrameSlider:
    """Let the reader move lam: the mixed point on the map, Mixup's label beside the true one."""
    labels = [f"λ = {lam:.2f}" for lam in pair.lam]
    alts = [
        f"At lambda = {lam:.2f} Mixup's label is {_listed(g)}, the true distribution {_listed(f)}; total "
        f"variation {tv:.2f}."
        for lam, g, f, tv in zip(pair.lam, pair.induced, pair.true, pair.tv, strict=True)
    ]
    return FrameSlider(
        name="λ",
        labels=labels,
        figures=_frames(pair),
        alts=alts,
        caption="One pair and its mixed point (star). Left: regions of the likeliest class. Right: the label that "
        "Mixup assigns beside the true distribution at the mixed point.",
        start=int(pair.tv.argmax()),
    )


def _frames(pair: MixedPair) -> Iterator[Figure]:
    classes = np.arange(pair.induced.shape[1])
    for lam, x_mix, g, f, tv in zip(pair.lam, pair.x_mix, pair.induced, pair.true, pair.tv, strict=True):
        with style.style():
            figure, (left, right) = plt.subplots(1, 2, figsize=(6, 2.9))
            _regions(left, pair.x, pair.y, pair.region)
            left.plot(*np.stack([pair.x_a, pair.x_b]).T, color="black", linewidth=1)
            for x, name in ((pair.x_a, "X"), (pair.x_b, "X′")):
                left.plot(*x, "o", color="black", markersize=5)
                left.annotate(name, x, textcoords="offset points", xytext=(6, 4), fontsize=9)
            left.plot(*x_mix, "*", color=style.MIXUP["color"], markersize=14, markeredgecolor="black")
            left.set(title=f"λ = {lam:.2f}", xticks=[], yticks=[])
            left.grid(False)
            right.bar(classes - 0.2, g, 0.38, color=style.MIXUP["color"], label="Mixup's label")
            right.bar(classes + 0.2, f, 0.38, color="0.6", hatch="//", edgecolor="black", label="true f(X̃)")
            right.set(ylim=(0, 1.28), xlabel="class", title=f"Total variation {tv:.2f}")
            right.set_xticks(classes, [str(c) for c in classes])
            right.set_yticks(np.linspace(0, 1, 5))
            for tick, color in zip(right.get_xticklabels(), style.OTHERS, strict=False):
                tick.set_bbox({"facecolor": _tinted(color), "edgecolor": "none", "pad": 2})
            right.legend(ncols=2, loc="upper center")
        yield figure


def _regions(axes: Axes, x: np.ndarray, y: np.ndarray, region: np.ndarray) -> None:
    colors = ListedColormap([_tinted(color) for color in style.OTHERS])
    axes.pcolormesh(x, y, region, cmap=colors, vmin=-0.5, vmax=len(style.OTHERS) - 0.5)


def _tinted(color: str) -> tuple[float, ...]:
    return tuple(1 - TINT * (1 - part) for part in to_rgb(color))


def _borders(axes: Axes, found: NoiseMap) -> None:
    x, y = (found.x[1:] + found.x[:-1]) / 2, (found.y[1:] + found.y[:-1]) / 2
    for own in range(found.region.max() + 1):
        axes.contour(x, y, found.region == own, levels=[0.5], colors="white", linewidths=0.8)


def _listed(p: np.ndarray) -> str:
    return ", ".join(f"{value:.2f}" for value in p)

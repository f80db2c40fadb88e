"""Figures of gradient flow: its two terms, its path, the fit as it moves, and how well oracles agree."""

from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..checks.lemma_5_1 import GradientFlows
from ..checks.one_dimension import GRID, Example, f
from ..checks.rem_5_3 import TwoTerms
from ..claims import lemma_5_1, rem_5_3
from . import style
from .frames import FrameSlider
from .style import Shown

CLEAN = {"color": style.OTHERS[0], "linestyle": "-"}
NOISY = {"color": style.OTHERS[1], "linestyle": (0, (5, 1.5))}
PATH = {"color": style.OTHERS[2], "linestyle": "-"}
FRAMES = 15
SMOOTH = 240  # times of a curve


def two_terms(example: Example) -> Shown:
    """Draw the norms of both terms of eq. (3), and the path in the plane of start, clean and noisy pattern."""
    flow, t = example.flow, example.times(SMOOTH)
    clean, noise = (np.linalg.norm(term, axis=1) for term in (flow.clean(t), flow.noise(t)))
    crossing = example.crossing_time()
    nearest = np.linalg.norm(flow.theta(t) - flow.theta_star, axis=1).min() / np.linalg.norm(flow.theta_star)
    to_plane = _plane(example)
    corners = to_plane(np.array([flow.theta_0, flow.theta_star, flow.limit]))
    path, turn = to_plane(flow.theta(t)), to_plane(flow.theta(crossing)[None])[0]
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        left.plot(t, clean, **CLEAN, label="clean term")
        left.plot(t, noise, **NOISY, label="noisy term")
        left.axvline(crossing, **style.BASELINE, label="lead changes")
        left.set(xscale="log", xlabel="time t", ylabel="norm", title=f"The lead changes at t = {crossing:,.0f}")
        left.legend()
        right.plot(*path.T, **PATH, label="path")
        right.plot(*turn, "o", color=style.BASELINE["color"], label="lead changes")
        for corner, name, offset in zip(
            corners, ("start", "clean pattern θ*", "noisy pattern"), ((6, -3), (-4, 7), (6, -3)), strict=True
        ):
            right.plot(*corner, "ks", markersize=4)
            right.annotate(name, corner, xytext=offset, textcoords="offset points", fontsize=8)
        right.set(
            xlabel="along θ*",
            ylabel="across, towards the noisy pattern",
            title=f"Nearest to θ*: {100 * nearest:.0f} % of the first distance",
        )
        right.margins(0.22)
        right.legend()
    nearest = np.linalg.norm(flow.theta(t) - flow.theta_star, axis=1).min() / np.linalg.norm(flow.theta_star)
    alt = (
        f"Left: norms of both terms against time. The clean one falls from {clean[0]:.2f} to {clean[-1]:.2g}, the "
        f"noisy one rises from {noise[0]:.2g} to {noise[-1]:.2f}; they meet once, at t = {crossing:,.0f}. Right: "
        f"the path of theta leaves the start, comes as near to the clean pattern as {nearest:.0%} of the first "
        "distance, and bends to the noisy pattern."
    )
    plt.close(figure)
    caption = (
        f"{_caption(example)} Right: the plane through start, clean and noisy pattern; the path is projected."
    )
    return Shown(figure, alt, caption)


def time_slider(example: Example) -> FrameSlider:
    """Draw the fitted function at chosen times, beside the risk with a marker; a slider flips through them."""
    t = example.times(SMOOTH)
    chosen = np.linspace(0, SMOOTH - 1, FRAMES).round().astype(int)
    risk = example.flow.risk(t, example.population)
    best = int(risk.argmin())
    chosen = np.unique(np.append(chosen, best))  # the frames meet the best moment itself
    fits = example.curves(example.flow.theta(t[chosen]))
    crossing = example.crossing_time()
    truth = f"{f(GRID[0]):.2f}, {f(0.0):.2f} and {f(GRID[-1]):.2f}"
    alts = [
        f"At t = {t[k]:,.3g} the fit is {fit[0]:.2f} at x = -1, {fit[len(fit) // 2]:.2f} at x = 0 and "
        f"{fit[-1]:.2f} at x = 1; the true values are {truth}. The risk is {risk[k]:.3f}; the "
        f"{'clean' if t[k] < crossing else 'noisy'} term is the longer one."
        for k, fit in zip(chosen, fits, strict=True)
    ]
    caption = (
        f"{_caption(example)} Left: true function (dashed), mixed pairs (dots), fit at time t (solid) and where "
        f"it ends (dash-dotted). Right: the population risk; it is least, {risk[best]:.3f}, at t = {t[best]:,.0f} "
        f"and ends at {risk[-1]:.3f}."
    )
    figures = _frames(example, t, risk, chosen, fits)
    labels = [f"t = {t[k]:,.3g}" for k in chosen]
    return FrameSlider("time", labels, figures, alts, caption, start=int(np.flatnonzero(chosen == best)[0]))


def _frames(
    example: Example, t: np.ndarray, risk: np.ndarray, chosen: np.ndarray, fits: np.ndarray
) -> Iterator[Figure]:
    end = example.curves(example.flow.limit)
    for k, fit in zip(chosen, fits, strict=True):
        with style.style():
            # Margins by hand: finding them anew takes longer than drawing the frame.
            figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.0), layout="none")
            figure.subplots_adjust(left=0.08, right=0.98, bottom=0.16, top=0.9, wspace=0.22)
            left.plot(GRID, f(GRID), **style.THEORY, linewidth=1.2, label="true f")
            left.plot(example.x_mix, example.y_mix, ".", color="0.6", markersize=3, label="mixed pairs")
            left.plot(GRID, end, color=NOISY["color"], linestyle="-.", linewidth=1.2, label="end")
            left.plot(GRID, fit, **PATH, linewidth=2.2, label="fit at t")
            left.set(xlabel="x", ylabel="y", ylim=(-1.6, 1.6), title=f"The fit at t = {t[k]:,.3g}")
            left.legend(loc="lower center", ncols=2, fontsize=7)
            right.plot(t, risk, **PATH)
            right.plot(t[k], risk[k], "ko", markersize=6)
            right.set(xscale="log", xlabel="time t", ylabel="risk", ylim=(0, None), title=f"Risk {risk[k]:.3f}")
            right.minorticks_off()
        yield figure


def agreement(check: GradientFlows) -> Shown:
    """Draw the relative errors of the closed form against each oracle, with the tolerance of each."""
    rows = {
        "ODE solver": (check.solver, lemma_5_1.SOLVER),
        "ODE solver, low rank": (check.deficient_solver, lemma_5_1.SOLVER),
        "matrix exponential": (check.exponential, lemma_5_1.EXACT),
        "exponential, low rank": (check.deficient, lemma_5_1.EXACT),
        "gradient descent": (check.descent, lemma_5_1.EXACT),
        "descent, small steps": (check.small_steps, lemma_5_1.EXTRAPOLATED),
    }
    worst = max(errors.max() / tolerance for errors, tolerance in rows.values())
    with style.style():
        figure, axes = plt.subplots(figsize=(6.4, 3.0))
        for row, (errors, tolerance) in enumerate(rows.values()):
            spread = row + np.linspace(-0.25, 0.25, len(errors))
            axes.plot(np.maximum(errors, 1e-17), spread, "o", color=style.OTHERS[0], markersize=3, alpha=0.6)
            axes.plot([tolerance] * 2, [row - 0.4, row + 0.4], **style.THEORY)
        axes.set_yticks(range(len(rows)), [f"{name} (n = {len(errors)})" for name, (errors, _) in rows.items()])
        axes.invert_yaxis()
        found = "All agree" if worst <= 1 else "Not all agree"
        axes.set(
            xscale="log", xlabel="largest relative error of a path", title=f"{found} within tolerance (dashed)"
        )
    listed = "; ".join(f"{name} {errors.max():.1e}" for name, (errors, _) in rows.items())
    plt.close(figure)
    alt = f"Largest relative errors of the closed form against each oracle: {listed}."
    return Shown(figure, alt, f"{check.scale}. A dot is one instance, with the largest error over its times.")


def many_paths(check: TwoTerms) -> Shown:
    """Draw how near paths come to the clean pattern, and how well their ends agree with least squares."""
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        left.hist(check.nearest, bins=np.linspace(0, 1, 26), color=style.OTHERS[0])
        never = np.mean(check.nearest >= 1)
        left.set(
            xlabel="least distance to θ* / distance at the start", ylabel="paths",
            title=f"{100 * never:.0f} % never come nearer to θ*",
        )  # fmt: skip
        _log_histogram(right, np.maximum(check.end_errors, 1e-17))
        right.set(xlabel="end of the path against least squares", title="Ends: the Mixup regression")
        figure.suptitle(rem_5_3.headline(check), x=0.01, ha="left", fontsize=10)
    alt = (
        f"Left: histogram of the least distance of a path to the clean pattern, relative to that at the start: "
        f"median {np.median(check.nearest):.2f}; {never:.0%} of paths never come nearer. Right: relative distance "
        f"of the path's end to numpy's least squares, at most {check.end_errors.max():.1e}."
    )
    plt.close(figure)
    return Shown(figure, alt, f"{check.scale}.")


def _log_histogram(axes: Axes, values: np.ndarray) -> None:
    axes.hist(values, bins=np.geomspace(values.min(), values.max() * 1.01, 25), color=style.OTHERS[0])
    axes.set_xscale("log")


def _plane(example: Example) -> Callable[[np.ndarray], np.ndarray]:
    """Return the map onto the plane through start, clean and noisy pattern, the first axis along the clean one."""
    flow = example.flow
    first = flow.theta_star - flow.theta_0
    first = first / np.linalg.norm(first)
    second = flow.theta_noise - (flow.theta_noise @ first) * first
    second = second / np.linalg.norm(second)
    return lambda theta: (theta - flow.theta_0) @ np.array([first, second]).T


def _caption(example: Example) -> str:
    n, d = len(example.x), example.population.phi.shape[0]
    return (
        f"One regression: f(x) = cos 3x, n = {n} points, all {n * n} pairs mixed at λ = {example.lam:g}, {d} "
        "Fourier features, θ from zero."
    )

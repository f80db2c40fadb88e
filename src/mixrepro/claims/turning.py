"""Where one seed's own curve turns, and how the turn moves with the amount of data."""

from dataclasses import dataclass

import numpy as np

#: Points on the curve that are averaged: five of ten a decade, half a decade of epochs.
WINDOW = 5
#: Share of the largest weight below which one is zero but for rounding.
NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Turn:
    """Where each seed's smoothed curve is highest.

    Attributes:
        epochs: float64 [seeds], NaN for a seed that is missing or diverged.
        open_ended: bool [seeds]: highest at the end of the run, so the turn is there or later.
    """

    epochs: np.ndarray
    open_ended: np.ndarray


def own_turns(epochs: np.ndarray, values: np.ndarray) -> Turn:
    """Find where each seed's curve, averaged over half a decade of epochs, is highest.

    Unlike the drop after it, the place of a maximum is not flattered by noise, so each seed may find its own.
    Between the points of the grid the place is that of the parabola through the highest one and its neighbours.

    Args:
        epochs: int64 [points], evenly spaced in their logarithm as far as whole epochs allow.
        values: float64 [seeds, points].
    """
    seeds = len(values)
    if values.shape[1] < WINDOW:
        return Turn(np.full(seeds, np.nan), np.zeros(seeds, bool))
    logs = np.convolve(np.log(epochs), np.full(WINDOW, 1 / WINDOW), "valid")
    smooth = np.apply_along_axis(np.convolve, 1, values, np.full(WINDOW, 1 / WINDOW), "valid")
    found, open_ended = np.full(seeds, np.nan), np.zeros(seeds, bool)
    for seed in np.flatnonzero(np.isfinite(smooth).all(1)):
        place = int(smooth[seed].argmax())
        open_ended[seed] = place == len(logs) - 1
        found[seed] = np.exp(_vertex(logs, smooth[seed], place))
    return Turn(found, open_ended)


def exponents(turns: dict[int, Turn]) -> tuple[np.ndarray, np.ndarray]:
    """Fit each seed's turning epoch by a power of the amount of data, by least squares in the logarithms.

    A turn that lies at the end of the run or later makes the power of a seed a lower bound where it belongs to
    one of the larger amounts; where it belongs to one of the smaller ones, nothing is known. The middle one of
    amounts that grow by a constant factor has no weight, so there it does neither.

    Args:
        turns: Amount of data -> turning epochs; at least two amounts.

    Returns:
        float64 [seeds] powers, NaN where nothing is known; bool [seeds], where the power is a lower bound.
    """
    logs = np.log(sorted(turns))
    weights = (logs - logs.mean()) / ((logs - logs.mean()) ** 2).sum()  # [amounts]
    # The sign of a weight decides below what an open-ended turn does; rounding must not.
    weights[np.abs(weights) < NEGLIGIBLE * np.abs(weights).max()] = 0
    epochs = np.stack([turns[n].epochs for n in sorted(turns)], axis=1)  # [seeds, amounts]
    late = np.stack([turns[n].open_ended for n in sorted(turns)], axis=1)
    powers = np.log(epochs) @ weights
    powers[(late & (weights < 0)).any(1)] = np.nan
    return powers, (late & (weights > 0)).any(1) & np.isfinite(powers)


def _vertex(logs: np.ndarray, values: np.ndarray, place: int) -> float:
    """Return where the parabola through a maximum and its neighbours is highest; at an end, the end itself."""
    if place in (0, len(logs) - 1):
        return float(logs[place])
    near = slice(place - 1, place + 2)
    x = logs[near] - logs[place]
    a, b, _ = np.polyfit(x, values[near], 2)
    return float(logs[place] + (np.clip(-b / (2 * a), x[0], x[2]) if a < 0 else 0.0))

"""How curves run: which way they go first, and how often they turn, small wiggles left out."""

from typing import NamedTuple

import numpy as np

#: What a curve does, in words; the last holds those that rise first and turn, and those that turn more than once.
COURSES = ("hardly moves", "only falls", "only rises", "falls, then rises", "turns otherwise")
#: A move of less than one per cent from the last extreme is no move.
TOLERANCE = 0.01


class Courses(NamedTuple):
    """What each curve does.

    Attributes:
        first: int64 [curves], -1 if it first falls, 1 if it first rises, 0 if it hardly moves.
        turns: int64 [curves], how often it turns.
        minima: int64 [curves], how often it turns from falling to rising.
    """

    first: np.ndarray
    turns: np.ndarray
    minima: np.ndarray

    def place(self) -> np.ndarray:
        """Return each curve's place in `COURSES`: int64 [curves]."""
        straight = np.where(self.first == 0, 0, np.where(self.first < 0, 1, 2))
        return np.where(self.turns == 0, straight, np.where((self.first < 0) & (self.turns == 1), 3, 4))


def courses(values: np.ndarray, tolerance: float = TOLERANCE) -> Courses:
    """Follow curves, and count a turn once the curve has come back by more than the tolerance.

    Args:
        values: float64 [curves, points], not negative.
        tolerance: Relative to the last extreme.
    """
    curves = np.log(np.maximum(values, np.finfo(np.float64).tiny))
    step = np.log1p(tolerance)
    lowest, highest = curves[:, 0].copy(), curves[:, 0].copy()  # since the last turn
    direction = np.zeros(len(curves), dtype=np.int64)
    first, turns, minima = direction.copy(), direction.copy(), direction.copy()
    for now in curves.T:
        lowest, highest = np.minimum(lowest, now), np.maximum(highest, now)
        up = (direction <= 0) & (now > lowest + step)
        down = (direction >= 0) & (now < highest - step) & ~up
        turns += (up | down) & (direction != 0)
        minima += up & (direction != 0)
        direction = np.where(up, 1, np.where(down, -1, direction))
        first = np.where(first == 0, direction, first)
        lowest, highest = np.where(down | up, now, lowest), np.where(down | up, now, highest)
    return Courses(first, turns, minima)

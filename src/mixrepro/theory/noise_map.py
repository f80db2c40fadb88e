"""Where in the plane Mixup's labels are wrong, and one mixed pair on its way from one input to the other."""

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, found_expected
from .known_labels import Problem
from .label_noise import noise_of_pairs

#: A cell with fewer mixed points stays blank: its mean label is not known well enough.
FEWEST_IN_CELL = 40
#: Mixed points that are labelled at once.
CHUNK = 50_000
#: Inputs that stand for P_X where its mass is counted, and that span the map.
INPUTS = 20_000
#: Inputs that are kept to be shown.
KEPT = 300
#: Share of inputs outside the map on each side.
OUTSIDE = 0.002


@dataclass(frozen=True, eq=False)
class NoiseMap:
    """What mixed points that land in a cell are told, and what is true there; arrays are [rows, columns].

    Attributes:
        x: float64 [columns + 1], edges of the cells.
        y: float64 [rows + 1], edges of the cells.
        pairs: Mixed points drawn.
        count: int64, mixed points in the cell.
        region: int64, likeliest class at the cell's centre.
        tv: float64, mean total variation of the cell's mixed points; NaN with fewer than `FEWEST_IN_CELL`.
        answer: int64, likeliest class of the cell's mean mixed label: what a perfect student of Mixup's labels
            answers there. -1 with fewer than `FEWEST_IN_CELL`.
        inputs: float64, share of P_X in the cell.
        points: float64 [KEPT, 2], some of the inputs.
    """

    x: np.ndarray
    y: np.ndarray
    pairs: int
    count: np.ndarray
    region: np.ndarray
    tv: np.ndarray
    answer: np.ndarray
    inputs: np.ndarray
    points: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        """Cells whose mean mixed label has the wrong likeliest class: bool [rows, columns]."""
        return (self.answer >= 0) & (self.answer != self.region)


def noise_map(
    problem: Problem, pairs: int, generator: np.random.Generator, alpha: float = 1.0, cells: int = 44
) -> NoiseMap:
    """Mix random pairs of a problem in the plane, and average their noise over cells.

    Args:
        problem: Of two dimensions.
        pairs: Mixed points to draw.
        generator: Source of randomness.
        alpha: lam ~ Beta(alpha, alpha).
        cells: Cells along each side.

    Raises:
        ConfigError: The problem is not in the plane, or there are no pairs.
    """
    _check_plane(problem)
    if pairs < 1:
        raise ConfigError(found_expected("pairs", pairs, "at least 1"))
    inputs = problem.sample(INPUTS, generator)
    x, y = (np.linspace(*np.quantile(inputs[:, axis], [OUTSIDE, 1 - OUTSIDE]), cells + 1) for axis in (0, 1))
    count, tv, labels = np.zeros(cells**2), np.zeros(cells**2), np.zeros((cells**2, problem.num_classes))
    for start in range(0, pairs, CHUNK):
        size = min(CHUNK, pairs - start)
        x_a, x_b = inputs[generator.integers(0, INPUTS, (2, size))]
        lam = generator.beta(alpha, alpha, size)
        bounds, _ = noise_of_pairs(problem, x_a, x_b, lam)
        cell, inside = _cells(lam[:, None] * x_a + (1 - lam[:, None]) * x_b, x, y)
        cell = cell[inside]
        count += np.bincount(cell, minlength=cells**2)
        tv += np.bincount(cell, bounds.tv[inside], cells**2)
        for j in range(problem.num_classes):
            labels[:, j] += np.bincount(cell, bounds.induced[inside, j], cells**2)
    cell, inside = _cells(inputs, x, y)
    enough = count >= FEWEST_IN_CELL
    square = (cells, cells)
    return NoiseMap(
        x=x,
        y=y,
        pairs=pairs,
        count=count.astype(np.int64).reshape(square),
        region=regions(problem, x, y),
        tv=np.where(enough, tv / np.maximum(count, 1), np.nan).reshape(square),
        answer=np.where(enough, labels.argmax(-1), -1).reshape(square),
        inputs=(np.bincount(cell[inside], minlength=cells**2) / INPUTS).reshape(square),
        points=inputs[:KEPT],
    )


def regions(problem: Problem, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the likeliest class at the centre of each cell: int64 [rows, columns].

    Args:
        problem: Of two dimensions.
        x: float64 [columns + 1], edges of the cells.
        y: float64 [rows + 1], edges of the cells.
    """
    _check_plane(problem)
    centres = np.stack(np.meshgrid((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2), -1)
    return problem.f(centres).argmax(-1)


@dataclass(frozen=True, eq=False)
class MixedPair:
    """One pair, mixed with several lam.

    Attributes:
        x_a: float64 [2], X, with weight lam.
        x_b: float64 [2], X'.
        lam: float64 [k].
        x_mix: float64 [k, 2].
        induced: float64 [k, C], the label that Mixup assigns, g.
        true: float64 [k, C], f(X~).
        tv: float64 [k], their total variation.
        x: float64 [columns + 1], edges of the cells of `region`.
        y: float64 [rows + 1], edges of the cells of `region`.
        region: int64 [rows, columns], likeliest class.
    """

    x_a: np.ndarray
    x_b: np.ndarray
    lam: np.ndarray
    x_mix: np.ndarray
    induced: np.ndarray
    true: np.ndarray
    tv: np.ndarray
    x: np.ndarray
    y: np.ndarray
    region: np.ndarray


def noisiest_pair(
    problem: Problem, candidates: int, lam: np.ndarray, generator: np.random.Generator, cells: int = 60
) -> MixedPair:
    """Draw pairs and return the one with the largest total variation on average over `lam`.

    Args:
        problem: Of two dimensions.
        candidates: Pairs to draw.
        lam: float64 [k], in [0, 1].
        generator: Source of randomness.
        cells: Cells of the regions along each side.

    Raises:
        ConfigError: The problem is not in the plane.
    """
    _check_plane(problem)
    x_a, x_b = problem.sample(candidates, generator), problem.sample(candidates, generator)
    bounds, f_mixed = noise_of_pairs(problem, x_a, x_b, np.repeat(lam[:, None], candidates, 1))
    best = int(bounds.tv.mean(0).argmax())
    low, high = np.vstack([x_a, x_b]).min(0), np.vstack([x_a, x_b]).max(0)
    x, y = (np.linspace(low[axis], high[axis], cells + 1) for axis in (0, 1))
    return MixedPair(
        x_a=x_a[best],
        x_b=x_b[best],
        lam=lam,
        x_mix=lam[:, None] * x_a[best] + (1 - lam[:, None]) * x_b[best],
        induced=bounds.induced[:, best],
        true=f_mixed[:, best],
        tv=bounds.tv[:, best],
        x=x,
        y=y,
        region=regions(problem, x, y),
    )


def _cells(points: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the cell of each point, row by row, and tell which points lie on the map."""
    column, row = np.searchsorted(x, points[:, 0]) - 1, np.searchsorted(y, points[:, 1]) - 1
    inside = (column >= 0) & (column < len(x) - 1) & (row >= 0) & (row < len(y) - 1)
    return row * (len(x) - 1) + column, inside


def _check_plane(problem: Problem) -> None:
    if problem.dim != 2:
        raise ConfigError(found_expected("problem", f"a problem of {problem.dim} dimensions", "one of two"))

"""All pairs in every epoch, lam drawn anew each epoch.

An epoch is theta <- theta - eta (G(lam) theta - b(lam)), with G and b means over all pairs: 400 mixed points
each time, if computed directly. But lam has `LEVELS` values, and all pairs at lam are all pairs at 1 - lam. So a
seed needs half as many G and b, and an epoch is one matrix-vector product. Both are smooth in lam: they are
computed at a few Gauss nodes and interpolated by an even polynomial. With weights of PyTorch's scale that costs
no more than rounding; what it costs with larger ones is measured in a test.
"""

import numpy as np

from . import draws
from .draws import BLOCK, LEVELS
from .moments import Moments, folded_nodes
from .problem import Problems
from .simulation import check_epochs


def random_lam_path(
    nodes: list[Moments], problem: Problems, eta: float, epochs: int, every: int, dtype: type = np.float32
) -> np.ndarray:
    """Train one seed on all pairs, lam ~ Beta(1, 1) drawn once an epoch.

    Args:
        nodes: Moments of this one seed at `folded_nodes(2 * len(nodes))`, with or without self pairs.
        problem: The seed's draws.
        eta: Step on (1/2m) ||theta^T Phi - Y||^2.
        epochs: How many.
        every: Epochs between two records, a divisor of `epochs`.
        dtype: numpy.float32 or numpy.float64.

    Returns:
        dtype [epochs / every + 1, d]: theta, from theta_0 on.

    Raises:
        ConfigError: `every` does not divide `epochs`.
    """
    check_epochs(epochs, every)
    steps = [step.T for step in _steps(nodes, eta, dtype)]  # the order in which a vector is multiplied fastest
    state = np.append(problem.theta_0[0], 1.0).astype(dtype)  # the 1 carries the constant part of a step
    after = np.empty_like(state)
    records = np.empty((epochs // every + 1, len(state) - 1), dtype)
    records[0] = state[:-1]
    levels = np.concatenate(
        [draws.levels(int(problem.seeds[0]), block, BLOCK) for block in range(-(-epochs // BLOCK))]
    )[:epochs]
    places = np.minimum(levels, LEVELS - 1 - levels)  # lam and 1 - lam share a step
    with np.errstate(over="ignore", invalid="ignore"):
        for number, between in enumerate(places.reshape(-1, every).tolist(), start=1):
            for place in between:
                state.dot(steps[place], out=after)
                state, after = after, state
            records[number] = state[:-1]
    return records


def interpolation(nodes: int, at: np.ndarray) -> np.ndarray:
    """Return the weights that take values at the Gauss nodes below 1/2 to values at other lam.

    Args:
        nodes: Nodes below 1/2.
        at: float64 [points], lam.

    Returns:
        float64 [points, nodes]: exact for polynomials of degree nodes - 1 in (2 lam - 1)^2.
    """
    known, _ = folded_nodes(2 * nodes)
    x, z = (2 * known - 1) ** 2, (2 * np.atleast_1d(at) - 1) ** 2
    others = ~np.eye(nodes, dtype=bool)  # Lagrange: the product over the other nodes
    factors = (z[:, None, None] - x) / np.where(others, x[:, None] - x, 1.0)
    return np.prod(factors, axis=2, where=others)


def _steps(nodes: list[Moments], eta: float, dtype: type) -> np.ndarray:
    """Return the step of each lam below 1/2 as one matrix on (theta, 1): dtype [LEVELS / 2, d + 1, d + 1]."""
    (d,) = nodes[0].target.shape[1:]
    known = np.zeros((len(nodes), d + 1, d + 1), dtype)
    for step, node in zip(known, nodes, strict=True):
        step[:d, :d], step[:d, d] = -eta * node.gram[0], eta * node.target[0]
    weights = interpolation(len(nodes), draws.lam_levels()[: LEVELS // 2]).astype(dtype)
    steps = (weights @ known.reshape(len(nodes), -1)).reshape(-1, d + 1, d + 1)
    steps[:, np.arange(d + 1), np.arange(d + 1)] += 1
    return steps

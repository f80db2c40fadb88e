"""The loss around a trained network, along random directions scaled filter by filter.

Networks with large weights hardly feel a step that ruins one with small weights, so the raw distance between two
networks says nothing. Here a direction is a draw of normal numbers in which every filter is scaled to the norm of
the network's own: a step of size 1 changes each filter by as much as it is large. A filter is what feeds one
output of a layer: a row of a weight matrix, a kernel of a convolution with all its input channels. Biases and the
parameters of batch normalization stay where they are.

Source: FIG-2-LAND; Li et al., Visualizing the loss landscape of neural nets, 2018 (arXiv:1712.09913), section 4.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from .errors import ConfigError, found_expected
from .models.stacked import Replicated, Stacked
from .rng import stream
from .training.evaluation import CHUNK, evaluation_mode, figures
from .training.points import Points

#: Points of the surface that are one stack, where the network can be one.
STACK = 8

Direction = list[Tensor]


def random_direction(network: Stacked | Replicated, seed: int, number: int = 0) -> Direction:
    """Draw a direction and scale each filter of it to the norm of the network's filter.

    The normal numbers depend on `seed` and `number` alone, so that networks of one seed are compared along the
    same direction but for its scale.

    Args:
        network: One network, a stack of size 1.
        seed: The run's.
        number: Which of the seed's directions.

    Returns:
        Tensors shaped like the parameters.

    Raises:
        ConfigError: The stack holds more than one network.

    Source: Li et al. 2018, section 4: d_ij <- d_ij ||theta_ij|| / ||d_ij||.
    """
    check_single(network)
    generator = stream(seed, "noise", number)
    return [
        _filter_normalised(generator, weight.detach().flatten(1)).view_as(parameter)
        if (weight := filters(network, name, parameter)) is not None
        else torch.zeros_like(parameter)
        for name, parameter in network.named_parameters()
    ]


def filters(network: Stacked | Replicated, name: str, parameter: Tensor) -> Tensor | None:
    """Return a parameter as filters [o, ...]; None where it has none (biases, batch normalization)."""
    own = parameter[0] if isinstance(network, Stacked) else parameter
    return None if name.endswith("bias") or own.ndim < 2 else own


def _filter_normalised(generator: np.random.Generator, weight: Tensor) -> Tensor:
    """Draw a direction for filters [o, i]; a filter that is zero gets none."""
    draw = torch.from_numpy(generator.standard_normal(weight.shape)).to(weight)
    return draw * (weight.norm(dim=1) / draw.norm(dim=1))[:, None]


def around(
    network: Stacked | Replicated, points: Points, directions: Sequence[Direction], steps: np.ndarray
) -> np.ndarray:
    """Measure the network at theta + sum_m steps_m direction_m, on the real training points.

    Batch-norm layers use their running statistics, as in any evaluation, so that at the origin the loss is the
    training loss of the record.

    Args:
        network: One network, a stack of size 1; left as it is.
        points: Its training subset.
        directions: [m].
        steps: float64 [k, m], in units of the filters' norms.

    Returns:
        float64 [2, k]: cross-entropy in nats, and share of the points that are answered wrongly.

    Raises:
        ConfigError: The stack holds more than one network, the shapes do not fit, or a step is not finite.
    """
    check_single(network)
    steps = np.asarray(steps, dtype=np.float64)
    if steps.ndim != 2 or steps.shape[1] != len(directions) or not len(steps) or not np.isfinite(steps).all():
        expected = f"finite, at least one row, one column for each of {len(directions)} directions"
        raise ConfigError(found_expected("steps", steps.shape, expected))
    at_once = min(STACK, len(steps)) if isinstance(network, Stacked) else 1
    moved = network.select([0] * at_once)
    found = []
    for chunk in np.array_split(steps, range(at_once, len(steps), at_once)):
        _move(moved, network, directions, np.resize(chunk, (at_once, len(directions))))
        found.append(_on_real_points(moved, points)[:, : len(chunk)])
    return np.concatenate(found, axis=1)


def surface(
    network: Stacked | Replicated, points: Points, seed: int, reach: float = 1.0, size: int = 21
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the loss on a square grid along two random directions.

    Args:
        network: One network, a stack of size 1.
        points: Its training subset.
        seed: Whose first two directions are taken.
        reach: Half the side of the square, in units of the filters' norms.
        size: Grid points along a side; odd, so that the network itself is one of them.

    Returns:
        float64 [size], the steps, and float64 [size, size], nats: rows along the second direction (upwards),
        columns along the first (to the right).

    Raises:
        ConfigError: `reach` is not positive and finite, or `size` is not odd and at least 3.
    """
    if not (np.isfinite(reach) and reach > 0):
        raise ConfigError(found_expected("reach", reach, "positive and finite"))
    if isinstance(size, bool) or not isinstance(size, int) or size < 3 or size % 2 == 0:
        raise ConfigError(found_expected("size", size, "an odd integer, at least 3"))
    axis = reach * np.arange(-(size // 2), size // 2 + 1) / (size // 2)
    along, up = np.meshgrid(axis, axis)
    directions = [random_direction(network, seed, number) for number in (0, 1)]
    loss, _ = around(network, points, directions, np.stack([along.ravel(), up.ravel()], axis=1))
    return axis, loss.reshape(size, size)


def rise(
    network: Stacked | Replicated, points: Points, seed: int, radii: Sequence[float], num_directions: int
) -> np.ndarray:
    """Compute how much worse the network is at a distance, on average over random directions and both their signs.

    Args:
        network: One network, a stack of size 1.
        points: Its training subset.
        seed: Whose directions are taken.
        radii: Distances, in units of the filters' norms.
        num_directions: How many directions.

    Returns:
        float64 [2, radii]: rise of the loss in nats, and of the share of wrong answers.

    Raises:
        ConfigError: There is no direction.
    """
    if isinstance(num_directions, bool) or not isinstance(num_directions, int) or num_directions < 1:
        raise ConfigError(found_expected("num_directions", num_directions, "an integer, at least 1"))
    radii = np.asarray(radii, dtype=np.float64)
    steps = np.concatenate([[0.0], radii, -radii])[:, None]
    total = np.zeros((2, len(radii)))
    for number in range(num_directions):
        found = around(network, points, [random_direction(network, seed, number)], steps)
        total += found[:, 1:].reshape(2, 2, -1).mean(1) - found[:, :1]
    return total / num_directions


def weight_norm(network: Stacked | Replicated) -> float:
    """Return the Euclidean norm of all weights that a direction moves, biases and batch normalization left out."""
    check_single(network)
    squares = [
        weight.detach().double().square().sum()
        for name, parameter in network.named_parameters()
        if (weight := filters(network, name, parameter)) is not None
    ]
    return float(torch.stack(squares).sum().sqrt())


def output_size(network: Stacked | Replicated, points: Points) -> float:
    """Return how large the logits are on the real training points: root mean square of those of a point.

    What all logits of a point have in common is taken off, since no probability depends on it.
    """
    check_single(network)
    total, n = 0.0, points.subset.shape[1]
    with evaluation_mode(network):
        for start in range(0, n, CHUNK):
            x, _ = points.train(torch.arange(start, min(start + CHUNK, n), device=points.device)[None])
            logits = network(x).double()
            total += float((logits - logits.mean(-1, keepdim=True)).square().mean(-1).sum())
    return float(np.sqrt(total / n))


def check_single(network: Stacked | Replicated) -> None:
    """Make sure that a stack holds one network.

    Raises:
        ConfigError: It holds more.
    """
    if network.size != 1:
        raise ConfigError(found_expected("network", f"a stack of {network.size}", "a stack of one network"))


@torch.no_grad()
def _move(
    moved: Stacked | Replicated, network: Stacked | Replicated, directions: Sequence[Direction], steps: np.ndarray
) -> None:
    """Put each replica of `moved` at its own place; steps [replicas, m]."""
    by_direction = torch.from_numpy(steps.T)  # [m, replicas]
    for place, start, *ways in zip(moved.parameters(), network.parameters(), *directions, strict=True):
        place.copy_(start.expand_as(place))
        for step, way in zip(by_direction, ways, strict=True):
            step = step.to(place)
            place.add_(way * (step.view(-1, *[1] * (way.ndim - 1)) if isinstance(network, Stacked) else step))


def _on_real_points(stack: Stacked | Replicated, points: Points) -> np.ndarray:
    """Return loss and share of wrong answers of every replica on the one training subset, float64 [2, r]."""

    def batch(start: int, stop: int) -> tuple[Tensor, Tensor]:
        return points.train(torch.arange(start, stop, device=points.device)[None])

    loss, accuracy, _ = figures(stack, batch, points.subset.shape[1]).numpy()
    return np.stack([loss, 1 - accuracy])

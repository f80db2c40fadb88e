"""Curvature of the loss on the real training points: the largest eigenvalue and the trace of the Hessian.

The Hessian is never formed: curvlinops multiplies it onto vectors, exactly. The largest eigenvalue comes from
Lanczos iteration, the trace from random vectors of signs v, since E[v v^T] = I makes E[v^T H v] = tr H.

Source: the numbers beside FIG-2-LAND; for the trace, Hutchinson, A stochastic estimator of the trace of the
influence matrix for Laplacian smoothing splines, 1989.
"""

import warnings

import numpy as np
import torch
from scipy.sparse.linalg import eigsh
from torch import nn

from .errors import ConfigError, found_expected
from .landscape import check_single
from .models.conv1d import PADDING, STRIDE, Conv1d
from .models.mlp import MLP
from .models.stacked import Replicated, Stacked, StackedLinear
from .rng import stream
from .training.points import Points

with warnings.catch_warnings():
    # torch compiles its rules for forward mode at their first use, by torch.jit.script, and warns of that itself.
    warnings.simplefilter("ignore", FutureWarning)
    from curvlinops import HessianLinearOperator

    torch.func.jvp(torch.square, (torch.ones(1),), (torch.ones(1),))

#: Training points a product sees at once.
BATCH = 1000
#: Relative accuracy of the largest eigenvalue.
TOLERANCE = 1e-3


def unstacked(network: Stacked | Replicated) -> nn.Module:
    """Return a single network built of PyTorch's own layers, which can be differentiated in any mode.

    The layers of a stack bring their own backward pass, which is faster, but knows no forward mode.

    Args:
        network: A stack of size 1. Of a `Replicated` one, the network itself is returned, without a copy.

    Returns:
        A network in evaluation mode that maps [b, *shape] to logits [b, c].

    Raises:
        ConfigError: The stack holds more than one network.
    """
    check_single(network)
    if isinstance(network, Replicated):
        return network.replicas[0].eval()
    if isinstance(network, MLP):
        layers: list[nn.Module] = [nn.Flatten()]
        for layer in network.layers:
            layers += [_linear(layer), nn.ReLU()]
        return nn.Sequential(*layers[:-1]).eval()
    if isinstance(network, Conv1d):
        # To an ordinary convolution a sequence is one channel, and its output has channels before places.
        layers = [nn.Unflatten(1, (1, -1))]
        for convolution in network.convolutions:
            layers += [_convolution(convolution), nn.ReLU()]
        return nn.Sequential(*layers, _ChannelsLast(), nn.Flatten(), _linear(network.read_out)).eval()
    raise ConfigError(found_expected("network", type(network).__name__, "MLP, Conv1d or Replicated"))


def hessian(network: Stacked | Replicated, points: Points) -> HessianLinearOperator:
    """Return the Hessian of the cross-entropy (nats) on the real training points, as a linear operator.

    Batch-norm layers use their running statistics.

    Args:
        network: A stack of size 1.
        points: Its training subset.

    Raises:
        ConfigError: The stack holds more than one network.
    """
    model = unstacked(network)
    starts = range(0, points.subset.shape[1], BATCH)
    positions = torch.arange(points.subset.shape[1], device=points.device)
    batches = [points.train(positions[None, start : start + BATCH]) for start in starts]
    return HessianLinearOperator(
        model,
        nn.CrossEntropyLoss(),
        [parameter for parameter in model.parameters() if parameter.requires_grad],
        [(x[0], y[0]) for x, y in batches],
        check_deterministic=False,  # evaluation mode draws nothing
    )


def top_eigenvalue(operator: HessianLinearOperator, seed: int) -> float:
    """Return the largest eigenvalue, by Lanczos iteration.

    Args:
        operator: Hessian.
        seed: Of the vector that the iteration starts from.
    """
    start = stream(seed, "instances").standard_normal(operator.shape[1])
    (largest,) = eigsh(
        operator.to_scipy(dtype=np.float64),
        k=1,
        which="LA",
        v0=start,
        tol=TOLERANCE,
        ncv=12,
        return_eigenvectors=False,
    )
    return float(largest)


def trace(operator: HessianLinearOperator, seed: int, num_probes: int) -> tuple[float, float]:
    """Estimate the trace from random vectors of signs.

    Args:
        operator: Hessian.
        seed: Of the vectors; networks of one seed are probed by the same ones.
        num_probes: How many vectors, at least 2.

    Returns:
        The estimate and its standard error.

    Raises:
        ConfigError: There are fewer than two vectors, whose spread could not be told.

    Source: Hutchinson 1989.
    """
    if isinstance(num_probes, bool) or not isinstance(num_probes, int) or num_probes < 2:
        raise ConfigError(found_expected("num_probes", num_probes, "an integer, at least 2"))
    signs = stream(seed, "pairs").integers(0, 2, (operator.shape[1], num_probes)) * 2 - 1
    probes = torch.from_numpy(signs).to(operator.device, operator.dtype)
    # One at a time: a matrix of probes keeps every layer's outputs for each of them.
    forms = np.array([float(probe @ (operator @ probe)) for probe in probes.T.contiguous()])
    return float(forms.mean()), float(forms.std(ddof=1) / np.sqrt(num_probes))


class _ChannelsLast(nn.Module):
    """[b, channels, l] -> [b, l, channels], the order in which `Conv1d` flattens."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2)


def _linear(layer: StackedLinear) -> nn.Linear:
    linear = nn.Linear(layer.weight.shape[2], layer.weight.shape[1])
    linear.weight = nn.Parameter(layer.weight.detach()[0].clone())
    linear.bias = nn.Parameter(layer.bias.detach()[0, 0].clone())
    return linear


def _convolution(layer: StackedLinear) -> nn.Conv1d:
    outputs, inputs = layer.weight.shape[1], layer.weight.shape[2] // layer.kernel
    convolution = nn.Conv1d(inputs, outputs, layer.kernel, STRIDE, PADDING)
    weight = layer.weight.detach()[0].view(outputs, layer.kernel, inputs)
    convolution.weight = nn.Parameter(weight.transpose(1, 2).contiguous())
    convolution.bias = nn.Parameter(layer.bias.detach()[0, 0].clone())
    return convolution

"""What one epoch does to theta on average: G = (1/m) Phi Phi^T and b = (1/m) Phi Y^T over all pairs of points.

A step of gradient descent is theta <- theta - eta (G theta - b). Over all n^2 pairs G and b are sums over pairs;
with partners by a random permutation they are the *expectation* of one epoch's G and b, since each pair comes up
with probability 1/n. Without self pairs the same holds for the n (n - 1) pairs and for derangements.
"""

from dataclasses import dataclass, fields

import numpy as np

from ..theory.loss_bound import lam_quadrature
from .problem import Problems, teacher_labels

#: Nodes of the Gauss rule for lam ~ U(0, 1). All pairs at lam are all pairs at 1 - lam: half of them are computed.
NODES = 24


@dataclass(frozen=True)
class Moments:
    """Means over pairs, one entry a seed.

    Attributes:
        gram: float64 [S, d, d], G.
        target: float64 [S, d], b with the mixed labels.
        clean: float64 [S, d], b with the teacher's answers at the mixed points instead.
        worst_noise: float64 [S], the largest |Z|, mixed label minus the teacher's answer.
    """

    gram: np.ndarray
    target: np.ndarray
    clean: np.ndarray
    worst_noise: np.ndarray

    def of_seed(self, row: int) -> "Moments":
        """Return the moments of one seed, as a stack of one."""
        return Moments(*(getattr(self, field.name)[row : row + 1] for field in fields(self)))


def erm(problems: Problems) -> Moments:
    """Return the moments of ERM: the training points as they are, without noise."""
    phi = np.tanh(problems.pre)
    n = phi.shape[1]
    target = (problems.y[:, None] @ phi)[:, 0] / n
    return Moments(np.swapaxes(phi, 1, 2) @ phi / n, target, target, np.zeros(len(problems)))


def fixed_lam(problems: Problems, lam: float, self_pairs: bool = True) -> Moments:
    """Return the moments over all pairs at one lam.

    Args:
        problems: The draws.
        lam: Mixing coefficient, 0 to 1.
        self_pairs: Whether a point may be its own partner: n^2 pairs, otherwise n (n - 1).
    """
    return _stacked([_one_lam(one, lam, self_pairs) for one in problems])


def uniform_lam(problems: Problems, self_pairs: bool = True, nodes: int = NODES) -> Moments:
    """Return the moments over all pairs and lam ~ Beta(1, 1), by quadrature. Arguments as for `fixed_lam`."""
    lams, weights = folded_nodes(nodes)
    return mean_over_lam(at_nodes(problems, lams, self_pairs), weights)


def at_nodes(problems: Problems, lams: np.ndarray, self_pairs: bool = True) -> list[Moments]:
    """Return the moments at each of several lam."""
    return [fixed_lam(problems, float(lam), self_pairs) for lam in lams]


def mean_over_lam(nodes: list[Moments], weights: np.ndarray) -> Moments:
    """Return the weighted mean of moments, and the largest noise at any of the nodes."""
    gram, target, clean = (
        sum(weight * getattr(node, name) for weight, node in zip(weights, nodes, strict=True))
        for name in ("gram", "target", "clean")
    )
    return Moments(gram, target, clean, np.max([node.worst_noise for node in nodes], axis=0))


def without_self_pairs(every: Moments, problems: Problems) -> Moments:
    """Return what is left of the moments over all n^2 pairs when the n self pairs are taken out.

    A self pair is a training point as it is, whatever lam: clean, and without noise.
    """
    own, n = erm(problems), problems.y.shape[1]
    gram, target, clean = (
        (n * getattr(every, name) - getattr(own, name)) / (n - 1) for name in ("gram", "target", "clean")
    )
    return Moments(gram, target, clean, every.worst_noise)


def folded_nodes(nodes: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    """Return the Gauss nodes for lam ~ U(0, 1) that lie below 1/2, and their weights, which sum to 1.

    Args:
        nodes: Nodes of the whole rule, an even number.
    """
    lams, weights = lam_quadrature(1.0, nodes)
    return lams[: nodes // 2], 2 * weights[: nodes // 2]


def mixed_points(pre: np.ndarray, y: np.ndarray, lam: float) -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels of all n^2 mixed points; point i n + j is lam of i and 1 - lam of j.

    Args:
        pre: float [S, n, d], pre-activations: linear in the point, so they mix as the points do.
        y: float [S, n].
        lam: Mixing coefficient.

    Returns:
        float [S, n^2, d] and float [S, n^2], of the dtype of the arguments.
    """
    lam = pre.dtype.type(lam)
    mixed = lam * pre[:, :, None] + (1 - lam) * pre[:, None]
    labels = lam * y[:, :, None] + (1 - lam) * y[:, None]
    return np.tanh(mixed, out=mixed).reshape(len(pre), -1, pre.shape[-1]), labels.reshape(len(y), -1)


def _one_lam(problem: Problems, lam: float, self_pairs: bool) -> Moments:
    (phi,), (y,) = mixed_points(problem.pre, problem.y, lam)
    x = (lam * problem.x[0, :, None] + (1 - lam) * problem.x[0, None]).reshape(len(y), -1)
    clean = teacher_labels(x, problem.hidden[0], problem.outer[0])
    if not self_pairs:
        n = problem.y.shape[1]
        other = ~np.eye(n, dtype=bool).ravel()
        phi, y, clean = phi[other], y[other], clean[other]
    return Moments(phi.T @ phi / len(y), y @ phi / len(y), clean @ phi / len(y), np.max(np.abs(y - clean)))


def _stacked(moments: list[Moments]) -> Moments:
    return Moments(
        *(np.stack([getattr(one, name) for one in moments]) for name in ("gram", "target", "clean", "worst_noise"))
    )

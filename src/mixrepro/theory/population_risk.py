"""The population risk R(theta) = E |Y - theta^T phi(X)|^2 of a random feature model, and its least value.

The population is a finite set of equally likely points. Then every expectation of Theorem 5.2 is a finite sum, and
its constants and both sides are exact.
"""

import numpy as np

from ..errors import ConfigError, found_expected


class Population:
    """Equally likely points (phi(x), y); one population for each leading index.

    Attributes:
        phi: float64 [..., d, N], features of the points.
        y: float64 [..., N], their labels.
        second_moment: float64 [..., d, d], Sigma = E phi phi^T.
    """

    def __init__(self, phi: np.ndarray, y: np.ndarray) -> None:
        """Take the points.

        Args:
            phi: float [..., d, N].
            y: float [..., N].

        Raises:
            ConfigError: A value is not finite, there is no point, or the shapes disagree.
        """
        self.phi, self.y = np.asarray(phi, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if self.phi.ndim < 2 or not self.phi.size:
            raise ConfigError(
                found_expected("population phi", f"a shape {self.phi.shape}", "[..., d, N], d, N >= 1")
            )
        if self.y.shape != self.phi.shape[:-2] + self.phi.shape[-1:]:
            shape = self.phi.shape[:-2] + self.phi.shape[-1:]
            raise ConfigError(found_expected("population y", f"a shape {self.y.shape}", f"{shape}, as phi has"))
        for name, values in (("population phi", self.phi), ("population y", self.y)):
            if not np.isfinite(values).all():
                raise ConfigError(found_expected(name, "a value that is NaN or infinite", "finite numbers"))
        self.second_moment = self.phi @ np.swapaxes(self.phi, -1, -2) / self.phi.shape[-1]

    def residual(self, theta: np.ndarray) -> np.ndarray:
        """Return theta^T phi(x) - y at each point: theta float64 [..., d] -> [..., N]."""
        return np.einsum("...d,...dn->...n", theta, self.phi) - self.y

    def risk(self, theta: np.ndarray) -> np.ndarray:
        """Return R(theta) = E |Y - theta^T phi(X)|^2: theta float64 [..., d] -> [...]."""
        return np.mean(self.residual(theta) ** 2, axis=-1)

    def half_gradient(self, theta: np.ndarray) -> np.ndarray:
        """Return E phi (theta^T phi - Y), which vanishes where R is least: theta float64 [..., d] -> [..., d]."""
        return np.einsum("...n,...dn->...d", self.residual(theta), self.phi) / self.phi.shape[-1]

    def best(self) -> np.ndarray:
        """Return theta_opt, the shortest of the minimisers of R: float64 [..., d]."""
        return np.einsum("...nd,...n->...d", np.linalg.pinv(self.phi), self.y)

    def least_risk(self) -> np.ndarray:
        """Return R_opt = min R(theta), which no theta can beat: float64 [...]."""
        return self.risk(self.best())

    def squared_feature_bound(self) -> np.ndarray:
        """Return the least C1 that Theorem 5.2 admits, 2 max ||phi(x)||^2: float64 [...]."""
        return 2 * np.sum(self.phi**2, axis=-2).max(-1)

"""Theorem 5.2: a bound on the population risk of gradient flow on Mixup labels, and when it turns.

Let theta_0 ~ N(0, xi^2 I), ||phi(X)||^2 <= C1 / 2 and |Z_i| <= sqrt(C2). With a_k = xi^2 + theta*_k^2 and
u_k = exp(-eta mu_k t), both along the eigenvectors of G, the paper's bound is

    R_t - R* <= C1 sum_k [a_k u_k^2 + (C2 / mu_k) (1 - u_k)^2] + 2 sqrt(C1 R* zeta),
    zeta = sum_k max(a_k, C2 / mu_k).

It allows the noise its whole strength in every mode at once. But sum_k mu_k theta_noise_k^2 <= C2, in total. So a
maximum can stand for the sum (ours):

    b_t = sum_k a_k u_k^2 + C2 max_k (1 - u_k)^2 / mu_k,
    R_t - R* <= C1 b_t + 2 sqrt(C1 R* zeta+),   zeta+ = sum_k a_k + max_k (C2 / mu_k - a_k)^+,

and, keeping both terms apart as lengths, sqrt(R_t) <= sqrt(R*) + sqrt(C1 / 2) (A_t + N_t) with A_t^2 and N_t^2 the
two summands of b_t.
"""

import numpy as np

from ..errors import ConfigError, found_expected

Values = np.ndarray | float


def risk_bound(
    t: Values,
    *,
    mu: np.ndarray,
    theta_star: np.ndarray,
    xi: Values,
    c1: Values,
    c2: Values,
    eta: float,
    r_star: Values,
) -> np.ndarray:
    """Return Theorem 5.2's bound on R_t - R*, as printed.

    Args:
        t: Times, [T] or [..., T].
        mu: float [..., d], eigenvalues of G, above 0.
        theta_star: float [..., d], coordinates of the clean pattern along the eigenvectors.
        xi: Standard deviation of theta_0, scalar or [...].
        c1: Twice a bound on ||phi(X)||^2, scalar or [...].
        c2: Bound on Z_i^2, scalar or [...].
        eta: Learning rate.
        r_star: R*, risk of the clean pattern, scalar or [...].

    Returns:
        float64 [..., T].

    Raises:
        ConfigError: A number is NaN, infinite or out of range, or the shapes of mu and theta_star disagree.

    Source: Theorem 5.2.
    """
    signal, decay, risen, strength, c1, r_star = _parts(t, mu, theta_star, xi, c1, c2, eta, r_star)
    summed = np.sum(signal * decay**2 + strength * risen**2, axis=-1)
    zeta = np.sum(np.maximum(signal, strength), axis=-1)
    return c1 * summed + 2 * np.sqrt(c1 * r_star * zeta)


def sharpened_bound(t: Values, **terms: Values) -> np.ndarray:
    """Return our bound in the paper's form, the sum over the noise replaced by its maximum.

    Arguments and errors as for `risk_bound`.
    """
    signal, decay, risen, strength, c1, r_star = _parts(t, **terms)
    summed = np.sum(signal * decay**2, axis=-1) + np.max(strength * risen**2, axis=-1)
    zeta = np.sum(signal, axis=-1) + np.max(np.maximum(strength - signal, 0), axis=-1)
    return c1 * summed + 2 * np.sqrt(c1 * r_star * zeta)


def triangle_bound(t: Values, **terms: Values) -> np.ndarray:
    """Return our bound by lengths, (sqrt(R*) + sqrt(C1 / 2) (A_t + N_t))^2 - R*; never above `sharpened_bound`.

    Arguments and errors as for `risk_bound`.
    """
    signal, decay, risen, strength, c1, r_star = _parts(t, **terms)
    pull = np.sqrt(np.sum(signal * decay**2, axis=-1))
    push = np.sqrt(np.max(strength * risen**2, axis=-1))
    reach = np.sqrt(c1 / 2) * (pull + push)
    return reach * (reach + 2 * np.sqrt(r_star))


def turning_times(*, mu: np.ndarray, theta_star: np.ndarray, xi: Values, c2: Values, eta: float) -> np.ndarray:
    """Return when each mode of the bound turns, t_k = ln(1 + a_k mu_k / C2) / (eta mu_k).

    Args:
        mu: float [..., d], eigenvalues of G, above 0.
        theta_star: float [..., d], coordinates of the clean pattern along the eigenvectors.
        xi: Standard deviation of theta_0, scalar or [...].
        c2: Bound on Z_i^2, above 0, scalar or [...].
        eta: Learning rate.

    Returns:
        float64 [..., d]: where a_k u^2 + (C2 / mu_k) (1 - u)^2 is least.

    Raises:
        ConfigError: A number is NaN, infinite or out of range.
    """
    signal, _, _, strength, _, _ = _parts(0.0, mu, theta_star, xi, 1.0, c2, eta, 0.0)
    if not (strength > 0).all():
        raise ConfigError(found_expected("c2", c2, "above 0: without noise the bound never turns"))
    return (np.log1p(signal / strength) / (eta * np.asarray(mu)[..., None, :]))[..., 0, :]


def error_turning_times(
    *, mu: np.ndarray, theta_star: np.ndarray, theta_noise: np.ndarray, xi: Values, eta: float
) -> np.ndarray:
    """Return when the true squared error of each mode, E (theta_t,k - theta*_k)^2, turns.

    With u = exp(-eta mu t) and s = theta* + theta_noise it is xi^2 u^2 + (theta_noise - s u)^2, a parabola in u
    that is lowest at u = s theta_noise / (xi^2 + s^2). The error turns iff that lies between 0 and 1, which is iff
    s theta_noise > 0 and s theta* > -xi^2.

    Args:
        mu: float [..., d], eigenvalues of G, above 0.
        theta_star: float [..., d], coordinates of the clean pattern along the eigenvectors.
        theta_noise: float [..., d], coordinates of Phi^+ Z.
        xi: Standard deviation of theta_0 about zero, scalar or [...].
        eta: Learning rate.

    Returns:
        float64 [..., d]: the turning time; inf where the error only falls, 0 where it only rises.

    Raises:
        ConfigError: A number is NaN, infinite or out of range, or a shape disagrees.
    """
    _parts(0.0, mu, theta_star, xi, 1.0, 0.0, eta, 0.0)
    mu, theta_star, theta_noise = (np.asarray(value, dtype=np.float64) for value in (mu, theta_star, theta_noise))
    if theta_noise.shape != mu.shape or not np.isfinite(theta_noise).all():
        raise ConfigError(found_expected("theta_noise", theta_noise, f"finite numbers of shape {mu.shape}"))
    total = theta_star + theta_noise
    late = total * theta_noise  # above 0: the error rises in the end
    early = np.asarray(xi, dtype=np.float64)[..., None] ** 2 + total * theta_star  # above 0: it falls at first
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.log1p(early / late) / (eta * mu)
    return np.where(late <= 0, np.inf, np.where(early <= 0, 0.0, turn))


def equal_spectrum_sum(
    t: Values, *, mu: float, length: Values, c1: Values, c2: Values, eta: float, d: int | None = None
) -> np.ndarray:
    """Return the bound's sum for xi = 0 and all eigenvalues equal to mu.

    Args:
        t: Times, [T] or [..., T].
        mu: The eigenvalue, above 0, scalar or [...].
        length: ||theta*||, scalar or [...].
        c1: Twice a bound on ||phi(X)||^2, scalar or [...].
        c2: Bound on Z_i^2, scalar or [...].
        eta: Learning rate.
        d: Number of features: the sum as it is, C1 (||theta*||^2 u^2 + d (C2 / mu) (1 - u)^2). None: as Remark
            5.5 prints it, C1 ||theta*||^2 u^2 + (C2 / mu) (1 - u)^2.

    Returns:
        float64 [..., T].

    Raises:
        ConfigError: A number is NaN, infinite or out of range.

    Source: Remark 5.5.
    """
    length = np.asarray(length, dtype=np.float64)
    if d is not None and (isinstance(d, bool) or not isinstance(d, int | np.integer) or d < 1):
        raise ConfigError(found_expected("d", d, "an integer, at least 1, or None"))
    one_mode = np.broadcast_to(np.asarray(mu, dtype=np.float64), length.shape)[..., None]
    signal, decay, risen, strength, c1, _ = _parts(t, one_mode, length[..., None], 0.0, c1, c2, eta, 0.0)
    signal, decay, risen, strength = (part[..., 0] for part in (signal, decay, risen, strength))
    return c1 * signal * decay**2 + (1.0 if d is None else d * c1) * strength * risen**2


def _parts(
    t: Values,
    mu: np.ndarray,
    theta_star: np.ndarray,
    xi: Values,
    c1: Values,
    c2: Values,
    eta: float,
    r_star: Values,
) -> tuple[np.ndarray, ...]:
    """Return a_k [..., 1, d], u_k and 1 - u_k [..., T, d], C2 / mu_k [..., 1, d], C1 and R* [..., 1]."""
    arrays = {
        "t": t,
        "mu": mu,
        "theta_star": theta_star,
        "xi": xi,
        "c1": c1,
        "c2": c2,
        "eta": eta,
        "r_star": r_star,
    }
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()}
    for name, value in arrays.items():
        positive = name in ("mu", "eta")
        if not np.isfinite(value).all():
            raise ConfigError(found_expected(name, value, "finite numbers"))
        if name != "theta_star" and not (value > 0 if positive else value >= 0).all():
            raise ConfigError(found_expected(name, value, "above 0" if positive else "at least 0"))
    mu, theta_star = arrays["mu"], arrays["theta_star"]
    if mu.ndim < 1 or mu.shape != theta_star.shape:
        raise ConfigError(found_expected("theta_star", f"a shape {theta_star.shape}", f"that of mu, {mu.shape}"))
    signal = arrays["xi"][..., None, None] ** 2 + theta_star[..., None, :] ** 2
    exponent = -arrays["eta"] * mu[..., None, :] * np.atleast_1d(arrays["t"])[..., :, None]
    strength = arrays["c2"][..., None, None] / mu[..., None, :]
    c1, r_star = arrays["c1"][..., None], arrays["r_star"][..., None]
    return signal, np.exp(exponent), -np.expm1(exponent), strength, c1, r_star

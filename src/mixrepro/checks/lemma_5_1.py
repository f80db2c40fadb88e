"""LEMMA-5.1 and LEMMA-5.1+: the closed form of gradient flow against three other computations of the same path.

Drawn: the instances of `instances`, with 2 to 20 features and condition numbers up to 1e4, a random start, and 40
times from before the fastest mode moves to after the slowest has settled. The same path is computed by a stiff ODE
solver (Radau, from the gradient of the loss alone), by matrix exponentials of scipy and a pseudo-inverse, and by
gradient descent, a literal loop at three step sizes extrapolated to step zero. Expected: agreement, also where Phi
has too low a rank and the Moore-Penrose inverse stands in; then what no sample sees of theta_0 never moves. Cost
at `quick`: six seconds, nearly all for the solver.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from ..progress import reporting
from ..rng import stream
from ..theory.gradient_flow import GradientFlow
from . import instances as drawn
from .check import Check, size_of

SIZES = {
    "smoke": dict(solved=1, exponentials=40, descents=30),
    "quick": dict(solved=8, exponentials=300, descents=100),
    "small": dict(solved=60, exponentials=3000, descents=1000),
}
SOLVER_TOLERANCE = 1e-10
TIMES = 40
#: Learning rate times largest eigenvalue in the longest descent step.
LONGEST_STEP = 0.08
STEPS = 400
DESCENTS_TOGETHER = 10


@dataclass(frozen=True)
class GradientFlows(Check):
    """Relative errors of the closed form, the largest over an instance's times.

    Attributes:
        solver: float64 [solved], against the ODE solver.
        exponential: float64 [exponentials], against matrix exponentials.
        descent: float64 [descents], (1 - eta mu)^k against the literal loop of gradient descent.
        small_steps: float64 [descents], the flow against descent extrapolated to step zero.
        step_ratio: float64 [descents], distance of descent to the flow, over that at half the step: near 2.
        deficient: float64 [exponentials], against matrix exponentials where the rank of Phi is below d.
        deficient_solver: float64 [about half of solved], against the ODE solver where the rank of Phi is below d.
        unseen: float64 [exponentials], how far theta moves where no sample sees it, relative.
    """

    solver: np.ndarray
    exponential: np.ndarray
    descent: np.ndarray
    small_steps: np.ndarray
    step_ratio: np.ndarray
    deficient: np.ndarray
    deficient_solver: np.ndarray
    unseen: np.ndarray


def run(profile: str = "quick", seed: int = 0, solved: int | None = None) -> GradientFlows:
    """Draw the instances and compute every path in each way.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, solved=solved)
    solver, deficient_solver = _against_solver(seed, size["solved"])
    exponential, deficient, unseen = _against_exponential(seed, size["exponentials"])
    descent, small_steps, step_ratio = _against_descent(seed, size["descents"])
    return GradientFlows(
        profile=profile,
        scale=f"random instances, 2 to 20 features, condition numbers 1 to 1e4, {TIMES} times each: "
        f"{len(solver):,} by an ODE solver, {len(exponential):,} by matrix exponentials, {len(descent):,} by "
        f"gradient descent of {STEPS:,} steps and more",
        solver=solver,
        exponential=exponential,
        descent=descent,
        small_steps=small_steps,
        step_ratio=step_ratio,
        deficient=deficient,
        deficient_solver=deficient_solver,
        unseen=unseen,
    )


class _Path(NamedTuple):
    """One instance: what an oracle may know of it (features and labels), and the closed form."""

    phi: np.ndarray
    y_clean: np.ndarray
    noise: np.ndarray
    flow: GradientFlow
    times: np.ndarray


def _draw(seed: int, number: int, deficient: bool = False) -> _Path:
    """Draw one instance; a deficient one has features that depend on one another."""
    generator = stream(seed, "instances", number)
    d = int(generator.integers(2, 21))
    batch = drawn.draw(generator, 1, d, int(generator.integers(d, 5 * d)), largest_exponent=4.0)
    phi, y_clean, noise = batch.phi[0], batch.y_clean[0], batch.noise[0]
    if deficient:
        rank = int(generator.integers(1, d))
        phi = generator.standard_normal((d, rank)) @ phi[:rank] / np.sqrt(d)
    flow = GradientFlow(phi, y_clean, noise, batch.theta_0[0], drawn.ETA, minimum_norm=deficient)
    seen = flow.mu[flow.mu > 0]
    return _Path(phi, y_clean, noise, flow, np.geomspace(1e-2 / seen[-1], 10 / seen[0], TIMES) / drawn.ETA)


def _against_solver(seed: int, solved: int) -> tuple[np.ndarray, np.ndarray]:
    errors: dict[bool, list[float]] = {False: [], True: []}
    with reporting("LEMMA-5.1, ODE solver") as update:
        for number in range(solved):
            for deficient in (False, True)[: 1 + (number % 2 == 0)]:
                path = _draw(seed, number, deficient)
                errors[deficient].append(_error(path.flow.theta(path.times), _solve(path)))
            update(number + 1, solved)
    return np.array(errors[False]), np.array(errors[True])


def _solve(path: _Path) -> np.ndarray:
    """Integrate theta' = -eta grad loss, stiffly: float64 [times, d]."""
    phi, labels, m = path.phi, path.y_clean + path.noise, path.phi.shape[1]
    start = path.flow.theta_0
    solution = solve_ivp(
        lambda t, theta: -drawn.ETA / m * phi @ (theta @ phi - labels),
        (0.0, path.times[-1]),
        start,
        method="Radau",
        t_eval=path.times,
        jac=-drawn.ETA / m * phi @ phi.T,
        rtol=SOLVER_TOLERANCE,
        atol=1e-3 * SOLVER_TOLERANCE * np.abs(start).max(),
    )
    return solution.y.T if solution.success else np.full((TIMES, len(start)), np.nan)


def _against_exponential(seed: int, exponentials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    errors = np.empty((3, exponentials))
    for number in range(exponentials):
        for deficient in (False, True):
            path = _draw(seed, number, deficient)
            theta = path.flow.theta(path.times)
            errors[int(deficient), number] = _error(theta, _literal(path))
        unseen = np.eye(len(path.phi)) - path.phi @ np.linalg.pinv(path.phi)
        moved = (theta - path.flow.theta_0) @ unseen
        errors[2, number] = np.linalg.norm(moved, axis=1).max() / np.linalg.norm(theta, axis=1).max()
    return errors[0], errors[1], errors[2]


def _literal(path: _Path) -> np.ndarray:
    """Compute eq. (3) as it stands, with the pseudo-inverse and the matrix exponential: float64 [times, d]."""
    inverse = np.linalg.pinv(path.phi.T)
    theta_star, theta_noise = inverse @ path.y_clean, inverse @ path.noise
    one = np.eye(len(path.phi))
    decays = [expm(-drawn.ETA / path.phi.shape[1] * path.phi @ path.phi.T * t) for t in path.times]
    return np.array(
        [theta_star + decay @ (path.flow.theta_0 - theta_star) + (one - decay) @ theta_noise for decay in decays]
    )


def _against_descent(seed: int, descents: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    errors = []
    for number in range(-(-descents // DESCENTS_TOGETHER)):
        generator = stream(seed, "instances", 1_000_000 + number)  # apart from those above
        d = int(generator.integers(2, 21))
        batch = drawn.draw(generator, DESCENTS_TOGETHER, d, 3 * d, largest_exponent=2.0)
        fastest = batch.flow(batch.theta_0).mu.max()  # one step size for all that descend together
        ends, powers = [], []
        for refinement in (1, 2, 4):
            eta, steps = LONGEST_STEP / fastest / refinement, STEPS * refinement
            flow = GradientFlow(batch.phi, batch.y_clean, batch.noise, batch.theta_0, eta)
            ends.append(_descend(batch, eta, steps))
            powers.append(flow.descent(steps))
        exact = flow.theta(float(steps))
        once = [2 * ends[1] - ends[0], 2 * ends[2] - ends[1]]  # the error in the step, taken away
        twice = (4 * once[1] - once[0]) / 3  # and that in its square
        apart = [np.linalg.norm(end - exact, axis=1) for end in ends]
        errors.append((_relative(powers[0], ends[0]), _relative(exact, twice), apart[1] / apart[2]))
    descent, small_steps, ratio = (np.concatenate(column)[:descents] for column in zip(*errors, strict=True))
    return descent, small_steps, ratio


def _descend(batch: drawn.RandomBatch, eta: float, steps: int) -> np.ndarray:
    """Take the steps of gradient descent one by one: float64 [instances, d]."""
    labels, m = batch.y_clean + batch.noise, batch.phi.shape[2]
    theta = batch.theta_0[:, :, None]
    phi_t = np.swapaxes(batch.phi, 1, 2)
    for _ in range(steps):
        theta = theta - eta / m * batch.phi @ (phi_t @ theta - labels[:, :, None])
    return theta[:, :, 0]


def _error(theta: np.ndarray, other: np.ndarray) -> float:
    """Return the largest relative distance of two paths, each time relative to the length of theta then."""
    return float(_relative(theta, other).max())


def _relative(theta: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.linalg.norm(theta - other, axis=-1) / np.linalg.norm(theta, axis=-1)

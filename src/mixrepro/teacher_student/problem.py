"""The toy's random part: a teacher, a student with a fixed first layer, 20 points, and the population.

    Y = v^T tanh(U X + a) + c,   X ~ N(0, I_10),   U [5, 10]       the teacher
    f(X) = theta^T phi(X),       phi(X) = tanh(W X + b), W [100, 10]   the student; only theta is trained

PyTorch's second layer has a bias. It is one more feature here, a hidden unit whose pre-activation is so large that
its tanh is 1: pre-activations are mixed as points are, and a constant passes through the mix. Without biases that
unit's pre-activation is 0, and it stays silent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np

from ..errors import ConfigError, found_expected
from ..rng import Purpose, stream

Init = Literal["pytorch", "fan-in", "unit"]
Start = Literal["pytorch", "unit", "zero"]

D_IN, TEACHER_WIDTH, D = 10, 5, 100
#: tanh of it is 1 to the last bit, and its exponential is far from overflow in float32.
SATURATED = 20.0


@dataclass(frozen=True)
class Setting:
    """What the text states, and one choice for each thing that it leaves open.

    Attributes:
        teacher: Both of the teacher's layers. "pytorch": uniform in +-1/sqrt(fan-in), biases too; "fan-in":
            N(0, 1/fan-in) without biases; "unit": N(0, 1) without biases.
        student: The student's first layer, in the same words; with "pytorch" the trained layer has a bias, too.
        theta_0: Where the trained layer starts. "pytorch": uniform in +-1/sqrt(100); "unit": N(0, 1);
            "zero".
        loss_factor: 1/2 for the formula that section 5.2 calls the MSE loss, 1 for PyTorch's MSELoss.
        n: Training points.
        test_points: Points that the test loss is averaged over; each seed draws its own.
        lr: Learning rate.

    Raises:
        ConfigError: A field is out of range.

    Source: Appendix C; `teacher`, `student`, `theta_0`, `loss_factor`, `test_points` are not stated there.
    """

    teacher: Init = "pytorch"
    student: Init = "pytorch"
    theta_0: Start = "pytorch"
    loss_factor: float = 0.5
    n: int = 20
    test_points: int = 1000
    lr: float = 0.1

    def __post_init__(self) -> None:
        for name, words in (
            ("teacher", get_args(Init)),
            ("student", get_args(Init)),
            ("theta_0", get_args(Start)),
        ):
            if getattr(self, name) not in words:
                raise ConfigError(found_expected(name, getattr(self, name), f"one of {', '.join(words)}"))
        for name, least in (("n", 2), ("test_points", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(found_expected(name, value, f"an integer, at least {least}"))
        for name in ("loss_factor", "lr"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ConfigError(found_expected(name, value, "a finite number above 0"))

    @property
    def eta(self) -> float:
        """Step on (1/2m) ||theta^T Phi - Y||^2 that does what `lr` does on the loss."""
        return 2 * self.loss_factor * self.lr


@dataclass(frozen=True)
class Problems:
    """Draws of the toy, one a seed; all float64.

    Attributes:
        seeds: int64 [S].
        x: [S, n, 10], training points.
        y: [S, n], their labels.
        pre: [S, n, 101], pre-activations of the student's hidden units on the training points.
        theta_0: [S, 101].
        sigma: [S, 101, 101], mean of phi phi^T over the test points.
        cross: [S, 101], mean of phi Y over the test points.
        power: [S], mean of Y^2 over the test points.
        hidden: [S, 5, 11], the teacher's first layer, its biases in the last column.
        outer: [S, 6], the teacher's second layer, its bias last.
    """

    seeds: np.ndarray
    x: np.ndarray
    y: np.ndarray
    pre: np.ndarray
    theta_0: np.ndarray
    sigma: np.ndarray
    cross: np.ndarray
    power: np.ndarray
    hidden: np.ndarray
    outer: np.ndarray

    def __len__(self) -> int:
        return len(self.seeds)

    def __iter__(self) -> "Iterator[Problems]":
        """Go through the seeds one by one, each a `Problems` of its own."""
        for row in range(len(self)):
            yield Problems(*(getattr(self, field.name)[row : row + 1] for field in fields(self)))

    def risk(self, theta: np.ndarray) -> np.ndarray:
        """Return the test loss, the mean of (theta^T phi - Y)^2 over the test points.

        Args:
            theta: float [S, ..., 101].

        Returns:
            float64 [S, ...].
        """
        flat = theta.astype(np.float64).reshape(len(self), -1, theta.shape[-1])
        loss = np.sum((flat @ self.sigma - 2 * self.cross[:, None]) * flat, axis=-1) + self.power[:, None]
        return loss.reshape(theta.shape[:-1])


def draw(setting: Setting, seeds: Sequence[int] | np.ndarray) -> Problems:
    """Draw teacher, student, training points and population of each seed.

    Settings share their draws as far as they can: the points of a seed are the same whatever the scales are.

    Args:
        setting: What is drawn.
        seeds: [S], 0 <= seed < 2**63.
    """
    drawn = [_draw_one(setting, int(seed)) for seed in seeds]
    return Problems(np.asarray(seeds), *(np.stack(column) for column in zip(*drawn, strict=True)))


def teacher_labels(x: np.ndarray, hidden: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """Return the teacher's answers.

    Args:
        x: float [..., m, 10].
        hidden: float [..., 5, 11], first layer, biases in the last column.
        outer: float [..., 6], second layer, bias last.

    Returns:
        float64 [..., m].
    """
    units = np.tanh(x @ np.swapaxes(hidden[..., :-1], -1, -2) + hidden[..., None, :, -1])
    return (units @ outer[..., :-1, None])[..., 0] + outer[..., None, -1]


def _draw_one(setting: Setting, seed: int) -> tuple[np.ndarray, ...]:
    hidden = _layer(setting.teacher, seed, "teacher", 0, TEACHER_WIDTH, D_IN)
    outer = _layer(setting.teacher, seed, "teacher", 1, 1, TEACHER_WIDTH)[0]
    first = _layer(setting.student, seed, "init", 0, D, D_IN)
    biased = setting.student == "pytorch"
    theta_0 = np.zeros(D + 1)
    if setting.theta_0 != "zero":
        theta_0[:] = _layer(setting.theta_0, seed, "init", 1, 1, D)[0]
        theta_0[-1] *= biased
    x = stream(seed, "points", 0).standard_normal((setting.n, D_IN))
    x_test = stream(seed, "points", 1).standard_normal((setting.test_points, D_IN))
    silent = SATURATED if biased else 0.0
    pre, pre_test = (
        np.column_stack([points @ first[:, :-1].T + first[:, -1], np.full(len(points), silent)])
        for points in (x, x_test)
    )
    phi, y_test = np.tanh(pre_test), teacher_labels(x_test, hidden, outer)
    sigma, cross = phi.T @ phi / len(phi), phi.T @ y_test / len(phi)
    y = teacher_labels(x, hidden, outer)
    return x, y, pre, theta_0, sigma, cross, np.mean(y_test**2), hidden, outer


def _layer(init: Init, seed: int, purpose: Purpose, number: int, rows: int, fan_in: int) -> np.ndarray:
    """Draw weights [rows, fan_in], and biases as one column more."""
    generator = stream(seed, purpose, number)
    if init == "pytorch":
        return generator.uniform(-1, 1, (rows, fan_in + 1)) / np.sqrt(fan_in)
    weights = generator.standard_normal((rows, fan_in + 1))
    weights[:, -1] = 0
    return weights / np.sqrt(fan_in) if init == "fan-in" else weights

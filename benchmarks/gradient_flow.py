"""Gradient flow in closed form, 1,000 instances at 400 times, against a stiff solver and matrix exponentials.

Setting: d = 100 random features, m = 400 synthetic inputs, Gaussian entries. The closed form runs in two threads,
as `mixrepro.theory.gradient_flow.paths` does. The solver (scipy's Radau, relative tolerance 1e-10, its Jacobian
given) and scipy's matrix exponential at each time are timed on a few instances, in turn with the closed form, so
that the ratio holds when the machine's speed drifts. That all compute the same is shown by tests/test_lemma_5_1.py
and by the chapter on gradient flow; the largest difference met here is printed too.

Run: `OMP_NUM_THREADS=1 python benchmarks/gradient_flow.py` (about a minute; --json FILE keeps the figures).
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from mixrepro.theory.gradient_flow import paths

INSTANCES, TIMES, D, M, ETA = 1000, 400, 100, 400, 0.1
WORKERS = 2
SLOW = 3  # instances that solver and exponentials are timed on


def seconds(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return how long a call takes, and what it returns."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def solved(t: np.ndarray, phi: np.ndarray, labels: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Integrate gradient flow by a stiff solver: float64 [times, d]."""
    solution = solve_ivp(
        lambda _, theta: -ETA / M * phi @ (theta @ phi - labels),
        (0.0, t[-1]),
        start,
        method="Radau",
        t_eval=t,
        jac=-ETA / M * phi @ phi.T,
        rtol=1e-10,
        atol=1e-13,
    )
    return solution.y.T


def exponentials(t: np.ndarray, phi: np.ndarray, labels: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Compute a matrix exponential at each time: float64 [times, d]."""
    end = np.linalg.lstsq(phi.T, labels, rcond=None)[0]
    gram = phi @ phi.T / M
    return np.array([end + expm(-ETA * gram * moment) @ (start - end) for moment in t])


def measure(rounds: int) -> dict:
    """Time the closed form, and in each round one instance of solver and exponentials."""
    generator = np.random.default_rng(0)
    phi = generator.standard_normal((INSTANCES, D, M))
    y_clean, noise = generator.standard_normal((2, INSTANCES, M))
    start = generator.standard_normal((INSTANCES, D))
    t = np.geomspace(1e-2, 1e3, TIMES)
    paths(t, phi[:50], y_clean[:50], noise[:50], start[:50], ETA, WORKERS)  # warm-up
    together, alone, solver, exponential, apart = [], [], [], [], 0.0
    for number in range(rounds):
        taken, theta = seconds(lambda: paths(t, phi, y_clean, noise, start, ETA, WORKERS))
        together.append(taken)
        alone.append(seconds(lambda: paths(t, phi, y_clean, noise, start, ETA, workers=1))[0])
        if number < SLOW:
            one = phi[number], y_clean[number] + noise[number], start[number]
            for slow, times in ((solved, solver), (exponentials, exponential)):
                taken, other = seconds(lambda slow=slow, one=one: slow(t, *one))
                times.append(taken)
                lengths = np.linalg.norm(theta[number], axis=1)
                apart = max(apart, float(np.max(np.linalg.norm(other - theta[number], axis=1) / lengths)))
    each = float(np.median(together)) / INSTANCES
    return {
        "closed_form_s": float(np.median(together)),
        "closed_form_quartiles_s": [float(q) for q in np.quantile(together, [0.25, 0.75])],
        "closed_form_one_thread_s": float(np.median(alone)),
        "solver_s_each": float(np.median(solver)),
        "exponentials_s_each": float(np.median(exponential)),
        "ratio_to_solver": float(np.median(solver)) / each,
        "ratio_to_exponentials": float(np.median(exponential)) / each,
        "largest_relative_difference": apart,
        "instances": INSTANCES,
        "times": TIMES,
        "d": D,
        "m": M,
        "threads": WORKERS,
        "rounds": rounds,
        "slow_instances": min(SLOW, rounds),
    }


def main() -> None:
    """Print the figures, and keep them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = measure(arguments.rounds)
    figures["machine"] = {
        "cores": os.cpu_count(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS", ""),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
    print(
        f"{INSTANCES:,} instances x {TIMES} times in {figures['closed_form_s']:.2f} s with {WORKERS} threads "
        f"({figures['closed_form_one_thread_s']:.2f} s with one): {figures['ratio_to_solver']:,.0f} times faster "
        f"than the solver, {figures['ratio_to_exponentials']:,.0f} times faster than matrix exponentials; largest "
        f"relative difference {figures['largest_relative_difference']:.1e} ({figures['slow_instances']} instances)"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

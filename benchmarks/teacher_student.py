"""The toy of Figure 5: every pairing and both kinds of lam, 1,000 seeds at once, against a loop seed by seed.

Timed together: ERM, four pairings, lam fixed and drawn, 10,000 epochs, mean paths and predicted turns included, as
`mixrepro.checks.fig_5` does it in one process a core. The loop is what one would write first: draw a permutation,
mix, two layers, a gradient step, in float32 numpy, on one thread; all pairs are a mixed set of 400 points. It is
timed on one seed and a few hundred epochs in each round, between two batches, so that the ratio holds when the
machine's speed drifts. That both compute the same is shown by tests/test_teacher_student.py.

Run: `OMP_NUM_THREADS=1 python benchmarks/teacher_student.py` (ten minutes; --json FILE keeps the figures).
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np

from mixrepro.checks import fig_5
from mixrepro.teacher_student.problem import Setting, draw

SEEDS, EPOCHS, LOOP_EPOCHS = 1000, 10_000, 400


def loop(epochs: int) -> float:
    """Train ERM and all eight kinds of Mixup on one seed, epoch by epoch; return the seconds they took."""
    setting = Setting()
    problem = draw(setting, [0])
    x = problem.x[0].astype(np.float32)
    pre, y = problem.pre[0].astype(np.float32), problem.y[0].astype(np.float32)
    layer = np.linalg.lstsq(np.column_stack([x, np.ones(len(x), np.float32)]), pre, rcond=None)[0]
    generator, n = np.random.default_rng(0), len(y)
    own, other = (index.ravel() for index in np.indices((n, n)))
    apart = own != other
    started = time.perf_counter()
    for pairing in ("none", "permutation", "derangement", "all pairs", "all pairs, no self"):
        for fixed in (True, False):
            if pairing == "none" and not fixed:
                continue
            theta = problem.theta_0[0].astype(np.float32)
            for _ in range(epochs):
                lam = np.float32(0.5 if fixed else generator.random())
                if pairing == "none":
                    first = second = np.arange(n)
                elif pairing.startswith("all"):
                    kept = apart if pairing.endswith("self") else slice(None)
                    first, second = own[kept], other[kept]
                else:
                    first, second = np.arange(n), generator.permutation(n)
                    while pairing == "derangement" and (first == second).any():
                        second = generator.permutation(n)
                mixed = lam * x[first] + (1 - lam) * x[second]
                labels = lam * y[first] + (1 - lam) * y[second]
                phi = np.tanh(mixed @ layer[:-1] + layer[-1])
                theta -= np.float32(setting.eta / len(labels)) * ((phi @ theta - labels) @ phi)
    return time.perf_counter() - started


def measure(rounds: int) -> dict:
    """Time both in turn."""
    together, alone = [], []
    for _ in range(rounds):
        before = loop(LOOP_EPOCHS)
        started = time.perf_counter()
        fig_5.run("small", seeds=SEEDS, epochs=EPOCHS)
        together.append(time.perf_counter() - started)
        alone.append((before + loop(LOOP_EPOCHS)) / 2 * EPOCHS / LOOP_EPOCHS * SEEDS)
    ratios = np.array(alone) / np.array(together)
    return {
        "together_s": together,
        "loop_s_one_core_extrapolated": alone,
        "ratio": float(np.median(ratios)),
        "ratio_range": [float(ratios.min()), float(ratios.max())],
        "seeds": SEEDS,
        "epochs": EPOCHS,
        "loop_epochs": LOOP_EPOCHS,
        "rounds": rounds,
    }


def main() -> None:
    """Print the figures, and keep them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = measure(arguments.rounds)
    figures["machine"] = {
        "cores": os.cpu_count(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS", ""),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    times = figures["together_s"]
    print(
        f"{SEEDS:,} seeds x {EPOCHS:,} epochs, four pairings, two kinds of lam, on {os.cpu_count()} cores: "
        f"{np.median(times):.0f} s [{min(times):.0f}, {max(times):.0f}], {arguments.rounds} rounds; "
        f"{figures['ratio']:.0f} times faster than a loop on one core "
        f"[{figures['ratio_range'][0]:.0f}, {figures['ratio_range'][1]:.0f}]"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Randomness derived from (seed, purpose, epoch), never carried.

Every draw has its own counter-based Philox stream. So a run resumes without hidden state, evaluating more
often cannot change training, and an ERM and a Mixup run of one seed share data order and initialisation.
"""

from typing import Literal, get_args

import numpy as np

Purpose = Literal[
    "init", "subset", "holdout", "order", "partner", "lam", "dataset", "bootstrap", "pairs",
    "instances", "teacher", "points", "noise", "augment",
]  # fmt: skip

# The position is part of every stream's key: append, never reorder.
PURPOSES: tuple[str, ...] = get_args(Purpose)


def stream(seed: int, purpose: Purpose, epoch: int = 0) -> np.random.Generator:
    """Open the random stream of one seed, purpose and epoch.

    Args:
        seed: The run's seed, 0 <= seed < 2**63.
        purpose: What is drawn; streams of different purposes are independent.
        epoch: Completed epochs at the draw; 0 for what is drawn once a run.

    Returns:
        A fresh generator; the same arguments always give the same draws.
    """
    key = np.array([seed, PURPOSES.index(purpose)], dtype=np.uint64)
    # Philox counts in the lowest word; the epoch sits in the highest, 2**192 draws apart.
    counter = np.array([0, 0, 0, epoch], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))

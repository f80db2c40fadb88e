"""Random streams depend on (seed, purpose, epoch) and on nothing else."""

import itertools

import numpy as np

from mixrepro.rng import PURPOSES, stream


def test_stream_repeats_itself():
    assert np.array_equal(stream(3, "lam", 7).random(100), stream(3, "lam", 7).random(100))


def test_streams_of_other_seed_purpose_or_epoch_differ():
    drawn = {
        (seed, purpose, epoch): tuple(stream(seed, purpose, epoch).random(4))
        for seed, purpose, epoch in itertools.product(range(3), PURPOSES, range(5))
    }
    assert len(set(drawn.values())) == len(drawn)


def test_purposes_keep_their_places():
    # The place is part of the key: moving one would change every recorded run.
    assert PURPOSES[:6] == ("init", "subset", "holdout", "order", "partner", "lam")


def test_large_seeds_are_distinct():
    assert stream(2**63 - 1, "init").random() != stream(2**63 - 2, "init").random()

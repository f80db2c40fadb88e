"""Curves of several seeds are lined up by epoch, whatever was measured of each."""

import numpy as np
import pytest

from mixrepro.claims import fig_8
from mixrepro.experiments import fig_8 as fig_8_runs

EPOCHS, SEEDS = 160, 5
NORM = fig_8.FULL_BATCH


@pytest.fixture
def experiment():
    return fig_8_runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)


@pytest.fixture
def curves():
    """Every value tells its seed and epoch."""
    told = np.arange(1, SEEDS + 1)[:, None] + np.arange(1, EPOCHS + 1) / 1000
    columns = (NORM, fig_8.MINI_BATCH, "test_accuracy")
    return {arm: {column: told.copy() for column in columns} for arm in ("ERM", "Mixup")}


def test_a_norm_that_overflows_shifts_no_other_seed(simulate, experiment, curves):
    curves["ERM"][NORM][1, 9] = np.inf
    epochs, values = simulate(experiment, curves).curve("ERM", NORM)
    assert epochs.dtype == np.int64
    assert epochs.tolist() == list(range(1, EPOCHS + 1))
    assert np.argwhere(np.isnan(values)).tolist() == [[1, 9]]
    rest = np.isfinite(values)
    np.testing.assert_array_equal(values[rest], curves["ERM"][NORM][rest])


def test_equally_many_values_at_different_epochs_stay_where_they_were_measured(simulate, experiment, curves):
    norms = curves["ERM"][NORM]
    norms[:, 20:] = np.nan
    norms[0, 5] = norms[1, 6] = np.nan
    epochs, values = simulate(experiment, curves).curve("ERM", NORM)
    assert epochs.tolist() == list(range(1, 21))
    np.testing.assert_array_equal(values, norms[:, :20])


def test_an_epoch_at_which_every_seed_overflows_keeps_its_place(simulate, experiment, curves):
    curves["ERM"][NORM][:, 9] = np.inf
    _, values = simulate(experiment, curves).curve("ERM", NORM)
    assert values.shape == (SEEDS, EPOCHS)
    assert np.isnan(values[:, 9]).all()


def test_a_lost_seed_is_missing_throughout(simulate, experiment, curves):
    _, values = simulate(experiment, curves, lost={("ERM", 2)}).curve("ERM", NORM)
    assert np.isnan(values).all(1).tolist() == [False, False, True, False, False]
    every_one = {("ERM", seed) for seed in range(SEEDS)}
    epochs, values = simulate(experiment, curves, lost=every_one).curve("ERM", NORM)
    assert (len(epochs), values.shape) == (0, (SEEDS, 0))


@pytest.mark.parametrize("place", [0, 9, EPOCHS - 1])
def test_one_norm_that_overflows_does_not_keep_fig_8_from_being_judged(simulate, experiment, curves, place):
    curves["ERM"][NORM][1, place] = np.inf
    parts = fig_8.judge(simulate(experiment, curves)).parts
    assert parts[0].n < SEEDS  # ERM's norm: counted as missing where the overflow matters
    assert [part.n for part in parts[1:5]] == [SEEDS] * 4  # Mixup's

"""FIG-14 and FIG-14+ on simulated norms: each part follows what they do after the switch; figure and chapter."""

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.claims import fig_8
from mixrepro.claims import fig_14 as claim
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_6, fig_14
from mixrepro.plots import gradient_norm as figures

EPOCHS, SEEDS, SWITCHES = 320, 4, (10, 50, 200)
#: Switch -> share of the norm that is left one epoch and a hundred epochs later.
PAPER = {10: (1.5, 0.005), 50: (0.2, 0.003), 200: (0.1, 0.002)}
#: Switch -> accuracy on the training points there.
LEARNED = {10: 0.4, 50: 0.95, 200: 0.99}


def curves(experiment, left, learned, noise=0.05):
    """Simulate a norm of 0.5 up to the switch, which then falls to the given shares, straight in logarithms."""
    generator = np.random.default_rng(0)
    time, simulated = np.arange(1, EPOCHS + 1), {}
    for arm, config in experiment.arms.items():
        norm, accuracy = np.full(EPOCHS, 0.5), np.full(EPOCHS, 0.9)
        if (switch := config.switch_epoch) is not None:
            first, later = left[switch]
            since = time - switch
            shares = np.exp(np.interp(np.log(np.maximum(since, 1)), np.log((1, 100)), np.log((first, later))))
            norm, accuracy = np.where(since > 0, 0.5 * shares, 0.5), np.full(EPOCHS, learned[switch])
        norms = norm * np.exp(generator.normal(0, noise, (SEEDS, EPOCHS)))
        simulated[arm] = {
            fig_8.FULL_BATCH: norms,
            fig_8.MINI_BATCH: 2 * norms,
            "train_accuracy": accuracy + generator.normal(0, 0.01, (SEEDS, EPOCHS)),
            "test_accuracy": accuracy * np.ones((SEEDS, 1)),
        }
    return simulated


@pytest.fixture
def simulated(simulate):
    experiment = fig_14.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS, switch_epochs=SWITCHES)

    def make(left=None, learned=None, lost=frozenset()):
        return simulate(experiment, curves(experiment, PAPER | (left or {}), LEARNED | (learned or {})), lost)

    return make


def words(verdict):
    return [part.verdict for part in verdict.parts]


def test_supported_when_the_norm_drops_as_in_the_paper(simulated):
    verdict = claim.judge(simulated())
    assert words(verdict) == ["supported"] * 4
    assert verdict.parts[0].effect == pytest.approx(0.2, rel=0.1)
    assert verdict.parts[3].effect == pytest.approx(0.002, rel=0.1)
    assert claim.headline(verdict) == "After a switch the norm drops at once, is zero soon"


@pytest.mark.parametrize(
    ("left", "refuted", "headline"),
    [
        ({50: (0.8, 0.003)}, 0, "After a switch the norm does not drop at once, but is zero soon"),
        ({50: (0.2, 0.03)}, 1, "After a switch the norm drops at once, not to zero"),
        ({200: (0.8, 0.002)}, 2, "After a switch the norm does not drop at once, but is zero soon"),
        ({200: (0.2, 0.03)}, 3, "After a switch the norm drops at once, not to zero"),
    ],
)
def test_each_part_can_be_refuted(simulated, left, refuted, headline):
    verdict = claim.judge(simulated(left))
    assert [place for place, word in enumerate(words(verdict)) if word == "refuted"] == [refuted]
    assert claim.headline(verdict) == headline


def test_inconclusive_when_a_switched_run_is_lost(simulated):
    assert words(claim.judge(simulated(lost={("switch at 50", 1)}))) == [
        "inconclusive", "inconclusive", "supported", "supported",
    ]  # fmt: skip


def test_the_early_switch_decides_fig_14_plus_and_not_fig_14(simulated):
    assert words(claim.judge_sharpened(simulated())) == ["supported"] * 4
    drops = simulated({10: (0.1, 0.005)})
    assert words(claim.judge_sharpened(drops))[0] == "refuted"
    assert claim.judge(drops).verdict == "supported"


@pytest.mark.parametrize(
    ("left", "learned", "refuted"),
    [({}, {10: 0.97}, 1), ({50: (0.001, 0.001)}, {}, 2), ({200: (0.001, 0.001)}, {}, 3)],
)
def test_each_further_part_of_fig_14_plus_can_be_refuted(simulated, left, learned, refuted):
    assert words(claim.judge_sharpened(simulated(left, learned)))[refuted] == "refuted"


def test_share_left_is_taken_at_the_last_measurement_until_then(simulated):
    results = simulated()
    epochs, norms = results.curve("switch at 200", fig_8.FULL_BATCH)
    assert claim.left_after(results, 200, 100) == pytest.approx(norms[:, 299] / norms[:, 199])
    assert claim.left_after(results, 200, 1000) == pytest.approx(norms[:, -1] / norms[:, 199])
    assert epochs[-1] == EPOCHS


def test_epochs_to_zero_counts_from_the_switch(simulated):
    # A straight line in logarithms from 0.2 after one epoch to 0.003 after a hundred crosses 0.01 after 27 epochs.
    crossing = 100 ** (np.log(0.2 / 0.01) / np.log(0.2 / 0.003))
    assert claim.epochs_to_zero(simulated(), 50) == pytest.approx(np.full(SEEDS, crossing), abs=4)
    assert np.isnan(claim.epochs_to_zero(simulated({50: (0.2, 0.03)}), 50)).all()


@pytest.mark.parametrize("profile", ["smoke", "quick", "small", "paper"])
def test_runs_are_those_of_fig_6(profile):
    model = "resnet18" if profile == "paper" else "mlp"
    ours, theirs = fig_14.declare(profile), fig_6.declare(profile, model)
    assert ours.id == "FIG-14"
    assert (ours.arms, ours.seeds) == (theirs.arms, theirs.seeds)


@pytest.mark.parametrize(("data", "percent"), fig_14.PANELS)
def test_every_panel_of_the_paper_is_declared(data, percent):
    arms = fig_14.declare("paper", data=data, percent=percent).arms
    assert {(arm.data, arm.model) for arm in arms.values()} == {(data, "resnet18")}
    assert sorted(a.switch_epoch for a in arms.values() if a.switch_epoch) == [95, 105, 115, 125, 155]


def test_switch_epochs_must_be_three_and_rising():
    with pytest.raises(ConfigError, match="switch_epochs: found"):
        fig_14.declare("smoke", switch_epochs=(5, 5, 10))


def test_figure_and_table_report_the_measured_shares(simulated):
    results = simulated()
    shown = figures.after_switch(results, "a title")
    left = claim.left_after(results, 50, 1).mean()
    assert f"switched at 50, {left:.0%} is left an epoch later" in shown.alt
    assert f"{SEEDS} seeds" in shown.caption
    rows = figures.switches_table(results).rows
    assert [row[0] for row in rows] == ["10", "50", "200"]
    assert rows[1][2].startswith(f"{100 * left:.1f} ±")
    assert figures.switches_table(simulated({50: (0.2, 0.03)})).rows[1][4] == "not reached"


def test_runs_trained_at_smoke_are_judged_and_drawn(store):
    results = sweep.run(fig_14.declare("smoke", num_seeds=3, epochs=8, switch_epochs=(1, 2, 4)), store)
    verdict = claim.judge(results)
    assert all(part.n == 3 for part in verdict.parts)
    assert "4 epochs later" in verdict.parts[3].statement
    assert "switched at 4" in figures.after_switch(results, "a title").alt

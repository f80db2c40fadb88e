"""FIG-2-MAP and FIG-2-MAP+: one change at a time, every setting shown, and a verdict that follows the widths."""

import numpy as np
import pytest

from mixrepro import plots, sweep
from mixrepro.claims import fig_2_map as claim
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_2, fig_2_map
from mixrepro.mime import RECORDS_MIME, VERDICT_MIME
from mixrepro.plots import u_map as figures

EPOCHS, SEEDS = 60, 5


@pytest.fixture
def judged(simulate):
    """Judge simulated curves whose fall under Mixup depends on the width, in points a doubling above the least."""

    def judge(slope=0.02, least=0.03, erm=0.0, lost=frozenset()):
        experiment = fig_2_map.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
        generator = np.random.default_rng(0)
        progress = np.arange(1, EPOCHS + 1) / EPOCHS
        shape = np.clip(progress / 0.3, 0, 1), np.clip((progress - 0.3) / 0.7, 0, 1)
        curves = {}
        for name, arm in experiment.arms.items():
            fall = erm if arm.is_erm else least + slope * np.log2(arm.width / 16)
            accuracy = 0.2 + 0.2 * shape[0] - fall * shape[1] + generator.normal(0, 0.002, (SEEDS, EPOCHS))
            curves[name] = {"test_accuracy": accuracy, "test_loss": 4 - 5 * accuracy}
        return claim.judge(simulate(experiment, curves, lost))

    return judge


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (dict(), ["supported", "supported", "supported"]),
        (dict(slope=0.0), ["refuted", "supported", "supported"]),
        (dict(slope=-0.01), ["refuted", "inconclusive", "supported"]),
        (dict(erm=0.05), ["supported", "supported", "refuted"]),
    ],
)
def test_verdict_follows_the_widths(judged, settings, words):
    found = [part.verdict for part in judged(**settings).parts]
    assert found[0] == words[0]
    assert found[2] == words[2]
    assert words[1] in (found[1], "inconclusive")


def test_a_lost_seed_is_never_passed_over(judged):
    parts = judged(lost={("Mixup, width 16", 1)}).parts
    assert parts[0].verdict == "inconclusive"
    assert parts[0].n < parts[0].n_declared == SEEDS


def test_slopes_are_least_squares():
    falls = {4: np.array([0.1, 0.0]), 8: np.array([0.2, 0.0]), 32: np.array([0.4, 0.03])}
    expected = [np.polyfit([2, 3, 5], column, 1)[0] for column in ([0.1, 0.2, 0.4], [0.0, 0.0, 0.03])]
    np.testing.assert_allclose(claim.slopes(falls), expected)


@pytest.mark.parametrize("profile", fig_2_map.SIZES)
def test_each_setting_changes_one_thing_of_the_base(profile):
    experiment = fig_2_map.declare(profile)
    base = experiment.arms["Mixup, base"]
    for setting in experiment.settings:
        names = experiment.setting(setting)
        mixup, erm = experiment.arms[names["Mixup"]], experiment.arms[names["ERM"]]
        assert erm == mixup.but(alpha=0.0)
        changed = {name for name, value in mixup if value != getattr(base, name)} - {"precision"}
        assert len(changed) == (setting != "base")
    assert len(experiment.settings) == len(experiment.arms) / 2
    assert len(experiment.widths()) >= 3


def test_scale_is_that_of_the_base():
    experiment = fig_2_map.declare("small")
    assert "resnet18 of width 8, n = 250" in experiment.scale()
    assert experiment.scale().endswith("one change at a time")
    part = experiment.only(["ERM, width 4"]).scale()
    assert "resnet18 of width 4, n = 250, 400 epochs, ERM, lr" in part


@pytest.mark.parametrize(("profile", "widest", "precision"), [("small", 16, "fp32"), ("paper", 64, "bf16")])
def test_small_is_for_a_cpu_and_paper_reaches_the_papers_own_width(profile, widest, precision):
    experiment = fig_2_map.declare(profile)
    assert max(arm.width for arm in experiment.arms.values()) == max(experiment.widths()) == widest
    assert {arm.precision for arm in experiment.arms.values()} == {precision}
    assert len(experiment.seeds) >= 3


def test_the_base_is_what_fig_2_trains_on_a_cpu():
    mine, other = fig_2_map.declare("small"), fig_2.declare("small", "resnet18")
    assert {mine.arms[name] for name in mine.setting("base").values()} == set(other.arms.values())
    assert mine.seeds == other.seeds


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(profile="quick"), "profile"),
        (dict(alpha=0.0), "alpha"),
        (dict(settings={"x": {"n": -1}}), "n: found -1"),
    ],
)
def test_declaration_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        fig_2_map.declare(**{"profile": "smoke", **arguments})


def test_figure_shows_every_setting_and_what_was_not_run(simulate, judged):
    experiment = fig_2_map.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    curves = {
        name: {
            "test_accuracy": np.linspace(0.4, 0.3, EPOCHS) * np.ones((SEEDS, 1)),
            "test_loss": np.ones((SEEDS, EPOCHS)),
        }
        for name in experiment.arms
    }
    lost = {(arm, seed) for arm in ("Mixup, n = 50", "ERM, n = 50") for seed in range(SEEDS)}
    results = simulate(experiment, curves, lost)
    shown = figures.u_map(results)
    assert all(setting in shown.alt for setting in experiment.settings)
    assert "n = 50: not run" in shown.alt
    rows = {row[0]: row[1:] for row in figures.u_map_table(results).rows}
    assert rows["n = 50"][0] == f"0 of {2 * SEEDS}"
    assert rows["width 16"][0] == f"{2 * SEEDS} of {2 * SEEDS}"
    assert rows["width 16"][2] == "10.0 [10.0, 10.0]"


def test_runs_that_nobody_made_are_not_called_inconclusive(simulate):
    experiment = fig_2_map.declare("smoke", num_seeds=3, epochs=EPOCHS)
    everything = {(arm, seed) for arm in experiment.arms for seed in range(3)}
    nothing = simulate(experiment, {arm: {} for arm in experiment.arms}, everything)
    shown = plots.judged(nothing, claim.judge(nothing))._repr_mimebundle_()
    assert "not run (0 of 30 runs are there)" in shown["text/html"]
    assert VERDICT_MIME not in shown
    looked_for = shown[RECORDS_MIME]["records"]
    assert looked_for == {run.run_id(): None for run in experiment.runs()}


def test_what_is_there_of_several_experiments_is_drawn_together(simulate):
    there, missing = (fig_2_map.declare("smoke", num_seeds=2, epochs=EPOCHS) for _ in range(2))
    curves = {name: {"test_accuracy": np.full((2, EPOCHS), 0.3)} for name in there.arms}
    some = simulate(there, curves)
    lost = {(arm, seed) for arm in missing.arms for seed in range(2)}
    none = simulate(missing, curves, lost)
    assert plots.recorded_together([none, some, none], list) == [some]
    nothing = plots.recorded_together([none, none], list)
    assert "not run (0 of 20 runs are there)" in nothing._repr_mimebundle_()["text/plain"]


def test_smoke_runs_and_is_judged(store):
    results = sweep.run(fig_2_map.declare("smoke"), store)
    verdict = claim.judge(results)
    assert verdict.parts[0].n_declared == 3
    assert not results.lost()

"""FIG-6 and FIG-6+ on simulated endings: each part follows where the switched runs end."""

import numpy as np
import pytest

from mixrepro import plots
from mixrepro.claims import fig_6 as claim
from mixrepro.claims import fig_6_rule as rule
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_2, fig_6

EPOCHS, SEEDS = 20, 5
PAPER = {"ERM": 0.50, "Mixup": 0.44, 2: 0.50, 5: 0.53, 10: 0.45}


def results_of(simulate, ends, peak=0.51, lost=frozenset(), turn=EPOCHS // 2):
    switches = tuple(arm for arm in ends if isinstance(arm, int))
    experiment = fig_6.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS, switch_epochs=switches)
    generator = np.random.default_rng(0)
    curves = {}
    for arm, config in experiment.arms.items():
        end = ends[config.switch_epoch] if config.switch_epoch else ends[arm]
        accuracy = np.full((SEEDS, EPOCHS), 0.3)
        accuracy[:, turn - 1] = peak if arm == "Mixup" else 0.3
        accuracy[:, -1] = end
        curves[arm] = {"test_accuracy": accuracy + generator.normal(0, 0.002, accuracy.shape)}
    return simulate(experiment, curves, lost)


def judge(*arguments, **settings):
    return claim.judge(results_of(*arguments, **settings))


def test_supported_when_runs_end_as_in_the_paper(simulate):
    assert judge(simulate, PAPER).verdict == "supported"


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (0, {"Mixup": 0.53}),  # nothing was lost, so nothing is gained
        (1, {5: 0.47}),  # better than Mixup throughout, but below its peak
        (2, {2: 0.54}),  # even the early switch gains
        (3, {10: 0.54}),  # even the late switch recovers
    ],
)
def test_each_part_can_be_refuted(simulate, part, change):
    verdict = judge(simulate, {**PAPER, **change})
    assert verdict.parts[part].verdict == "refuted"
    assert verdict.verdict == "refuted"


def test_inconclusive_when_a_switched_run_is_lost(simulate):
    assert judge(simulate, PAPER, lost={("switch at 5", 3)}).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        ({}, "Switched in time, the fall is avoided; too late, less"),
        ({10: 0.54}, "Switched in time, the fall is avoided; late does as well"),
        ({5: 0.47}, "Switched in time, part of the fall stays; too late, less"),
        ({"Mixup": 0.53}, "Switching in time gains nothing over Mixup"),
    ],
)
def test_headline_follows_the_verdict(simulate, change, headline):
    assert claim.headline(judge(simulate, {**PAPER, **change})) == headline


@pytest.mark.parametrize(("switches", "in_time"), [((2, 5, 10), 5), ((2, 5, 8, 10), 5), ((2, 4, 5, 8, 10), 5)])
def test_in_time_is_the_middle_switch_or_the_earlier_of_two(simulate, switches, in_time):
    ends = {"ERM": 0.50, "Mixup": 0.44} | dict.fromkeys(switches, 0.5)
    assert claim.roles(results_of(simulate, ends)) == (2, in_time, 10)


def test_measured_turn_stands_beside_the_declared_switch(simulate):
    results = results_of(simulate, PAPER, turn=4)
    assert claim.turns(results).tolist() == [4] * SEEDS
    said = [part.statement for part in claim.judge(results).parts]
    assert all(text.startswith("switched in time (epoch 5; Mixup turns at 4)") for text in said[:2])
    rows = plots.roles_table(results).rows
    assert rows == [
        ["smoke", results.scale, "4", "2 (0.5 × the turn)", "5 (1.2 × the turn)", "10 (2.5 × the turn)"]
    ]


def test_turn_is_the_median_over_seeds_of_the_others_turns(simulate):
    experiment = fig_6.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS, switch_epochs=(2, 5, 10))
    curves = {arm: {"test_accuracy": np.full((SEEDS, EPOCHS), 0.3)} for arm in experiment.arms}
    curves["Mixup"]["test_accuracy"][:, 5] = 0.5
    curves["Mixup"]["test_accuracy"][::2, 1] = 0.9  # seeds 0, 2 and 4 turn at 2, and tell the other two so
    results = simulate(experiment, curves)
    assert claim.turns(results).tolist() == [6, 2, 6, 2, 6]
    assert claim.turn(results) == 6


def test_a_turn_that_is_not_known_is_named_as_such(simulate):
    level = results_of(simulate, PAPER | {"Mixup": 0.55})  # highest at its end
    lost = results_of(simulate, PAPER, lost={("Mixup", 2)})
    none = results_of(simulate, PAPER, lost={("Mixup", seed) for seed in range(SEEDS)})
    assert np.isnan([claim.turn(results) for results in (level, lost, none)]).all()
    assert "(epoch 5; no turn known)" in claim.judge(level).parts[0].statement
    known = [row[2] for row in plots.roles_table(level, lost, none).rows]
    assert known == ["not known of every seed", "not known of every seed", "not run"]
    assert plots.roles_table(none).rows[0][3:] == ["2", "5", "10"]


def test_erm_and_mixup_are_the_runs_of_fig_2():
    ours, theirs = fig_6.declare("quick"), fig_2.declare("quick")
    for arm in ("ERM", "Mixup"):
        assert ours.arms[arm].family() == theirs.arms[arm].family()
        assert ours.arms[arm].epochs <= theirs.arms[arm].epochs


@pytest.mark.parametrize("epochs", [(5, 10), (10, 5, 20), (5, 5, 10)])
def test_switch_epochs_must_be_three_and_rising(epochs):
    with pytest.raises(ConfigError, match="switch_epochs: found"):
        fig_6.declare("smoke", switch_epochs=epochs)


#: Where runs end that make the rule worth its trouble; Mixup turns at epoch 6, and the nearest switch is 5.
RULED = {"ERM": 0.50, "Mixup": 0.44, 2: 0.50, 5: 0.54, 10: 0.53}


def chosen(simulate, turn, ends=RULED, **settings):
    return rule.choose(results_of(simulate, ends, turn=turn, **settings))


@pytest.mark.parametrize(("turn", "nearest"), [(1, 2), (3, 2), (4, 5), (6, 5), (8, 10), (19, 10)])
def test_rule_takes_the_nearest_declared_switch(simulate, turn, nearest):
    found = chosen(simulate, turn)
    assert set(found.turn) == {turn}
    assert set(found.switch) == {nearest}
    assert found.switched == pytest.approx(RULED[nearest], abs=0.01)
    assert found.stopped == pytest.approx(0.51, abs=0.01)


def test_nearness_is_a_ratio_and_not_a_difference(simulate):
    found = chosen(simulate, turn=10, ends={"ERM": 0.5, "Mixup": 0.44, 2: 0.5, 5: 0.54, 18: 0.53})
    assert set(found.switch) == {18}


def test_rule_and_best_switch_are_chosen_by_the_other_half_of_the_seeds(simulate):
    experiment = fig_6.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS, switch_epochs=(2, 5, 10))
    curves = {arm: {"test_accuracy": np.full((SEEDS, EPOCHS), 0.3)} for arm in experiment.arms}
    curves["Mixup"]["test_accuracy"][:, 5] = 0.5
    curves["Mixup"]["test_accuracy"][::2, 1] = 0.9  # seeds 0, 2 and 4 turn earlier
    curves["switch at 5"]["test_accuracy"][:, -1] = 0.54
    curves["switch at 2"]["test_accuracy"][::2, -1] = 0.9  # and end highest after the early switch
    results = simulate(experiment, curves)
    found = rule.choose(results)
    np.testing.assert_array_equal(found.turn, [6, 2, 6, 2, 6])
    np.testing.assert_array_equal(found.switch, [5, 2, 5, 2, 5])
    np.testing.assert_array_equal(found.best, [5, 2, 5, 2, 5])
    np.testing.assert_array_equal(found.stopped, [0.5, 0.3, 0.5, 0.3, 0.5])
    np.testing.assert_array_equal(found.best_switched, [0.54, 0.3, 0.54, 0.3, 0.54])


def test_rule_is_supported_when_it_is_worth_its_trouble(simulate):
    assert rule.judge(results_of(simulate, RULED, turn=6)).verdict == "supported"


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        (0, dict(ends=RULED | {"Mixup": 0.54}, peak=0.545)),  # nothing was lost by going on
        (1, dict(ends=RULED | {"ERM": 0.54})),  # Mixup was not worth it
        (2, dict(ends=RULED, peak=0.57)),  # better stopped than switched
        (3, dict(ends=RULED | {10: 0.57})),  # the turn is no guide
    ],
)
def test_each_part_of_the_rule_can_be_refuted(simulate, part, settings):
    verdict = rule.judge(results_of(simulate, turn=6, **settings))
    assert [each.verdict for each in verdict.parts].count("refuted") == 1
    assert verdict.parts[part].verdict == "refuted"


def test_rule_has_nothing_to_say_where_nothing_turns(simulate):
    results = results_of(simulate, RULED | {"Mixup": 0.55}, turn=6)  # highest at its end
    found = rule.choose(results)
    assert np.isnan(found.turn).all()
    assert np.isnan(found.switched).all()
    assert rule.judge(results).verdict == "inconclusive"
    assert (
        '>none</td><td class="number short">not run</td>'
        in plots.strategies_table(results)._repr_mimebundle_()["text/html"]
    )


@pytest.mark.parametrize("lost", [("Mixup", 2), ("switch at 5", 2), ("switch at 10", 2)])
def test_a_lost_run_makes_the_rule_inconclusive(simulate, lost):
    verdict = rule.judge(results_of(simulate, RULED, turn=6, lost={lost}))
    assert verdict.verdict == "inconclusive"
    assert any(part.n < part.n_declared for part in verdict.parts)


def test_one_seed_has_no_pilot(simulate):
    experiment = fig_6.declare("smoke", num_seeds=1, epochs=EPOCHS, switch_epochs=(2, 5, 10))
    curves = {arm: {"test_accuracy": np.full((1, EPOCHS), 0.4)} for arm in experiment.arms}
    found = rule.choose(simulate(experiment, curves))
    assert np.isnan([found.turn, found.switch, found.best, found.switched, found.best_switched]).all()


def test_table_shows_every_strategy(simulate):
    rows = plots.strategies_table(results_of(simulate, RULED, turn=6)).rows
    assert [row[1] for row in rows] == ["", "", "6", "5", "5", "10"]
    assert [float(row[2].split()[0]) for row in rows] == pytest.approx([44, 50, 51, 54, 54, 53], abs=0.3)

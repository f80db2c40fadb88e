"""FIG-7 and FIG-7+ on simulated curves of known turning times: the verdict follows them, on either clock."""

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.claims import fig_7 as claim
from mixrepro.claims.turning import WINDOW, Turn, exponents, own_turns
from mixrepro.config import RunConfig
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_2, fig_7
from mixrepro.plots import amount_of_data as figures
from mixrepro.results import Results

EPOCHS, SEEDS = 2000, 5
#: The grid of the runs, written out: ten points a decade.
DECADE = (1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8)
GRID = sorted({round(ten * step) for ten in (1, 10, 100, 1000) for step in DECADE if ten * step <= EPOCHS})


@pytest.fixture
def experiment():
    return fig_7.declare("quick", num_seeds=SEEDS, epochs=EPOCHS)


def curves(experiment, generator, power, turn=250.0, noise=0.004, fall=0.06):
    """Simulate curves that turn at `turn * (n / 1000)**power` epochs, measured on the grid."""
    made = {}
    for name, arm in experiment.arms.items():
        epochs = np.arange(1, EPOCHS + 1)
        away = np.log(epochs / (turn * (arm.n / 1000) ** power))
        accuracy = 0.5 - np.where(away < 0, 0.02, fall / np.log(8) ** 2) * away**2
        accuracy = accuracy + generator.normal(0, noise, (SEEDS, EPOCHS))
        accuracy[:, ~np.isin(epochs, GRID)] = np.nan
        made[name] = {"test_accuracy": accuracy}
    return made


def verdicts(simulate, experiment, *arguments, **keywords):
    results = simulate(experiment, curves(experiment, np.random.default_rng(0), *arguments, **keywords))
    return claim.judge(results), claim.judge_steps(results)


def test_supported_on_both_clocks_when_the_turning_epoch_grows_with_the_data(simulate, experiment):
    epochs, steps = verdicts(simulate, experiment, power=0.7)
    assert (epochs.verdict, steps.verdict) == ("supported", "supported")
    assert epochs.parts[-1].effect == pytest.approx(0.7, abs=0.15)
    assert claim.headline(epochs) == "Fewer data, fewer epochs to the turn"


def test_refuted_in_epochs_and_supported_in_steps_when_fewer_data_turn_in_later_epochs(simulate, experiment):
    epochs, steps = verdicts(simulate, experiment, power=-0.4)
    assert (epochs.verdict, steps.verdict) == ("refuted", "supported")
    assert steps.parts[-1].effect == pytest.approx(0.6, abs=0.15)
    assert claim.headline(epochs) == "Fewer data, more epochs to the turn"
    assert claim.headline(steps) == "Fewer data, fewer steps to the turn"


def test_refuted_on_both_clocks_when_the_turn_comes_after_equally_many_steps(simulate, experiment):
    epochs, steps = verdicts(simulate, experiment, power=-1.0, turn=150.0)
    assert epochs.verdict == "refuted"
    # 250 points make three steps of 100 and fewer, not two and a half: the power in steps is a little off zero.
    assert steps.parts[-1].effect == pytest.approx(np.log(3 / 2.5) / np.log(0.25), abs=0.12)
    assert steps.verdict == "refuted"


def test_inconclusive_when_the_noise_hides_the_places(simulate, experiment):
    epochs, _ = verdicts(simulate, experiment, power=0.2, noise=0.1)
    assert epochs.parts[-1].verdict == "inconclusive"
    assert claim.headline(epochs) == "Whether fewer data turn after fewer epochs is unclear"


def test_refuted_when_a_curve_does_not_fall(simulate, experiment):
    epochs, steps = verdicts(simulate, experiment, power=0.7, fall=0.0)
    assert (epochs.verdict, steps.verdict) == ("refuted", "refuted")


def test_inconclusive_when_a_seed_is_lost(simulate, experiment):
    simulated = curves(experiment, np.random.default_rng(0), power=0.7)
    results = simulate(experiment, simulated, lost={("Mixup, n = 500", 2)})
    assert claim.judge(results).verdict == "inconclusive"
    assert claim.judge(results).parts[-1].n == SEEDS - 1


def share(simulate, experiment, power, word, draws=100):
    generator = np.random.default_rng(1)
    found = [claim.judge(simulate(experiment, curves(experiment, generator, power))) for _ in range(draws)]
    return np.mean([verdict.parts[-1].verdict == word for verdict in found])


def test_seldom_supported_when_the_amount_does_not_matter(simulate, experiment):
    assert share(simulate, experiment, power=0.0, word="supported") <= 0.05


def test_nearly_always_supported_with_twice_the_least_power_that_matters(simulate, experiment):
    assert share(simulate, experiment, power=2 * claim.MIN_POWER, word="supported") >= 0.90


def test_flat_curves_have_no_power_in_epochs_on_average():
    # Equal lengths: noise without a turn must not look like one that moves with the data.
    generator = np.random.default_rng(0)
    grid = np.array(GRID)
    turns = {n: own_turns(grid, generator.normal(0, 1, (4000, len(grid)))) for n in (250, 500, 1000)}
    closed = {n: Turn(turn.epochs, np.zeros(4000, bool)) for n, turn in turns.items()}
    powers, _ = exponents(closed)
    assert abs(powers.mean()) < 4 * powers.std() / np.sqrt(4000)


def test_own_turn_is_where_a_noiseless_parabola_is_highest():
    grid = np.array(GRID)
    for turn in (60.0, 173.0, 500.0):
        found = own_turns(grid, -(np.log(grid / turn) ** 2)[None])
        assert found.epochs[0] == pytest.approx(turn, rel=0.03)
        assert not found.open_ended[0]


def test_own_turn_is_open_ended_when_the_curve_is_highest_at_its_end():
    grid = np.array(GRID)
    found = own_turns(grid, np.stack([np.log(grid), -np.log(grid), np.full(len(grid), np.nan)]))
    assert found.open_ended.tolist() == [True, False, False]
    assert np.isnan(found.epochs).tolist() == [False, False, True]


def test_own_turn_is_unknown_on_a_curve_shorter_than_the_window():
    assert np.isnan(own_turns(np.arange(1, WINDOW), np.zeros((2, WINDOW - 1))).epochs).all()


def test_exponents_are_the_slopes_of_polyfit():
    generator = np.random.default_rng(0)
    amounts = (100, 300, 500, 1000)
    epochs = generator.uniform(50, 500, (6, 4))
    turns = {n: Turn(epochs[:, i], np.zeros(6, bool)) for i, n in enumerate(amounts)}
    expected = [np.polyfit(np.log(amounts), np.log(row), 1)[0] for row in epochs]
    powers, bounds = exponents(turns)
    assert powers == pytest.approx(expected)
    assert not bounds.any()


def test_an_open_end_makes_a_bound_of_large_amounts_and_nothing_of_small_ones():
    open_ended = np.array([True, False])
    closed = np.zeros(2, bool)
    epochs = np.array([100.0, 100.0])
    powers, bounds = exponents({250: Turn(epochs, closed), 1000: Turn(4 * epochs, open_ended)})
    assert powers == pytest.approx([1.0, 1.0])
    assert bounds.tolist() == [True, False]
    powers, bounds = exponents({250: Turn(epochs, open_ended), 1000: Turn(4 * epochs, closed)})
    assert np.isnan(powers).tolist() == [True, False]
    assert not bounds.any()


@pytest.mark.parametrize("amounts", [(250, 500, 1000), (50, 100, 200), (500, 1000, 2000), (3, 9, 27)])
def test_an_open_end_in_the_middle_of_geometric_amounts_changes_nothing(amounts):
    epochs, closed, open_ended = np.array([100.0, 120.0]), np.zeros(2, bool), np.array([True, False])
    middle = Turn(2 * epochs, open_ended)
    turns = zip(amounts, (Turn(epochs, closed), middle, Turn(4 * epochs, closed)), strict=True)
    powers, bounds = exponents(dict(turns))
    assert powers == pytest.approx(np.full(2, np.log(4) / np.log(amounts[2] / amounts[0])))
    assert not bounds.any()


@pytest.mark.parametrize(("power", "word"), [(0.8, "supported"), (-0.1, "inconclusive")])
def test_a_lower_bound_can_support_and_cannot_refute(simulate, experiment, power, word):
    simulated = curves(experiment, np.random.default_rng(0), power, noise=0.002)
    # One seed of the largest subset goes on rising to the end.
    accuracy = simulated["Mixup, n = 1,000"]["test_accuracy"]
    accuracy[0] = np.where(np.isfinite(accuracy[0]), 0.5 + 0.01 * np.log(np.arange(1, EPOCHS + 1)), np.nan)
    part = claim.judge(simulate(experiment, simulated)).parts[-1]
    assert part.verdict == word
    assert "1 seeds are lower bounds" in part.rule


def test_quick_shares_the_runs_of_fig_2():
    ours, theirs = fig_7.declare("quick"), fig_2.declare("quick")
    for name in ("ERM", "Mixup"):
        mine = ours.arms[f"{name}, n = 1,000"]
        assert mine.family() == theirs.arms[name].family()
        assert mine.epochs <= theirs.arms[name].epochs


@pytest.mark.parametrize("profile", ["smoke", "quick", "small", "paper"])
def test_sizes_differ_in_the_amount_of_data_alone(profile):
    experiment = fig_7.declare(profile)
    for data in claim.data_sets(Results(experiment, {})):
        arms = [arm for arm in experiment.arms.values() if arm.data == data and not arm.is_erm]
        assert len({arm.n for arm in arms}) == len(arms) >= 3
        assert {arm.but(n=arms[0].n) for arm in arms} == {arms[0]}


def test_paper_has_both_data_sets_at_the_published_sizes():
    arms = fig_7.declare("paper").arms.values()
    assert {(arm.data, arm.n) for arm in arms} == {
        ("cifar10", 5_000), ("cifar10", 15_000), ("cifar10", 25_000), ("cifar10", 50_000),
        ("svhn", 7_320), ("svhn", 21_970), ("svhn", 36_620), ("svhn", 73_257),
    }  # fmt: skip
    assert {arm.epochs for arm in arms} == {1600}
    assert fig_7.declare("paper").scale().startswith("cifar10 and svhn, resnet18 of width 64, n = 5,000, 7,320, ")
    assert {(arm.model, arm.width) for arm in arms} == {("resnet18", 64)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(shares=(100,)), "shares: found .* expected at least two"),
        (dict(shares=(50, 120)), "shares: found 120"),
        (dict(n=30, batch_size=10), "n: found 30, expected at least 40"),
        (dict(alpha=0.0), "alpha: found 0"),
        (dict(wdith=8), "did you mean 'width'"),
    ],
)
def test_declaration_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        fig_7.declare("quick", **arguments)


def test_a_step_is_a_batch_the_last_of_which_may_be_smaller():
    assert [claim.steps_per_epoch(RunConfig(n=n, batch_size=100)) for n in (250, 500, 1000)] == [3, 5, 10]


def test_figures_say_where_the_curves_turn(simulate, experiment):
    simulated = curves(experiment, np.random.default_rng(0), power=0.0, turn=200.0, noise=0.0)
    results = simulate(experiment, simulated)
    shown = figures.accuracy_by_amount(results, "title")
    assert "n = 250: highest, 50.0%, at epoch 200 (step 600)" in shown.alt
    shown = figures.turn_by_amount(results, "title", "in steps")
    (turn,) = {round(turn.epochs[0]) for turn in claim.turns(results, "mnist1d").values()}
    assert turn == pytest.approx(200, rel=0.1)  # averaging moves a lopsided peak a little
    assert f"{turn:,} at n = 250, {turn:,} at n = 500" in shown.alt


def test_no_mark_of_a_turn_lies_on_another(simulate, experiment, drawn):
    simulated = curves(experiment, np.random.default_rng(0), power=0.0, turn=200.0, noise=0.0)
    figures.accuracy_by_amount(simulate(experiment, simulated), "title")
    for axes in drawn[0].axes:
        marks = [tuple(line.get_xydata()[0]) for line in axes.get_lines() if line.get_marker() == "v"]
        assert len({height for _, height in marks}) == len(marks) == 3
        low, high = axes.get_ylim()
        assert all(low < height < high for _, height in marks)
        assert len(axes.collections) == len(marks)  # bands: none for ERM, which would hide the marks


def test_smoke_is_trained_judged_and_drawn(store):
    results = sweep.run(fig_7.declare("smoke", epochs=12, num_seeds=3))
    verdict, in_steps = claim.judge(results), claim.judge_steps(results)
    assert [part.n_declared for part in verdict.parts] == [3, 3, 3, 3]
    assert "n = 20, 50 and 100" in verdict.parts[-1].scale
    assert "n = 20:" in figures.accuracy_by_amount(results, claim.headline(verdict)).alt
    assert "at n = 100" in figures.turn_by_amount(results, claim.headline(verdict), claim.headline(in_steps)).alt

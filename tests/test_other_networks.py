"""FIG-3 and FIG-9 to FIG-12: what they declare, and that each verdict follows its curves."""

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.claims import fig_2, fig_3, fig_9, fig_10, fig_11, fig_12
from mixrepro.claims.panels import panels
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_2 as fig_2_runs
from mixrepro.experiments import fig_3 as fig_3_runs
from mixrepro.experiments import fig_9 as fig_9_runs
from mixrepro.experiments import fig_10 as fig_10_runs
from mixrepro.experiments import fig_11 as fig_11_runs
from mixrepro.experiments import fig_12 as fig_12_runs
from mixrepro.experiments.panels import amount
from mixrepro.experiments.recipes import CIFAR_N, SVHN_N
from mixrepro.plots import other_networks as figures

FIGURES = {
    "FIG-3": (fig_3_runs, fig_3),
    "FIG-9": (fig_9_runs, fig_9),
    "FIG-10": (fig_10_runs, fig_10),
    "FIG-11": (fig_11_runs, fig_11),
    "FIG-12": (fig_12_runs, fig_12),
}
EPOCHS, SEEDS = 80, 5
#: What the paper shows: Mixup's fall everywhere; ERM's on all of the data in FIG-9 and FIG-11, its rise in FIG-10.
MIXUP_FALL = 0.06
ERM_FALLS_ON_ALL = ("FIG-9", "FIG-11")


def simulated(experiment, mixup_fall=MIXUP_FALL, erm_fall=0.0, erm_fall_on_all=None, seeds=SEEDS):
    """Simulate curves that rise for a quarter of the run and then fall; the test loss mirrors Mixup's accuracy."""
    generator = np.random.default_rng(0)
    progress = np.arange(1, EPOCHS + 1) / EPOCHS
    risen, turned = np.clip(progress / 0.25, 0, 1), np.clip((progress - 0.25) / 0.75, 0, 1)
    largest = max(arm.n for arm in experiment.arms.values())
    curves = {}
    for name, arm in experiment.arms.items():
        fall = mixup_fall
        if arm.is_erm:
            fall = erm_fall_on_all if arm.n == largest and erm_fall_on_all is not None else erm_fall
        accuracy = 0.3 + 0.2 * risen - fall * turned + generator.normal(0, 0.002, (seeds, EPOCHS))
        curves[name] = {"test_accuracy": accuracy, "test_loss": 4 - 5 * accuracy}
    return curves


def declared(figure, profile=None):
    """Declare a figure at its least size, or, where the claim is about house numbers, on those."""
    profile = profile or ("paper" if figure in ERM_FALLS_ON_ALL else "smoke")
    return FIGURES[figure][0].declare(profile, num_seeds=SEEDS, epochs=EPOCHS)


def judged(simulate, figure, lost=frozenset(), profile=None, **falls):
    _, claim = FIGURES[figure]
    experiment = declared(figure, profile)
    if figure in ERM_FALLS_ON_ALL:
        falls.setdefault("erm_fall_on_all", 0.03)
    if figure == "FIG-10":
        falls.setdefault("erm_fall", -0.03)
    return claim.judge(simulate(experiment, simulated(experiment, **falls), lost))


@pytest.mark.parametrize("figure", FIGURES)
def test_supported_when_the_curves_are_the_papers(simulate, figure):
    verdict = judged(simulate, figure)
    assert verdict.claim == figure
    assert verdict.verdict == "supported"
    assert verdict.parts[0].effect == pytest.approx(MIXUP_FALL, abs=0.01)


@pytest.mark.parametrize("figure", FIGURES)
def test_refuted_when_mixup_does_not_fall(simulate, figure):
    assert judged(simulate, figure, mixup_fall=0.0).parts[0].verdict == "refuted"


@pytest.mark.parametrize("figure", FIGURES)
def test_refuted_when_erm_falls_where_it_should_not(simulate, figure):
    words = [part.verdict for part in judged(simulate, figure, erm_fall=0.04).parts]
    assert words[:2] == ["supported", "refuted"]


@pytest.mark.parametrize("figure", ERM_FALLS_ON_ALL)
def test_refuted_when_erm_does_not_fall_on_all_data(simulate, figure):
    words = [part.verdict for part in judged(simulate, figure, erm_fall_on_all=0.0).parts]
    assert words == ["supported", "supported", "supported", "refuted"]


@pytest.mark.parametrize("figure", ERM_FALLS_ON_ALL)
@pytest.mark.parametrize("erm_fall_on_all", [0.0, 0.03])
def test_on_data_that_are_no_house_numbers_erm_on_all_of_them_decides_nothing(simulate, figure, erm_fall_on_all):
    verdict = judged(simulate, figure, profile="smoke", erm_fall_on_all=erm_fall_on_all)
    assert [part.verdict for part in verdict.parts] == ["supported"] * 3
    assert [part.statement.split(" test")[0] for part in verdict.parts] == [
        "n = 30: Mixup's",
        "n = 30: ERM's",
        "n = 100: Mixup's",
    ]


def test_fig_10_is_refuted_when_erm_does_not_rise(simulate):
    words = [part.verdict for part in judged(simulate, "FIG-10", erm_fall=0.0).parts]
    assert words == ["supported", "supported", "refuted"] * 2


def test_fig_10_is_inconclusive_when_a_rise_of_erm_is_lost_in_noise(simulate):
    experiment = fig_10_runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    curves = simulated(experiment, erm_fall=-0.02)
    for name in curves:
        if name.startswith("ERM"):
            curves[name]["test_accuracy"][:, -1] += np.linspace(-0.05, 0.05, SEEDS)
    words = [part.verdict for part in fig_10.judge(simulate(experiment, curves)).parts]
    assert words == ["supported", "inconclusive", "inconclusive"] * 2


def test_fig_12_is_refuted_when_erm_rises(simulate):
    words = [part.verdict for part in judged(simulate, "FIG-12", erm_fall=-0.04).parts]
    assert words == ["supported", "supported", "refuted"] * 2


def test_fig_3_is_refuted_when_the_test_loss_hardly_rises(simulate):
    experiment = fig_3_runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    curves = simulated(experiment)
    # Lowest just before the end, so that there is a place to measure from; then up, by a tenth of what matters.
    loss = np.append(np.linspace(2, 1, EPOCHS - 1), 1.005) * np.ones((SEEDS, 1))
    noise = np.random.default_rng(0).normal(0, 0.01, SEEDS)
    loss[:, -1] += noise - noise.mean()
    curves["Mixup, n = 100"]["test_loss"] = loss
    verdict = fig_3.judge(simulate(experiment, curves))
    assert [part.verdict for part in verdict.parts] == ["supported", "supported", "supported", "refuted"]
    assert verdict.parts[3].effect == pytest.approx(0.005)


def test_fig_3_is_refuted_when_the_test_loss_only_rises(simulate):
    experiment = fig_3_runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    curves = simulated(experiment)
    curves["Mixup, n = 100"]["test_loss"] = np.linspace(1, 2, EPOCHS) * np.ones((SEEDS, 1))
    words = [part.verdict for part in fig_3.judge(simulate(experiment, curves)).parts]
    assert words == ["supported", "supported", "refuted", "supported"]


@pytest.mark.parametrize("figure", FIGURES)
def test_inconclusive_when_a_seed_is_lost(simulate, figure):
    first = next(name for name in declared(figure).arms if name.startswith("Mixup"))
    verdict = judged(simulate, figure, lost={(first, 1)})
    assert verdict.verdict == "inconclusive"
    assert verdict.parts[0].n < verdict.parts[0].n_declared == SEEDS


@pytest.mark.parametrize("figure", FIGURES)
def test_refuted_or_unknown_without_a_fall_in_nearly_every_experiment(simulate, figure):
    runs, claim = FIGURES[figure]
    experiment = runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    generator = np.random.default_rng(1)
    words = []
    for _ in range(60):
        curves = simulated(experiment, mixup_fall=0.0, erm_fall_on_all=0.0)
        for columns in curves.values():
            noise = generator.normal(0, 0.01, (SEEDS, EPOCHS))
            columns["test_accuracy"] = columns["test_accuracy"] + noise
        words.append(claim.judge(simulate(experiment, curves)).verdict)
    assert words.count("supported") <= 3


def test_erm_that_is_highest_at_its_end_has_not_fallen(simulate):
    experiment = fig_9_runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    curves = simulated(experiment)
    name = "ERM, n = 100"
    curves[name]["test_accuracy"] = np.linspace(0.1, 0.5, EPOCHS) * np.ones((SEEDS, 1))
    one = list(panels(simulate(experiment, curves)).values())[-1]
    assert fig_9.falls(one)[1].tolist() == [0.0] * SEEDS
    lost = list(panels(simulate(experiment, curves, lost={(name, 0)})).values())[-1]
    assert np.isnan(fig_9.falls(lost)[1]).any()


def test_trials_are_a_quarter_half_and_all_of_the_run(simulate):
    experiment = fig_10_runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    curves = simulated(experiment)
    one = next(iter(panels(simulate(experiment, curves)).values()))
    accuracy = curves["Mixup, n = 30"]["test_accuracy"].copy()
    assert fig_10.trials(one) == (20, 40, 80)
    assert fig_10.trial_falls(one)[0] == pytest.approx(accuracy[:, 19] - accuracy[:, 79])
    assert np.isnan(fig_10.after(one, "Mixup", 100)).all()


def test_trials_end_where_the_run_was_measured(simulate):
    experiment = fig_10_runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    curves = simulated(experiment)
    for columns in curves.values():
        columns["test_accuracy"][:, 15:23] = np.nan  # epochs 16 to 23 were not measured
    results = simulate(experiment, curves)
    one = next(iter(panels(results).values()))
    assert fig_10.trials(one) == (24, 40, 80)
    assert "from a trial of 24 epochs to one of 80" in fig_10.judge(results).parts[0].statement
    accuracy = curves["ERM, n = 30"]["test_accuracy"]
    assert fig_10.trial_falls(one)[1] == pytest.approx(accuracy[:, 23] - accuracy[:, 79])


def test_trials_of_runs_that_are_lost_are_unknown(simulate):
    experiment = fig_10_runs.declare("smoke", num_seeds=3, epochs=EPOCHS)
    lost = {(name, seed) for name in experiment.arms for seed in range(3)}
    one = next(iter(panels(simulate(experiment, simulated(experiment, seeds=3), lost)).values()))
    assert fig_10.trials(one) == (20, 40, 80)
    assert np.isnan(fig_10.trial_falls(one)).all()


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("profile", ["smoke", "quick", "small", "paper"])
def test_declaration_pairs_erm_and_mixup_on_every_amount(figure, profile):
    experiment = FIGURES[figure][0].declare(profile)
    assert experiment.id == figure
    assert len(experiment.panels()) == (1 if figure == "FIG-3" else 2)
    for data, n in experiment.panels():
        arms = experiment.panel(data, n)
        erm, mixup = (experiment.arms[arms[name]] for name in ("ERM", "Mixup"))
        assert erm == mixup.but(alpha=0.0)
        assert (mixup.augment, mixup.loss, mixup.alpha) == ("none", "ce", 1.0)
        assert f"{n:,}" in experiment.scale()


@pytest.mark.parametrize(
    ("figure", "data", "model", "amounts", "epochs"),
    [
        ("FIG-3", "cifar100", "resnet34", {50_000}, 1600),
        ("FIG-9", "svhn", "resnet18", {21_970, 73_257}, 1000),
        ("FIG-10", "cifar10", "resnet34", {15_000, 50_000}, 800),
        ("FIG-11", "svhn", "resnet34", {21_970, 73_257}, 800),
        ("FIG-12", "cifar10", "vgg16", {15_000, 50_000}, 1600),
    ],
)
def test_paper_is_the_papers_setting(figure, data, model, amounts, epochs):
    experiment = FIGURES[figure][0].declare("paper")
    assert {(a.data, a.model, a.width, a.epochs) for a in experiment.arms.values()} == {(data, model, 64, epochs)}
    assert {arm.n for arm in experiment.arms.values()} == amounts
    assert len(experiment.seeds) == 10


def test_shares_are_those_of_the_recipes():
    for points in (CIFAR_N, SVHN_N):
        assert {share: amount(points[100], share) for share in points} == points


@pytest.mark.parametrize(("share", "message"), [(0, "shares: found 0"), (30.5, "shares: found 30.5")])
def test_share_must_be_whole_and_positive(share, message):
    with pytest.raises(ConfigError, match=message):
        amount(1000, share)


def test_runs_are_shared_between_figures_where_they_are_the_same():
    deep, trials = fig_3_runs.declare("quick"), fig_10_runs.declare("quick")
    assert set(deep.runs()) <= set(trials.runs())
    others = {run.family() for run in fig_2_runs.declare("quick").runs()}
    assert not others & {run.family() for run in trials.runs()}  # other networks, indeed


def test_picture_and_table_say_what_falls(simulate):
    every = []
    for runs, _ in FIGURES.values():
        experiment = runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
        every.append(simulate(experiment, simulated(experiment, erm_fall=-0.02)))
    # ERM rises everywhere, so it falls in no panel, not by chance either.
    assert figures.headline(every) == "Mixup falls in 9 of 9 panels, ERM by over 1.0 points in 0"
    for fall, panels_of_it in ((0.004, 0), (0.03, 9)):
        fallen = [simulate(each.experiment, simulated(each.experiment, erm_fall=fall)) for each in every]
        assert figures.headline(fallen).endswith(f"ERM by over 1.0 points in {panels_of_it}")
    assert "FIG-3, n = 100: Mixup highest 50." in figures.all_panels(every).alt
    rows = figures.falls_table(every).rows
    assert len(rows) == 9
    middle, low, high = (float(word.strip("[],")) for word in rows[0][4].split())
    assert low < middle < high
    (deep,) = panels(every[0]).values()
    assert middle == pytest.approx(100 * fig_2.drops(deep)[0].mean(), abs=0.05)


def test_test_loss_picture_says_where_it_is_lowest(simulate):
    experiment = fig_3_runs.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    curves = simulated(experiment)
    shown = figures.test_loss(simulate(experiment, curves))
    mean = curves["Mixup, n = 100"]["test_loss"].mean(0)
    assert f"to {mean.min():.2f} nats at epoch {mean.argmin() + 1:,} and ends at {mean[-1]:.2f}" in shown.alt


def test_smoke_is_trained_judged_and_drawn(store):
    every = [sweep.run(runs.declare("smoke", epochs=8)) for runs, _ in FIGURES.values()]
    for results, (_, claim) in zip(every, FIGURES.values(), strict=True):
        assert results.lost() == []
        assert all(part.n_declared == 3 for part in claim.judge(results).parts)
    assert "FIG-12, n = 100" in figures.all_panels(every).alt
    assert {row[1] for row in figures.falls_table(every).rows} == {"mlp 4×16", "mlp 2×32", "conv1d 3×6"}

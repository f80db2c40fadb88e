"""FIG-2-LAND, FIG-2-LAND-HESSIAN and FIG-2-LAND+: measured on tiny runs, judged on constructed sharpness."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch

from mixrepro import models, sharpness, sweep
from mixrepro.claims import fig_2_land as claim
from mixrepro.claims.rules import student_interval
from mixrepro.data import load
from mixrepro.errors import ConfigError, StoreError
from mixrepro.experiments import fig_2, fig_2_land
from mixrepro.plots import landscape as figures
from mixrepro.plots.tables import Table
from mixrepro.results import Results, collect
from mixrepro.store import Store
from mixrepro.training.evaluation import on_train
from mixrepro.training.points import Points

SEEDS, EPOCHS = 5, (10, 20, 40)
TINY = dict(num_seeds=3, n=40, width=8, batch_size=20, epochs=10, snapshots=(2, 5, 10), shifted_sets=())
FINE = dict(num_directions=1, num_probes=2, size=5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three seeds of a tiny network, trained once for this file."""
    return sweep.run(fig_2_land.declare("smoke", **TINY), Store(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def measured(trained):
    return sharpness.measure(trained, **FINE)


def constructed(mixup=None, erm=None, noise=0.01):
    """Make sharpness whose numbers grow by these factors from snapshot to snapshot; others stay as they are.

    A factor of `error_rise` is a difference, in shares.
    """
    generator = np.random.default_rng(0)
    shape = 2, SEEDS, len(EPOCHS)
    arrays = {name: np.ones(shape) for name in sharpness.NUMBERS}
    arrays |= {name: np.full((*shape, len(sharpness.RADII)), 0.3) for name in sharpness.AT_RADII}
    steps = np.arange(len(EPOCHS))
    for arm, factors in enumerate((erm or {}, mixup or {})):
        for name, factor in factors.items():
            course = factor * steps if name == "error_rise" else np.power(float(factor), steps)
            values = arrays[name][arm]  # a view
            by_radius = course[:, None] if values.ndim == 3 else course
            values[:] = values + by_radius if name == "error_rise" else values * by_radius
    for name, values in arrays.items():
        arrays[name] = values * np.exp(generator.normal(0, noise, values.shape))
    return sharpness.Sharpness(
        scale="a construction",
        profile="smoke",
        arms=("ERM", "Mixup"),
        seeds=tuple(range(SEEDS)),
        epochs=np.array(EPOCHS),
        radii=np.array(sharpness.RADII),
        **arrays,
        drawn_seed=0,
        axis=np.linspace(-1, 1, 5),
        surfaces=np.geomspace(0.02, 20, 2 * len(EPOCHS) * 25).reshape(2, len(EPOCHS), 5, 5),
    )


def words(verdict):
    return [part.verdict for part in verdict.parts]


def without(check, seed):
    """Return the same sharpness with one Mixup run lost."""
    lost = {}
    for name in (*sharpness.NUMBERS, *sharpness.AT_RADII):
        lost[name] = getattr(check, name).copy()
        lost[name][1, seed] = np.nan
    return dataclasses.replace(check, **lost)


def test_runs_are_those_of_fig_2():
    for profile, model in fig_2_land.MODELS.items():
        ours, theirs = fig_2_land.declare(profile), fig_2.declare(profile, model)
        assert ours.runs() == theirs.runs()
        assert len(ours.arms["Mixup"].snapshots) >= 3
        assert ours.id == "FIG-2-LAND"


def test_paper_has_a_panel_for_each_share_of_the_data():
    sizes = [fig_2_land.declare("paper", percent=percent).arms["Mixup"].n for percent in fig_2_land.PANELS]
    assert sizes == [15_000, 50_000]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(profile="huge"), "profile: found 'huge'"),
        (dict(snapshots=(1000,)), r"snapshots: found \(1000,\), expected at least two epochs"),
        (dict(alpha=0), "alpha: found 0"),
        (dict(wdith=8), "did you mean 'width'"),
    ],
)
def test_declaration_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        fig_2_land.declare(**arguments)


def test_loss_is_the_training_loss_of_the_record(trained, measured):
    for row, arm in enumerate(measured.arms):
        for column, record in enumerate(trained.records[arm]):
            recorded = [record.at(int(epoch), "train_loss") for epoch in measured.epochs]
            assert measured.loss[row, column] == pytest.approx(recorded, rel=1e-5)


def test_surfaces_are_of_the_drawn_seed_with_the_network_in_the_middle(measured):
    assert measured.drawn_seed == 0
    assert measured.surfaces[:, :, 2, 2] == pytest.approx(measured.loss[:, 0], rel=1e-5)
    assert measured.axis == pytest.approx([-1, -0.5, 0, 0.5, 1])


def test_rise_of_the_error_is_that_of_the_moved_network(trained, measured):
    from mixrepro import landscape

    record = trained.records["Mixup"][1]
    dataset = load(record.config)
    points = Points(dataset, [record.config], torch.device("cpu"))
    network = models.restore(record.config, record.weights(5), dataset.x_train.shape[1:], dataset.num_classes)
    way, accuracies = landscape.random_direction(network, 1, 0), []
    for step in (0.0, 0.5, -0.5):
        moved = network.select([0])
        with torch.no_grad():
            for parameter, change in zip(moved.parameters(), way, strict=True):
                parameter += step * change
        accuracies.append(on_train(moved, points)[1, 0].item())
    expected = accuracies[0] - np.mean(accuracies[1:])
    assert measured.of("Mixup", "error_rise", 0.5)[1, 1] == pytest.approx(expected, abs=1e-9)


def test_what_was_measured_is_not_measured_again(trained, measured):
    assert sharpness.measure(trained, **FINE) is measured
    assert sharpness.measure(trained, **{**FINE, "size": 3}) is not measured


def test_a_lost_run_is_nan_and_the_drawn_seed_is_complete(trained):
    records = {arm: list(kept) for arm, kept in trained.records.items()}
    records["Mixup"][0] = None
    check = sharpness.measure(Results(trained.experiment, records), **FINE)
    assert check.drawn_seed == 1
    assert np.isnan(check.of("Mixup", "trace")[0]).all()
    assert np.isfinite(check.of("Mixup", "trace")[1:]).all()
    assert np.isfinite(check.of("ERM", "rise", 1.0)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(num_probes=1), "num_probes: found 1"),
        (dict(num_directions=0), "num_directions: found 0"),
        (dict(size=4), "size: found 4"),
        (dict(reach=-1.0), "reach: found -1.0"),
        (dict(num_direction=3), "did you mean 'num_directions'"),
    ],
)
def test_measuring_names_what_is_wrong(trained, arguments, message):
    with pytest.raises(ConfigError, match=message):
        sharpness.measure(trained, **{**FINE, **arguments})


def test_arms_with_different_snapshots_are_refused(trained):
    arms = {**trained.experiment.arms, "ERM": trained.experiment.arms["ERM"].but(snapshots=(5, 10))}
    results = Results(dataclasses.replace(trained.experiment, arms=arms), trained.records)
    with pytest.raises(ConfigError, match=r"snapshots: found .* expected the same in every arm"):
        sharpness.measure(results)


def test_without_records_nothing_is_measured_and_nothing_judged(store):
    check = sharpness.measure(collect(fig_2_land.declare("quick"), [store]))
    assert check.drawn_seed is None
    for judge in (claim.judge, claim.judge_curvature, claim.judge_scale_free):
        assert set(words(judge(check))) == {"inconclusive"}
        assert judge(check).parts[0].effect is None
    with pytest.raises(StoreError, match="no seed that is complete"):
        figures.surfaces(check, "")


def test_judging_and_drawing_need_no_torch():
    code = (
        "import sys; from mixrepro import sharpness; from mixrepro.claims import fig_2_land as claim; "
        "from mixrepro.experiments import fig_2_land; from mixrepro.plots import landscape; "
        "from mixrepro.results import collect; "
        "claim.judge(sharpness.measure(collect(fig_2_land.declare('quick'), []))); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_picture_is_supported_when_the_rise_grows_at_every_snapshot():
    verdict = claim.judge(constructed(mixup={"rise": 1.4}))
    assert verdict.verdict == "supported"
    assert verdict.parts[0].effect == pytest.approx(2 * np.log2(1.4), abs=0.03)
    assert [part.statement for part in verdict.parts[1:]] == [
        "it rises by more at epoch 20 than at epoch 10",
        "it rises by more at epoch 40 than at epoch 20",
    ]
    assert verdict.parts[1].effect == pytest.approx(np.log2(1.4), abs=0.03)
    assert claim.headline(verdict) == "Around Mixup's network the loss gets steeper, step by step"


@pytest.mark.parametrize("factor", [1.0, 0.7])
def test_picture_is_refuted_when_the_rise_does_not_grow(factor):
    verdict = claim.judge(constructed(mixup={"rise": factor}, erm={"rise": 2.0}))
    assert words(verdict)[0] == verdict.verdict == "refuted"
    assert claim.headline(verdict) == "Around Mixup's network the loss does not get steeper"


def test_picture_is_refuted_in_part_when_one_step_goes_down():
    check = constructed(mixup={"rise": 2.0})
    check.rise[1, :, 1] = 0.5 * check.rise[1, :, 0]
    verdict = claim.judge(check)
    assert words(verdict) == ["supported", "refuted", "supported"]
    assert claim.headline(verdict) == "Around Mixup's network the loss gets steeper"


def test_picture_is_inconclusive_in_noise_and_with_a_lost_run():
    noisy = claim.judge(constructed(mixup={"rise": 1.1}, noise=0.8))
    assert words(noisy)[0] == "inconclusive"
    assert claim.headline(noisy) == "Around Mixup's network the loss may get steeper"
    lost = claim.judge(without(constructed(mixup={"rise": 1.4}), 2))
    assert set(words(lost)) == {"inconclusive"}
    assert lost.parts[0].n == SEEDS - 1


def test_curvature_is_judged_by_eigenvalue_and_trace_alone():
    grown = claim.judge_curvature(constructed(mixup={"top_eigenvalue": 1.5, "trace": 1.2}))
    assert words(grown) == ["supported", "supported"]
    assert grown.parts[0].effect == pytest.approx(2 * np.log2(1.5), abs=0.03)
    flat = claim.judge_curvature(constructed(mixup={"top_eigenvalue": 0.8, "rise": 3.0, "error_rise": 0.2}))
    assert words(flat) == ["refuted", "refuted"]


def test_a_trace_that_is_not_positive_has_no_ratio():
    check = constructed(mixup={"trace": 1.5})
    check.trace[1, 3, 0] = -1.0
    part = claim.judge_curvature(check).parts[1]
    assert (part.verdict, part.n) == ("inconclusive", SEEDS - 1)


@pytest.mark.parametrize(
    ("mixup", "erm", "expected"),
    [
        (0.1, 0.0, ["supported", "supported", "supported"]),
        (0.0, 0.0, ["refuted", "supported", "refuted"]),
        (0.1, 0.1, ["supported", "refuted", "refuted"]),
        (0.1, 0.05, ["supported", "refuted", "supported"]),
    ],
)
def test_scale_free_verdict_compares_mixup_with_erm(mixup, erm, expected):
    verdict = claim.judge_scale_free(constructed({"error_rise": mixup}, {"error_rise": erm}, noise=0.003))
    assert words(verdict) == expected
    assert verdict.parts[0].effect == pytest.approx(2 * mixup, abs=0.01)


def test_verdicts_name_their_claims():
    check = constructed()
    assert claim.judge(check).claim == "FIG-2-LAND"
    assert claim.judge_curvature(check).claim == "FIG-2-LAND-HESSIAN"
    assert claim.judge_scale_free(check).claim == "FIG-2-LAND+"


def test_seldom_supported_without_growth():
    # Spread as seen on MNIST-1D: the rise of a seed varies by a tenth.
    generator = np.random.default_rng(1)
    check = constructed()
    found = []
    for _ in range(400):
        rise = np.exp(generator.normal(0, 0.1, check.rise.shape))
        found.append(words(claim.judge(dataclasses.replace(check, rise=rise)))[0] == "supported")
    assert np.mean(found) <= 0.05  # 2.5 % expected


def test_a_step_that_is_small_and_positive_is_seldom_refuted():
    # Steps of a tenth of a doubling, lost in a noise of three: on average the smaller of the two lies below zero.
    generator = np.random.default_rng(2)
    check = constructed(mixup={"rise": 2**0.1}, noise=0.0)
    refuted, smallest_refuted, experiments = np.zeros(2), 0, 400
    for _ in range(experiments):
        rise = check.rise * np.exp2(generator.normal(0, 0.3, check.rise.shape))
        refuted += [word == "refuted" for word in words(claim.judge(dataclasses.replace(check, rise=rise)))[1:]]
        steps = np.diff(np.log2(rise[1, ..., sharpness.RADII.index(claim.RADIUS)]), axis=1)
        smallest_refuted += student_interval(steps.min(1))[1] < 0
    assert (refuted / experiments <= 0.025).all()
    assert smallest_refuted / experiments > 0.1


def test_figures_tell_the_numbers_in_words():
    check = constructed({"rise": 2.0, "top_eigenvalue": 0.5}, {"output_size": 3.0})
    verdicts = claim.judge(check), claim.judge_curvature(check), claim.judge_scale_free(check)
    surfaces, rulers, sizes = (
        figures.surfaces(check, "a title"),
        figures.rulers(check, *verdicts),
        figures.sizes(check),
    )
    centre, most = check.surfaces[1, 2, 2, 2], check.surfaces[1, 2].max()
    assert f"Mixup, epoch 40: {centre:.2g} nats at the network, at most {most:.3g} around it" in surfaces.alt
    assert f"λ₁ = {check.top_eigenvalue[1, 0, 2]:.2g}" in surfaces.alt
    assert "seed 0, one of 5" in surfaces.caption
    first, last = check.of("Mixup", "rise", 0.5)[:, [0, -1]].mean(0)
    assert f"Mixup {first:.3g} to {last:.3g}" in rulers.alt
    assert "largest eigenvalue λ₁ does not grow" in rulers.alt
    assert "rise of the loss at 0.5 (nats) grows" in rulers.alt
    first, last = check.of("ERM", "output_size")[:, [0, -1]].mean(0)
    assert f"size of the logits, ERM: {first:.3g} to {last:.3g}" in sizes.alt
    assert "5 seeds" in rulers.caption
    for shown in (surfaces, rulers, sizes):
        assert shown._repr_mimebundle_()["image/png"].startswith("iVBOR")


def test_numbers_at_the_lines_are_outlined(drawn):
    check = constructed()
    axis = np.hypot(*np.meshgrid(check.axis, check.axis))
    figures.surfaces(dataclasses.replace(check, surfaces=check.surfaces * 0 + 0.05 + axis), "")
    texts = [text for axes in drawn[0].axes for text in axes.texts]
    assert texts
    assert all(text.get_path_effects() for text in texts)


def test_figures_are_drawn_of_a_level_surface_and_of_lost_runs():
    check = constructed()
    flat = dataclasses.replace(check, surfaces=np.full_like(check.surfaces, 1e-4))
    assert "0.0001 nats at the network" in figures.surfaces(flat, "a title").alt
    table = figures.numbers_table(without(check, 1))
    assert isinstance(table, Table)
    assert len(table.rows) == 2 * len(EPOCHS)
    assert "(4 of 5 seeds)" in table.rows[-1][-1]

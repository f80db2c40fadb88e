"""The remarks of `book/reproduced.md` under "What surprised" say what the records in `results/` say.

One test a remark: what it states of recorded runs, as comparisons. What a remark says of sequences is not here:
those runs are the chapters' own, and are trained when the book is built.
"""

import math
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mixrepro import recorded_sharpness
from mixrepro.claims import (
    fig_2,
    fig_2_land,
    fig_2_map,
    fig_4,
    fig_6,
    fig_6_rule,
    fig_7,
    fig_8,
    fig_13,
    fig_16,
)
from mixrepro.claims.fig_2 import MARGIN, MIN_DROP
from mixrepro.claims.later import turn
from mixrepro.claims.panels import panels
from mixrepro.claims.rules import student_interval
from mixrepro.experiments import declare
from mixrepro.experiments import fig_2 as fig_2_runs
from mixrepro.experiments.fig_2_map import BASE
from mixrepro.experiments.fig_6 import arm_name
from mixrepro.experiments.recipes import CIFAR, LOSSLESS_N, RESNET18, VGG16
from mixrepro.results import Results, collect
from mixrepro.store import Store

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "book" / "reproduced.md"

#: A difference that is called large: twice the smallest that matters.
FAR = 2 * MIN_DROP
#: "Several times".
SEVERAL = 3
#: Chance, and little more: an accuracy of one that has hardly begun to learn ten classes.
HARDLY_BEGUN = 0.15

#: Bold lead of a remark -> the test that holds it against the records.
PINS = {}


def pins(lead):
    """Register the test of a remark."""

    def register(test):
        PINS[lead] = test
        return test

    return register


@cache
def runs(figure: str, profile: str = "small", model: str | None = None, recorded: bool = False) -> Results:
    """Return the runs of a figure that are in `results/`, all of which have to be there."""
    panel = fig_2_runs.RECORDED if recorded else {}
    declared = declare(figure, profile, **panel, **({"model": model} if model else {}))
    found = collect(declared, [Store(ROOT / "results")], any_code=True)
    assert not found.lost()
    return found


def own() -> Results:
    return runs("FIG-2", "paper", RESNET18, recorded=True)


def fully_connected() -> Results:
    return runs("FIG-2")


def accuracy(results, arm="Mixup"):
    """Return epochs and the mean test accuracy over seeds."""
    epochs, values = results.curve(arm, "test_accuracy")
    return epochs, values.mean(0)


def best_epoch(results, arm="Mixup"):
    epochs, mean = accuracy(results, arm)
    return epochs[mean.argmax()]


def ends(results, arm="Mixup"):
    return results.final(arm, "test_accuracy")


def words(verdict):
    return [part.verdict for part in verdict.parts]


def above(values, floor=0.0):
    """Tell whether the mean lies above a floor with 95 % confidence."""
    return student_interval(values)[0] > floor


def below(values, margin=0.0):
    return student_interval(values)[1] < margin


def level(values, margin=MARGIN):
    """Tell whether the mean is as good as zero: its interval lies within a margin on both sides."""
    return above(values, -margin) and below(values, margin)


@pins("The paper's own network turns, and falls slowly.")
def test_the_papers_own_network_turns_and_falls_slowly():
    config = own().experiment.arms["Mixup"]
    assert (config.model, config.width) == (RESNET18, CIFAR["width"])
    assert config.n * 40 == LOSSLESS_N[100]
    assert words(fig_2.judge(own())) == ["supported"] * 3
    epochs, mixup = accuracy(own())
    _, erm = accuracy(own(), "ERM")
    peak = mixup.argmax()
    assert epochs[peak] > config.milestones[1]
    assert (np.diff(mixup[peak:]) < 0).all()
    assert epochs[-1] - epochs[peak] > 1000
    assert level(fig_2.drops(own())[1])  # ERM does not move
    assert (mixup[peak:] > erm[peak:]).all()
    assert (ends(own()) > ends(own(), "ERM")).all()
    slow, fast = (
        fig_2.drops(found)[0].mean() / (found.experiment.epochs - best_epoch(found))
        for found in (own(), fully_connected())
    )
    assert slow < fast


@pins("A fully connected network is hurt far more.")
def test_a_fully_connected_network_is_hurt_far_more():
    small, large = (found.experiment.arms["Mixup"] for found in (fully_connected(), own()))
    assert small.n == 2 * large.n
    assert small.data_sha256 == large.data_sha256
    (fall, _), (fall_of_large, _) = fig_2.drops(fully_connected()), fig_2.drops(own())
    assert fall.mean() > SEVERAL * fall_of_large.mean()
    assert above(ends(fully_connected(), "ERM") - ends(fully_connected()), FAR)
    leads = accuracy(fully_connected())[1] - accuracy(fully_connected(), "ERM")[1]
    assert 0 < leads.max() < MARGIN
    *_, gain = fig_8.judge(runs("FIG-8")).parts
    *_, gain_of_large = fig_8.judge(runs("FIG-8", "paper", recorded=True)).parts
    assert (gain.verdict, gain_of_large.verdict) == ("inconclusive", "supported")
    assert gain.effect < MARGIN
    assert gain_of_large.effect > MIN_DROP


@pins("Narrow networks of convolutions turn by about a point, if at all.")
def test_narrow_networks_of_convolutions_turn_by_about_a_point_if_at_all():
    results = runs("FIG-2-MAP")
    every = fig_2_map.settings(results)
    falls = {name: fig_2.drops(one) for name, one in every.items()}
    base = every[BASE].experiment.arms["Mixup"]
    assert (base.model, base.width) == (RESNET18, 8)
    for name in (BASE, "width 16"):
        assert words(fig_2.judge(every[name]))[:2] == ["supported", "supported"]
        low, high = student_interval(falls[name][0])
        assert low < 0.01 < high  # about a point
    cannot_tell = ("width 4", "ResNet-34", "n = 500", "rate divided by 10 at epoch 50")
    for name in cannot_tell:
        assert words(fig_2.judge(every[name]))[0] == "inconclusive"
        assert len(falls[name][0]) == 3
    assert words(fig_2.judge(every["no weight decay"]))[0] == "refuted"
    assert below(falls["no weight decay"][0], MIN_DROP)
    assert set(every) == {BASE, "width 16", *cannot_tell, "no weight decay"}
    assert words(fig_2_map.judge(results))[0] == "inconclusive"
    for one in every.values():
        losses = {arm: one.curve(arm, "test_loss")[1] for arm in ("ERM", "Mixup")}
        rises = {arm: (values[:, -1] - values.min(1)).mean() for arm, values in losses.items()}
        assert 0 < rises["Mixup"] < rises["ERM"]


@pins('"The fewer the data, the earlier" holds in steps, not in epochs.')
def test_the_fewer_the_data_the_earlier_holds_in_steps_not_in_epochs():
    *_, in_epochs = fig_7.judge(runs("FIG-7")).parts
    *_, in_steps = fig_7.judge_steps(runs("FIG-7")).parts
    assert (in_epochs.verdict, in_steps.verdict) == ("refuted", "supported")
    assert in_epochs.interval[1] < 0  # more data turn earlier
    assert 0 < in_steps.interval[0] < in_steps.interval[1] < 1  # more steps, fewer than twice as many


@pins("Late costs little, and in time gains little.")
def test_too_late_is_not_too_late():
    results = runs("FIG-6")
    switched = {epoch: ends(results, arm_name(epoch)) for epoch in fig_6.switch_epochs(results)}
    _, in_time, late = fig_6.roles(results)
    for end in switched.values():
        assert above(end - ends(results), FAR)
        assert below(end - ends(results, "ERM"), MARGIN)
    assert late > SEVERAL * best_epoch(results)
    assert above(switched[in_time] - switched[late])
    assert below(switched[in_time] - switched[late], MIN_DROP)


@pins("Switching at the turn of other runs beats Mixup, and on images not ERM.")
def test_the_turn_of_other_runs_tells_when_to_switch_and_on_images_nothing_is_gained_by_it():
    results = runs("FIG-6")
    chosen = fig_6_rule.choose(results)
    over_mixup, over_erm, _, as_the_best = words(fig_6_rule.judge(results))
    assert (over_mixup, over_erm, as_the_best) == ("supported", "refuted", "supported")
    assert above(chosen.switched - ends(results), FAR)
    assert level(chosen.best_switched - chosen.switched)
    assert level(chosen.switched - ends(results, "ERM"))


@pins("Augmented images: no fall to be seen, and none excluded.")
def test_augmented_images_no_fall_to_be_seen_and_none_excluded():
    results = runs("FIG-4")
    plain, augmented = (results.experiment.arms[arm] for arm in (fig_4.MIXUP, fig_4.AUGMENTED_MIXUP))
    assert augmented.n == plain.n < 1000
    assert augmented.epochs == 4 * plain.epochs
    assert above(fig_4.drop(results, fig_4.MIXUP), FAR)
    assert best_epoch(results, fig_4.AUGMENTED_MIXUP) == augmented.epochs
    assert not turn(results, fig_4.AUGMENTED_MIXUP).open_ended.all()
    _, falls, _ = fig_4.judge(results).parts
    assert (falls.verdict, falls.n_declared) == ("inconclusive", 3)
    assert falls.effect < 0 < MIN_DROP < falls.interval[1]


@pins("Noise on the test images protects nobody.")
def test_noise_on_the_test_images_protects_nobody():
    for figure in ("FIG-15", "FIG-16"):
        results = runs(figure)
        _, (weak,), (strong,) = fig_16.roles(results)
        assert words(fig_16.judge(results, figure)) == ["supported", "refuted", "refuted"]
        clean, weak, strong = (fig_16.fall(results, "Mixup", name) for name in (fig_16.STANDARD, weak, strong))
        assert all(above(fall) for fall in (clean, weak, strong))
        assert above(strong - clean)
        assert above(strong - weak)


@pins("The gradient of Mixup has no plateau.")
def test_the_gradient_of_mixup_has_no_plateau():
    def from_minimum(results):
        _, norms = results.curve("Mixup", fig_8.FULL_BATCH)
        mean = norms.mean(0)
        return mean[mean.argmin() :]

    small, large = runs("FIG-8"), runs("FIG-8", "paper", recorded=True)
    assert large.experiment.arms["Mixup"].model == RESNET18
    for results in (small, large):
        assert fig_8.judge(results).parts[2].verdict == "supported"  # it rises
    rising = from_minimum(large)
    assert len(rising) > 2
    assert rising.argmax() == len(rising) - 1
    assert above(np.subtract(*reversed(fig_8.doublings(*large.curve("Mixup", fig_8.FULL_BATCH)))))
    later = from_minimum(small)
    assert later[0] < later[-1] < later.max()
    assert fig_8.judge(small).parts[3].verdict == "refuted"  # it does not end at its maximum


@pins("On images the minima do not simply get sharper.")
def test_on_images_the_minima_do_not_simply_get_sharper():
    results = runs("FIG-2-LAND")
    kept = recorded_sharpness.find(results, [ROOT / "results"])["sharpness"]
    rise, top, trace = (
        np.diff(np.log2(kept.of("Mixup", name, radius)), axis=1)
        for name, radius in (("rise", fig_2_land.RADIUS), ("top_eigenvalue", None), ("trace", None))
    )
    assert np.isfinite(rise).all()
    assert len(rise) == 5
    assert min(kept.epochs) > SEVERAL * best_epoch(results)
    assert below(rise.sum(1))  # doublings, from the first epoch to the last
    for steps in (top, trace):
        assert below(steps[:, 0])
        assert above(steps[:, 1])
    assert words(fig_2_land.judge(kept))[0] == "refuted"
    assert words(fig_2_land.judge_curvature(kept)) == ["inconclusive", "inconclusive"]


@pins("A narrow network of convolutions on few images freezes before it can turn.")
def test_a_narrow_network_of_convolutions_on_few_images_freezes_before_it_can_turn():
    results, hardly_begun = runs("FIG-12"), 0
    every = panels(results)
    for (_, n), one in every.items():
        config = one.experiment.arms["Mixup"]
        assert (config.model, config.width) == (VGG16, 8)
        assert config.milestones == CIFAR["milestones"] == own().experiment.arms["Mixup"].milestones
        assert n < 1000
        steps = math.ceil(n / config.batch_size) * config.milestones[1]
        assert steps < 1000
        for arm in ("ERM", "Mixup"):
            epochs, mean = accuracy(one, arm)
            rest = mean[epochs > config.milestones[1]]
            assert np.ptp(rest) < MARGIN
        _, learned = one.curve("Mixup", "train_accuracy")
        hardly_begun += (learned[:, epochs > config.milestones[1]][:, 0] < HARDLY_BEGUN).sum()
        fall, *_ = fig_2.judge(one).parts
        assert fall.verdict == "inconclusive"
        assert fall.interval[0] < 0 < MIN_DROP < fall.interval[1]
    assert hardly_begun == 1
    largest = every[max(every, key=lambda panel: panel[1])]
    assert (ends(largest) > ends(largest, "ERM")).all()


@pins("With the schedule, squared error needs images.")
def test_squared_error_needs_images():
    results = runs("FIG-13")
    ((_, one),) = panels(results).items()
    assert all(arm.loss == "mse" and len(arm.milestones) == 2 for arm in results.experiment.arms.values())
    assert words(fig_13.judge(results)) == ["supported", "supported"]
    epochs, mixup = accuracy(one)
    assert epochs[0] < best_epoch(one) < epochs[-1]
    assert mixup.max() > mixup[0] + MIN_DROP  # it rises first


def remarks(page):
    """Return what "What surprised" consists of: the bold lead of each remark, or None."""
    section = page.split("## What surprised\n", 1)[1].split("\n## ", 1)[0]
    found = [re.match(r"\*\*(.+?)\*\*", remark, re.DOTALL) for remark in re.split(r"^- ", section, flags=re.M)[1:]]
    return [" ".join(lead[1].split()) if lead else None for lead in found]


def test_every_remark_has_a_test_and_every_test_a_remark():
    assert sorted(map(str, remarks(PAGE.read_text(encoding="utf-8")))) == sorted(PINS)


@pytest.mark.parametrize(
    ("remark", "lead"),
    [("**Another\n  surprise.** It is new.", "Another surprise."), ("No lead.", None)],
)
def test_a_new_remark_is_seen(remark, lead):
    surprised = f"## What surprised\n\nRead.\n\n- {remark}\n- **Old.** It\n  is.\n\n"
    page = f"# Title\n\n- **Before.** No.\n\n{surprised}## After\n\n- **After.** No.\n"
    assert remarks(page) == [lead, "Old."]

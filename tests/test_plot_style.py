"""What is drawn, looked up in the figure itself: ticks, lines, bands and legends that a reader could misread."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mixrepro import plots
from mixrepro.experiments import fig_2, fig_3, fig_6, fig_8, fig_13, fig_14, fig_16
from mixrepro.plots import covariate_shift, gradient_norm, other_networks, style, variants


def labels(axis):
    """Return what stands at the ticks inside the view of an axis."""
    axis.get_figure().canvas.draw()
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return {round(tick.get_loc(), 12): tick.label1.get_text() for tick in ticks}


@pytest.mark.parametrize(("low", "high"), [(0.24, 0.401), (0.02, 0.97), (0.5, 0.52), (0.711, 0.7135), (0.0, 0.1)])
def test_evenly_spaced_ticks_show_the_percentages_they_stand_at(low, high):
    with style.style():
        figure, axes = plt.subplots()
        axes.set_ylim(low, high)
        style.percent_axis(axes, "accuracy")
        shown = labels(axes.yaxis)
    plt.close(figure)
    assert len(shown) > 2
    for place, text in shown.items():
        assert float(text.removesuffix(" %")) == pytest.approx(100 * place, abs=1e-6)
    if high - low > 0.1:
        assert all(text.removesuffix(" %").isdigit() for text in shown.values())


def upright(figure):
    """Return where dotted upright lines stand."""
    lines = [line for axes in figure.axes for line in axes.get_lines() if line.get_linestyle() == ":"]
    return {line.get_xdata()[0] for line in lines if len(set(line.get_xdata())) == 1}


@pytest.mark.parametrize(
    ("declared", "draw"),
    [
        (fig_2, lambda results: plots.over_training(results, "")),
        (fig_13, lambda results: variants.squared_error(results, "")),
        (fig_8, lambda results: gradient_norm.along_training(results, "")),
        (fig_3, lambda results: other_networks.all_panels([results])),
        (fig_3, other_networks.test_loss),
        (fig_16, lambda results: covariate_shift.along_training(results, "")),
    ],
)
@pytest.mark.parametrize("turn", [20, 40])
def test_a_best_epoch_is_marked_unless_it_is_the_last(simulate, drawn, declared, draw, turn):
    experiment = declared.declare("smoke", num_seeds=3, epochs=40)
    curve = 0.5 - 0.001 * np.abs(np.arange(1, 41) - turn) + np.zeros((3, 1))
    rising = [
        "test_accuracy",
        *(f"test_accuracy on {name}" for name in next(iter(experiment.arms.values())).shifted_sets),
    ]
    falling = ("objective", "test_loss", *gradient_norm.NORMS)
    columns = dict.fromkeys(rising, curve) | dict.fromkeys(falling, 1 - curve)
    draw(simulate(experiment, dict.fromkeys(experiment.arms, columns)))
    (figure,) = drawn
    assert upright(figure) - {0} == ({20} if turn == 20 else set())
    assert figure.legends  # outside the panels, where no line runs through it


def test_a_band_on_a_logarithmic_axis_stays_above_zero_around_its_mean():
    values = np.array([[1e-4, 1.0], [1e-4, 1.0], [1.0, 1.0]])  # deviation above the mean at the first point
    figure, axes = plt.subplots()
    axes.set_yscale("log")
    style.mean_and_band(axes, np.array([1, 2]), values, color="black")
    (line,), (band,) = axes.get_lines(), axes.collections
    edges = band.get_paths()[0].vertices
    plt.close(figure)
    assert edges[:, 1].min() > 0
    low, high = (pick(edges[edges[:, 0] == 1, 1]) for pick in (np.min, np.max))
    assert line.get_ydata()[0] ** 2 == pytest.approx(low * high)
    np.testing.assert_allclose(style.average(axes, values), line.get_ydata())


def test_values_down_to_zero_keep_their_plain_mean_on_a_logarithmic_axis():
    figure, axes = plt.subplots()
    axes.set_yscale("log")
    mean = style.average(axes, np.array([[0.0], [1.0], [2.0]]))
    plt.close(figure)
    assert mean == [1.0]


def test_captions_say_where_the_logarithms_are_averaged(simulate):
    def caption(seeds):
        experiment = fig_2.declare("smoke", num_seeds=seeds, epochs=30)
        columns = dict.fromkeys(("test_accuracy", "objective"), np.full((seeds, 30), 0.5))
        return plots.over_training(simulate(experiment, dict.fromkeys(experiment.arms, columns)), "").caption

    assert "left: of the logarithms" in caption(3)
    assert "logarithms" not in caption(2)


@pytest.mark.parametrize(("seeds", "said"), [(1, "; 1 seed;"), (3, "; 3 seeds;")])
def test_captions_count_seeds_in_english(simulate, seeds, said):
    experiment = fig_2.declare("smoke", num_seeds=seeds, epochs=30)
    columns = dict.fromkeys(("test_accuracy", "objective"), np.full((seeds, 30), 0.5))
    results = simulate(experiment, dict.fromkeys(experiment.arms, columns))
    assert said in plots.over_training(results, "").caption


@pytest.mark.parametrize(("low", "high", "some"), [(0.5, 2.2, "0.6"), (0.98, 1.33, "1.05"), (1.5, 11, "10")])
def test_a_logarithmic_axis_of_few_decades_has_plain_numbers(low, high, some):
    with style.style():
        figure, axes = plt.subplots()
        style.log_axis(axes)
        axes.set_ylim(low, high)
        figure.canvas.draw()
        texts = [text.get_text() for text in (*axes.get_yticklabels(), *axes.get_yticklabels(minor=True))]
    plt.close(figure)
    assert some in texts
    assert not any("mathdefault" in text for text in texts)


def test_a_logarithmic_axis_of_many_decades_has_powers_of_ten():
    figure, axes = plt.subplots()
    style.log_axis(axes)
    axes.set_ylim(1e-5, 2)
    figure.canvas.draw()
    texts = [text.get_text() for text in axes.get_yticklabels()]
    plt.close(figure)
    assert any("10^{-3}" in text for text in texts)


def test_switched_runs_and_thresholds_are_told_apart_from_the_norms(simulate, drawn):
    experiment = fig_14.declare("smoke", num_seeds=3, epochs=40, switch_epochs=(2, 5, 20))
    columns = dict.fromkeys(("test_accuracy", *gradient_norm.NORMS), 1 / np.arange(1, 41) + np.zeros((3, 1)))
    results = simulate(experiment, dict.fromkeys(experiment.arms, columns))
    shown = gradient_norm.after_switch(results, "")
    (figure,) = drawn
    left, right = figure.axes
    level = [line for line in right.get_lines() if len(set(line.get_ydata())) == 1 and len(line.get_ydata()) == 2]
    assert {line.get_linestyle() for line in level} == {"-"}
    assert {text.get_text() for text in right.texts} == {"50 %", "1 %"}
    assert "Thin grey: 50 % and 1 %" in shown.caption
    entries = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"ERM", "Mixup", "switch at 20", "full batch", "mini-batch"} <= entries
    assert left.get_legend() is right.get_legend() is None


def test_one_legend_names_the_lines_of_both_panels_of_the_switches(simulate, drawn):
    experiment = fig_6.declare("smoke", num_seeds=3, epochs=40, switch_epochs=(2, 5, 20))
    columns = {"test_accuracy": np.full((3, 40), 0.5)}
    plots.switching(simulate(experiment, dict.fromkeys(experiment.arms, columns)), "")
    (figure,) = drawn
    entries = [text.get_text() for text in figure.legends[0].get_texts()]
    assert entries == ["ERM", "Mixup", "switch at 2", "switch at 5", "switch at 20"]
    assert all(axes.get_legend() is None for axes in figure.axes)

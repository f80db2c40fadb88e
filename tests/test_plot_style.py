"""What is drawn, looked up in the figure itself: ticks, lines, bands and legends that a reader could misread."""

import matplotlib.pyplot as plt
import pytest

from mixrepro.plots import style


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

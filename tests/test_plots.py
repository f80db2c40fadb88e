"""Figures, tables and cards: alternative text, escaped names, data that travel with the page."""

import base64
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from mixrepro import plots, sweep
from mixrepro.claims import fig_2 as claim
from mixrepro.claims import fig_6 as claim_6
from mixrepro.claims import lemma_3_1 as claim_3_1
from mixrepro.errors import StoreError
from mixrepro.experiments import fig_2, fig_6, lemma_3_1
from mixrepro.experiments.fig_6 import arm_name
from mixrepro.mime import RECORDS_MIME, VERDICT_MIME
from mixrepro.plots.cards import joint_scale
from mixrepro.plots.style import Shown, mean_and_spread
from mixrepro.plots.tables import mean_and_std
from mixrepro.results import collect


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three small experiments, trained once for this file."""
    from mixrepro.store import Store

    store = Store(tmp_path_factory.mktemp("runs"))
    size = dict(num_seeds=3, epochs=4)
    return {
        "FIG-2": sweep.run(fig_2.declare("smoke", **size), store),
        "FIG-6": sweep.run(fig_6.declare("smoke", switch_epochs=(1, 2, 3), **size), store),
        "LEMMA-3.1": sweep.run(lemma_3_1.declare("smoke", **size), store),
    }


def shown_figures(trained):
    return {
        "FIG-2": plots.over_training(trained["FIG-2"], "a <title>"),
        "FIG-6": plots.switching(trained["FIG-6"], "a title"),
        "LEMMA-3.1": plots.nearness_to_bound(trained["LEMMA-3.1"]),
        "bound": plots.bound_by_alpha(np.array([0.1, 1.0]), (2, 10), marked=1.0),
    }


def test_every_figure_is_an_image_with_alternative_text_and_caption(trained):
    for figure in shown_figures(trained).values():
        bundle = figure._repr_mimebundle_()
        assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
        assert len(figure.alt) > 50
        assert f'alt="{figure.alt}"' in bundle["text/html"].replace("&#x27;", "'")
        assert "<figcaption>" in bundle["text/html"]


def test_caption_states_scale_and_seeds(trained):
    caption = plots.over_training(trained["FIG-2"], "").caption
    assert "mnist1d" in caption
    assert "n = 100" in caption
    assert "3 seeds" in caption


def test_alternative_text_reports_the_measured_endings(trained):
    end = trained["FIG-2"].final("ERM", "test_accuracy").mean()
    assert f"ERM ends at {end:.1%}" in plots.over_training(trained["FIG-2"], "").alt


def test_the_bars_of_the_switches_are_those_of_the_tables(trained, monkeypatch):
    results, bars = trained["FIG-6"], []
    real = Axes.errorbar
    monkeypatch.setattr(Axes, "errorbar", lambda axes, *it, **kw: bars.append(it) or real(axes, *it, **kw))
    plots.switching(results, "")
    for epoch, mean, spread in bars:
        ends = results.final(arm_name(epoch), "test_accuracy")
        assert mean_and_std(ends, percent=True) == f"{100 * mean:,.1f} ± {100 * spread:,.1f} %"
        assert spread == pytest.approx(np.sqrt(((ends - ends.mean()) ** 2).sum() / (len(ends) - 1)))
        assert spread > 0
    assert len(bars) == 3


def test_mean_and_spread_leave_lost_seeds_out():
    values = np.array([[1.0, 2.0], [3.0, 6.0], [np.nan, 9.0]])
    mean, spread = mean_and_spread(values)
    np.testing.assert_allclose(mean, [2, 4])
    np.testing.assert_allclose(spread, [np.sqrt(2), np.sqrt(8)])
    one, unknown = mean_and_spread(values[1:])
    assert (one.tolist(), np.isnan(unknown).all()) == ([3.0, 6.0], True)
    assert np.isnan(mean_and_spread(np.array([np.nan]))).all()


def test_figure_of_missing_runs_says_what_is_missing(store):
    with pytest.raises(StoreError, match="FIG-2, Over-training, mlp, ERM: found no complete run"):
        plots.over_training(collect(fig_2.declare("smoke"), [store]), "")


@pytest.mark.parametrize(
    ("name", "judge"), [("FIG-2", claim.judge), ("FIG-6", claim_6.judge), ("LEMMA-3.1", claim_3_1.judge)]
)
def test_verdict_card_carries_its_data(trained, name, judge):
    verdict = judge(trained[name])
    bundle = plots.VerdictCard(verdict)._repr_mimebundle_()
    assert bundle[VERDICT_MIME]["claim"] == name
    assert bundle[VERDICT_MIME]["verdict"] == verdict.verdict
    assert len(bundle[VERDICT_MIME]["parts"]) == len(verdict.parts)
    assert f"{name}: {verdict.verdict}" in bundle["text/html"]


@pytest.mark.parametrize(
    ("scales", "joint"),
    [
        (["mnist1d, n = 20, lr = 0.05"] * 2, "mnist1d, n = 20, lr = 0.05"),
        (["a, n = 20, 40 epochs", "a, n = 1,000, 40 epochs"], "a, n = 20 and 1,000, 40 epochs"),
        (["a, n = 20", "a, n = 150", "a, n = 20, 90 and 150", "a, n = 20"], "a, n = 20, 90 and 150"),
        (["a, n = 5", "b, n = 7", "a and b, n = 5 and 7, 1,000 epochs"], "a and b, n = 5 and 7, 1,000 epochs"),
        (["a, 1,600 epochs, lr = 1", "b, 1,000 epochs, lr = 1"], "a or b, 1,600 epochs or 1,000 epochs, lr = 1"),
        (["a of width 8, n = 5, and one change", "a of width 16, n = 5"],
         "a of width 8 or a of width 16, n = 5, and one change"),
        (["d = 5 and m = 3", "d = 7 and m = 4"], "d = 5 and m = 3 or d = 7 and m = 4"),
    ],
)  # fmt: skip
def test_scales_of_parts_are_worded_as_one(scales, joint):
    assert joint_scale(scales) == joint


def test_verdict_card_names_the_scale_of_every_part(trained):
    verdict = claim.judge(trained["FIG-2"])
    first, *rest = verdict.parts
    other = replace(first, scale=first.scale.replace("n = 100", "n = 2,000"))
    html = plots.VerdictCard(replace(verdict, parts=(first, *rest, other)))._repr_mimebundle_()["text/html"]
    assert f"Scale: {first.scale.replace('n = 100', 'n = 100 and 2,000')} (profile smoke)" in html


def test_provenance_lists_every_record_with_its_digest(trained):
    bundle = plots.Provenance(trained["FIG-2"])._repr_mimebundle_()
    records = trained["FIG-2"].all_records()
    assert bundle[RECORDS_MIME]["records"] == {record.run_id: record.digest for record in records}
    assert "MNIST-1D" in bundle["text/html"]
    files = {"sharpness-small-01234567.json": "0" * 64}
    with_files = plots.Provenance(trained["FIG-2"], files=files)._repr_mimebundle_()
    assert with_files[RECORDS_MIME]["records"] == bundle[RECORDS_MIME]["records"] | files


def test_html_in_alternative_text_and_caption_is_escaped():
    figure, _ = plt.subplots()
    html = Shown(figure, 'a "quoted" <b>', "<script>x</script>")._repr_mimebundle_()["text/html"]
    plt.close(figure)
    assert 'alt="a &quot;quoted&quot; &lt;b&gt;"' in html
    assert "<script>" not in html


def test_html_in_a_table_is_escaped():
    html = plots.table(["<script>"], [["<img onerror=x>"]])._repr_mimebundle_()["text/html"]
    assert "<script>" not in html
    assert "<img" not in html


def test_endings_table_has_a_row_for_each_arm(trained):
    html = plots.endings_table(trained["FIG-6"])._repr_mimebundle_()["text/html"]
    assert all(f">{arm}</td>" in html for arm in trained["FIG-6"].experiment.arms)


def test_mean_and_std_counts_lost_seeds():
    assert mean_and_std(np.array([0.5, 0.7]), percent=True) == "60.0 ± 14.1 %"
    assert mean_and_std(np.array([0.5, np.nan]), percent=True) == "50.0 % (1 of 2 seeds)"
    assert mean_and_std(np.array([np.nan])) == "not run"

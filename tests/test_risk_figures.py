"""Figures of gradient flow and of the risk bound: images, alternative text from numbers, changing titles."""

import base64
from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import d_5, lemma_5_1, rem_5_3, rem_5_5, thm_5_2, u_shape
from mixrepro.checks.one_dimension import example
from mixrepro.claims import d_5 as optimal_claim
from mixrepro.claims import thm_5_2 as bound_claim
from mixrepro.claims import u_shape as shape_claim
from mixrepro.plots import gradient_flow, risk_bound, risk_turns


@pytest.fixture(scope="module")
def one():
    return example(6)


@pytest.fixture(scope="module")
def bounds():
    return thm_5_2.run("smoke")


@pytest.fixture(scope="module")
def turned():
    return u_shape.run("smoke")


@pytest.fixture(scope="module")
def optimal():
    return d_5.run("smoke")


@pytest.fixture(scope="module")
def shown(one, bounds, turned, optimal):
    return {
        "two_terms": gradient_flow.two_terms(one),
        "agreement": gradient_flow.agreement(lemma_5_1.run("smoke")),
        "many_paths": gradient_flow.many_paths(rem_5_3.run("smoke")),
        "one_bound": risk_bound.one_bound(one),
        "loose": risk_bound.loose(bounds),
        "printed_remark": risk_bound.printed_remark(rem_5_5.run("smoke")),
        "three_modes": risk_turns.three_modes(),
        "turns": risk_turns.turns(turned),
        "optimal_gap": risk_turns.optimal_gap(optimal),
    }


def test_every_figure_is_an_image_with_alternative_text_and_caption(shown):
    for name, figure in shown.items():
        bundle = figure._repr_mimebundle_()
        assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG"), name
        assert len(figure.alt) > 80, name
        assert len(figure.caption) > 20, name
        assert "nan" not in figure.alt, name


def test_alternative_texts_carry_the_numbers(shown, one, bounds, optimal):
    assert f"t = {one.crossing_time():,.0f}" in shown["two_terms"].alt
    median = np.nanmedian(np.where(bounds.excess > 0, bounds.printed / bounds.excess, np.nan))
    assert f"medians {median:,.0f} as printed" in shown["loose"].alt
    assert f"median {np.median(optimal.r_star / optimal.least):.2f}" in shown["optimal_gap"].alt


def test_titles_follow_the_finding(bounds, turned, optimal):
    assert bound_claim.headline(bounds).startswith("No violation")
    excess = bounds.excess.copy()
    excess[:2] = 2 * bounds.printed[:2]
    assert bound_claim.headline(replace(bounds, excess=excess)).startswith("2 violations")
    assert shape_claim.headline(replace(turned, course=0 * turned.course)).startswith("0 %")
    assert "100 % of paths go below" in optimal_claim.headline(replace(optimal, best_on_path=0 * optimal.r_star))


def test_slider_has_a_frame_for_the_least_risk_and_says_what_it_shows(one):
    slider = gradient_flow.time_slider(one)
    assert 15 <= len(slider.frames) <= 25
    assert max(map(len, slider.frames)) < 25_000
    times = one.times(4000)
    least = one.flow.risk(times, one.population).min()
    assert f"The risk is {least:.3f}" in slider.alt
    assert "true values are -0.99, 1.00 and -0.99" in slider.alt


def test_no_title_is_cut_at_the_edge_of_its_figure(drawn, turned):
    many = replace(turned, best_time=231 * turned.bound_time)
    risk_turns.turns(many)
    (figure,) = drawn
    titles = [text for axes in figure.axes for text in (axes.title, axes._left_title)]
    assert any("231 times later" in text.get_text() for text in titles)
    assert all(text.get_window_extent().x1 <= figure.bbox.x1 for text in titles)

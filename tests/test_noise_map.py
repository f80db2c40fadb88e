"""Where labels are wrong: cells against direct counts, and the pair under the slider."""

from dataclasses import dataclass

import numpy as np
import pytest

from mixrepro.errors import ConfigError
from mixrepro.plots import noise_map as figures
from mixrepro.rng import stream
from mixrepro.theory.known_labels import GaussianMixture, softmax_teacher, surrounded_class, two_moons
from mixrepro.theory.label_noise import noise_of_pairs
from mixrepro.theory.noise_map import FEWEST_IN_CELL, noise_map, noisiest_pair, regions


@dataclass(frozen=True)
class Strip:
    """An affine truth on the unit square."""

    dim: int = 2
    num_classes: int = 2

    def sample(self, n, generator):
        return generator.uniform(0, 1, (n, 2))

    def f(self, x):
        return np.stack([x[..., 0], 1 - x[..., 0]], -1)


@pytest.fixture(scope="module")
def surrounded():
    return noise_map(surrounded_class(), 60_000, stream(0, "points"), cells=20)


def test_map_of_an_affine_truth_shows_no_noise_and_the_true_answers():
    found = noise_map(Strip(), 40_000, stream(1, "points"), cells=10)
    assert np.nanmax(found.tv) < 1e-14
    assert not found.wrong.any()
    assert (found.answer >= 0).sum() > 80


def test_cells_hold_the_mean_of_their_mixed_points():
    problem = two_moons()
    found = noise_map(problem, 30_000, stream(2, "points"), cells=6)
    generator = stream(2, "points")  # the same draws, averaged cell by cell
    inputs = problem.sample(20_000, generator)
    x_a, x_b = inputs[generator.integers(0, 20_000, (2, 30_000))]
    lam = generator.beta(1.0, 1.0, 30_000)
    bounds, _ = noise_of_pairs(problem, x_a, x_b, lam)
    mixed = lam[:, None] * x_a + (1 - lam[:, None]) * x_b
    for row, column in ((2, 3), (3, 1), (1, 4)):
        inside = (mixed[:, 0] > found.x[column]) & (mixed[:, 0] <= found.x[column + 1])
        inside &= (mixed[:, 1] > found.y[row]) & (mixed[:, 1] <= found.y[row + 1])
        assert inside.sum() == found.count[row, column] >= FEWEST_IN_CELL
        assert found.tv[row, column] == pytest.approx(bounds.tv[inside].mean(), rel=1e-10)
        assert found.answer[row, column] == bounds.induced[inside].mean(0).argmax()


def test_cells_with_few_mixed_points_stay_blank(surrounded):
    few = surrounded.count < FEWEST_IN_CELL
    assert few.any()
    assert np.array_equal(np.isnan(surrounded.tv), few)
    assert np.array_equal(surrounded.answer == -1, few)
    assert not surrounded.wrong[few].any()


def test_surrounded_class_loses_ground_and_no_other_does(surrounded):
    assert surrounded.wrong.sum() > 10
    assert (surrounded.region[surrounded.wrong] == 0).mean() > 0.9


def test_regions_are_the_likeliest_classes_in_rows_of_y():
    problem = GaussianMixture(np.array([[0.0, -1], [0, 1]]), np.ones(2), np.arange(2), np.full(2, 0.5))
    found = regions(problem, np.linspace(-1, 1, 4), np.linspace(-2, 2, 3))
    assert found.tolist() == [[0, 0, 0], [1, 1, 1]]


def test_noisiest_pair_is_the_noisiest_of_its_candidates():
    problem, lam = two_moons(), np.linspace(0, 1, 5)
    pair = noisiest_pair(problem, 30, lam, stream(3, "pairs"))
    generator = stream(3, "pairs")
    x_a, x_b = problem.sample(30, generator), problem.sample(30, generator)
    means = [np.mean([noise_of_pairs(problem, a, b, k)[0].tv for k in lam]) for a, b in zip(x_a, x_b, strict=True)]
    assert pair.tv.mean() == pytest.approx(max(means))
    assert pair.x_mix[[0, -1]] == pytest.approx(np.stack([pair.x_b, pair.x_a]))
    assert pair.true == pytest.approx(problem.f(pair.x_mix))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: noise_map(p, 10, stream(0, "points")), "problem: found a problem of 3 dimensions"),
        (lambda p: noisiest_pair(p, 10, np.array([0.5]), stream(0, "points")), "problem: found a problem of 3"),
        (lambda p: regions(p, np.arange(3), np.arange(3)), "problem: found a problem of 3"),
        (lambda p: noise_map(two_moons(), 0, stream(0, "points")), "pairs: found 0"),
    ],
)
def test_bad_input_is_named(make, message):
    teacher = softmax_teacher(3, 2, 1.0, stream(0, "teacher"))
    with pytest.raises(ConfigError, match=message):
        make(teacher)


def test_maps_state_the_computed_shares(surrounded):
    shown = figures.noise_maps({"a mixture": surrounded}, alpha=1.0)
    lost = surrounded.inputs[surrounded.wrong].sum()
    assert f"{lost:.1%} of the inputs" in shown.alt
    assert "n = 60,000 mixed pairs" in shown.caption
    there = surrounded.count >= FEWEST_IN_CELL
    mean = (surrounded.tv[there] * surrounded.count[there]).sum() / surrounded.count[there].sum()
    assert f"mean total variation {mean:.2f}" in shown.alt


def test_slider_has_a_frame_for_each_lam_and_starts_at_the_worst():
    pair = noisiest_pair(surrounded_class(), 50, np.linspace(0, 1, 5), stream(4, "pairs"))
    slider = figures.mixed_pair_slider(pair)
    assert len(slider.frames) == len(slider.labels) == 5
    assert slider.labels[1] == "λ = 0.25"
    assert slider.start == pair.tv.argmax()
    assert f"total variation {pair.tv.max():.2f}" in slider.alt
    assert max(map(len, slider.frames)) < 25_000

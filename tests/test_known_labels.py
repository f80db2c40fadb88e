"""Problems whose truth is known: posteriors against Bayes' rule by other routes, and what the wrappers change."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixrepro.errors import ConfigError
from mixrepro.rng import stream
from mixrepro.theory.known_labels import (
    AffineLabels,
    Certain,
    Dominant,
    GaussianMixture,
    SoftmaxTeacher,
    Tempered,
    softmax_teacher,
    surrounded_class,
    two_moons,
)

UNEVEN = GaussianMixture(
    means=np.array([[0.0, 0, 0], [1, 0, -1], [2, 2, 0], [-1, 1, 1]]),
    std=np.array([0.5, 1.0, 2.0, 0.8]),
    classes=np.array([0, 1, 0, 2]),
    weights=np.array([0.1, 0.2, 0.3, 0.4]),
)
PROBLEMS = {
    "uneven mixture": UNEVEN,
    "surrounded class": surrounded_class(),
    "two moons": two_moons(),
    "teacher": softmax_teacher(3, 4, 2.0, stream(0, "teacher")),
    "affine": AffineLabels(np.array([[0.7, 0.3, 0], [0, 0.5, 0.5], [0.1, 0.1, 0.8]]), 0.7),
    "tempered": Tempered(surrounded_class(), 0.3),
    "certain": Certain(two_moons()),
    "dominant": Dominant(two_moons(), 0.7),
}


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_problem_gives_inputs_and_their_label_distributions(problem):
    x = problem.sample(50, stream(1, "points"))
    assert x.shape == (50, problem.dim)
    assert np.array_equal(x, problem.sample(50, stream(1, "points")))
    p = problem.f(x.reshape(5, 10, problem.dim))
    assert p.shape == (5, 10, problem.num_classes)
    assert np.all(p >= 0)
    assert p.sum(-1) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    "mixture", [UNEVEN, surrounded_class(), two_moons()], ids=["uneven", "surrounded", "moons"]
)
def test_posterior_is_bayes_rule_on_scipy_densities(mixture):
    for x in 1.5 * stream(2, "points").standard_normal((30, mixture.dim)):
        joint = np.zeros(mixture.num_classes)
        for mean, std, own, weight in zip(
            mixture.means, mixture.std, mixture.classes, mixture.weights, strict=True
        ):
            joint[own] += weight * multivariate_normal(mean, std**2).pdf(x)
        assert mixture.f(x) == pytest.approx(joint / joint.sum(), abs=1e-12)


@pytest.mark.parametrize("mixture", [UNEVEN, two_moons(std=0.4)], ids=["uneven", "moons"])
def test_drawn_labels_have_the_posterior_as_frequency(mixture):
    x, labels = mixture.draw(200_000, stream(3, "points"))
    p = mixture.f(x)[:, 0]
    place = np.minimum((10 * p).astype(int), 9)
    for cell in range(10):
        inside = place == cell
        error = np.sqrt((p[inside] * (1 - p[inside])).sum()) / inside.sum()
        # ten cells, 4.5 standard errors: false-alarm rate below 1e-4; the seed is fixed
        assert abs((labels[inside] == 0).mean() - p[inside].mean()) < 4.5 * error + 1e-12


def test_moons_lie_along_half_circles():
    # Independent route: angles drawn uniformly, not a row of Gaussians.
    generator = stream(4, "points")
    t = generator.uniform(0, np.pi, 100_000)
    upper = np.stack([np.cos(t), np.sin(t)], -1) + 0.15 * generator.standard_normal((100_000, 2))
    x, labels = two_moons().draw(200_000, generator)
    mine, lower = x[labels == 0], x[labels == 1]
    assert mine.mean(0) == pytest.approx(upper.mean(0), abs=0.02)
    assert np.cov(mine.T) == pytest.approx(np.cov(upper.T), abs=0.02)
    assert lower.mean(0) == pytest.approx([1, 0.5] - upper.mean(0) * [1, 1], abs=0.02)


def test_teacher_is_the_softmax_written_out():
    teacher = SoftmaxTeacher(np.array([[1.0, -1, 0.5], [0, 2, 1]]), beta=1.7)
    x = np.array([0.3, -0.4])
    weights = [np.exp(1.7 * (0.3 * a - 0.4 * b)) for a, b in ((1, 0), (-1, 2), (0.5, 1))]
    assert teacher.f(x) == pytest.approx(np.array(weights) / sum(weights), rel=1e-13)


def test_flat_teacher_is_nearly_uniform_and_its_curvature_vanishes_faster():
    generator = stream(5, "teacher")
    weights = generator.standard_normal((2, 3))
    x_a, x_b = generator.standard_normal((2, 100, 2))
    gaps, slopes = [], []
    for beta in (1e-2, 1e-3):
        f = SoftmaxTeacher(weights, beta).f
        slopes.append(np.abs(f(x_a) - 1 / 3).max())
        gaps.append(np.abs(f((x_a + x_b) / 2) - (f(x_a) + f(x_b)) / 2).max())
    assert slopes[0] / slopes[1] == pytest.approx(10, rel=0.05)
    assert gaps[0] / gaps[1] == pytest.approx(100, rel=0.05)


def test_tempered_teacher_is_a_sharper_teacher():
    weights = stream(6, "teacher").standard_normal((3, 4))
    x = stream(6, "points").standard_normal((20, 3))
    tempered = Tempered(SoftmaxTeacher(weights, 1.0), 3.0)
    assert tempered.f(x) == pytest.approx(SoftmaxTeacher(weights, 3.0).f(x), abs=1e-13)


def test_affine_truth_is_the_input_itself_with_unit_corners():
    problem = AffineLabels(np.eye(3))
    x = problem.sample(10, stream(7, "points"))
    assert problem.f(x) == pytest.approx(x)


def test_certain_labels_are_the_likeliest_class():
    problem = two_moons()
    x = problem.sample(100, stream(8, "points"))
    assert np.array_equal(Certain(problem).f(x).argmax(-1), problem.f(x).argmax(-1))
    assert set(np.unique(Certain(problem).f(x))) == {0.0, 1.0}


def test_dominant_class_is_the_likeliest_everywhere():
    problem = Dominant(surrounded_class(), 0.51)
    assert np.all(problem.f(problem.sample(1000, stream(9, "points"))).argmax(-1) == 0)


def test_surrounded_class_lies_between_the_others():
    problem = surrounded_class()
    for first, second in ((1, 2), (2, 3), (3, 1)):
        assert problem.f((problem.means[first] + problem.means[second]) / 2).argmax() == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: surrounded_class(std=0.0), "std: found"),
        (lambda: surrounded_class(std=np.nan), "std: found"),
        (lambda: GaussianMixture(UNEVEN.means, UNEVEN.std, UNEVEN.classes, 2 * UNEVEN.weights), "weights: found"),
        (lambda: SoftmaxTeacher(np.eye(2), -1.0), "beta: found -1.0"),
        (lambda: Tempered(UNEVEN, 0.0), "beta: found 0.0"),
        (lambda: Tempered(UNEVEN, np.nan), "beta: found nan"),
        (lambda: Dominant(UNEVEN, 0.5), "share: found 0.5"),
        (lambda: UNEVEN.sample(0, stream(0, "points")), "n: found 0"),
        (lambda: UNEVEN.f(np.zeros(2)), r"x: found a shape \[2\], expected \[..., 3\]"),
        (lambda: UNEVEN.f(np.array([0, np.nan, 0])), "x: found a NaN"),
    ],
)
def test_problem_names_what_is_wrong(make, message):
    with pytest.raises(ConfigError, match=message):
        make()

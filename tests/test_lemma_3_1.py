"""LEMMA-3.1: the bound against other derivations, and the claim about trained networks."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from mixrepro import sweep
from mixrepro.checks import lemma_3_1 as check
from mixrepro.claims import lemma_3_1 as claim
from mixrepro.errors import ConfigError
from mixrepro.experiments import lemma_3_1
from mixrepro.rng import stream
from mixrepro.theory.loss_bound import (
    binary_entropy,
    expected_entropy,
    expected_entropy_by_quadrature,
    expected_entropy_by_sampling,
    in_batch_lower_bound,
    lam_quadrature,
    lower_bound_by_sampling,
    mixup_loss_lower_bound,
    quadrature_lower_bound,
)


@pytest.mark.parametrize("num_classes", [2, 10, 100])
def test_bound_is_the_papers_for_alpha_1(num_classes):
    assert mixup_loss_lower_bound(num_classes) == pytest.approx((num_classes - 1) / (2 * num_classes), rel=1e-14)


def test_expected_entropy_is_one_half_by_elementary_integration():
    value, _ = integrate.quad(lambda lam: -lam * np.log(lam) - (1 - lam) * np.log(1 - lam), 0, 1)
    assert expected_entropy(1.0) == pytest.approx(value, rel=1e-10)


@given(st.floats(0.05, 100))
def test_closed_form_equals_quadrature(alpha):
    assert expected_entropy(alpha) == pytest.approx(expected_entropy_by_quadrature(alpha), rel=1e-8)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_closed_form_lies_within_sampling_error(alpha):
    mean, error = expected_entropy_by_sampling(alpha, 200_000, stream(1, "lam"))
    assert abs(mean - expected_entropy(alpha)) < 4 * error  # false-alarm rate below 1e-4; the seed is fixed


@pytest.mark.parametrize("proportions", [[0.5, 0.5], [0.7, 0.2, 0.1], [1.0]])
def test_bound_for_any_balance_lies_within_sampling_error(proportions):
    mean, error = lower_bound_by_sampling(proportions, 0.7, 200_000, stream(2, "pairs"))
    bound = mixup_loss_lower_bound(alpha=0.7, class_proportions=proportions)
    assert abs(mean - bound) <= 4 * error


def test_bound_has_the_limits_of_erm_and_of_fixed_lam():
    assert mixup_loss_lower_bound(10, alpha=0.0) == 0.0
    assert mixup_loss_lower_bound(10, alpha=1e6) == pytest.approx(0.9 * np.log(2), rel=1e-5)


def test_bound_is_reached_by_the_mixed_labels_themselves():
    # Cross-entropy of y_mix against itself, over all n^2 pairs of a balanced set, lam on the quadrature nodes.
    y = np.eye(5)[np.arange(20) % 5]
    lam, weights = lam_quadrature(0.5, 32)
    total = 0.0
    for value, weight in zip(lam, weights, strict=True):
        y_mix = value * y[:, None] + (1 - value) * y[None]
        total += weight * -(y_mix * np.log(np.where(y_mix > 0, y_mix, 1))).sum(-1).mean()
    assert total == pytest.approx(quadrature_lower_bound(0.8, 0.5, 32), rel=1e-12)
    assert total == pytest.approx(mixup_loss_lower_bound(5, alpha=0.5), rel=1e-3)


@pytest.mark.parametrize(("n", "batch_size"), [(20, 20), (20, 8), (50, 10)])
def test_in_batch_bound_lies_within_sampling_error(n, batch_size):
    generator = stream(3, "partner")
    labels = np.arange(n) % 5
    differ = []
    for _ in range(4000):
        order = labels[generator.permutation(n)]
        epoch = []
        for start in range(0, n, batch_size):
            batch = order[start : start + batch_size]
            epoch.append(batch != batch[generator.permutation(len(batch))])
        differ.append(np.concatenate(epoch).mean())
    mean, error = np.mean(differ), np.std(differ) / np.sqrt(4000)
    assert abs(mean * 0.5 - in_batch_lower_bound(5, n, batch_size)) < 4 * 0.5 * error


def test_in_batch_bound_can_lie_below_the_lemma():
    assert in_batch_lower_bound(10, 1000, 100) < mixup_loss_lower_bound(10)


def test_binary_entropy_is_zero_at_the_ends():
    assert binary_entropy(np.array([0.0, 0.5, 1.0])) == pytest.approx([0, np.log(2), 0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(), "no class argument"),
        (dict(num_classes=2, class_proportions=[1.0]), "a num_classes and a class_proportions"),
        (dict(num_classes=0), "num_classes: found 0"),
        (dict(class_proportions=[0.5, 0.6]), "class_proportions: found"),
        (dict(class_proportions=[1.5, -0.5]), "class_proportions: found"),
        (dict(num_classes=10, alpha=-1.0), "alpha: found -1.0"),
        (dict(num_classes=10, alpha=float("inf")), "alpha: found inf"),
    ],
)
def test_bound_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        mixup_loss_lower_bound(**arguments)


def test_claim_is_supported_by_trained_networks(store):
    results = sweep.run(lemma_3_1.declare("smoke"), store)
    verdict = claim.judge(results)
    assert verdict.verdict == "supported"
    assert all(part.n == len(results.experiment.seeds) for part in verdict.parts)


def simulated(simulate, losses, lost=frozenset()):
    experiment = lemma_3_1.declare("smoke", epochs=len(losses[0]))
    curves = {
        arm: {"mixup_loss": np.array(losses) + claim.bound(config)} for arm, config in experiment.arms.items()
    }
    lost = {(arm, seed) for arm in experiment.arms for seed in lost}
    return claim.judge(simulate(experiment, curves, lost))


def test_claim_is_refuted_by_one_loss_below_the_bound(simulate):
    assert simulated(simulate, [[1.0, 0.1], [1.0, 0.1], [1.0, 0.2]]).verdict == "supported"
    assert simulated(simulate, [[1.0, 0.1], [1.0, -0.01], [1.0, 0.2]]).verdict == "refuted"


def test_training_that_gets_no_nearer_to_the_bound_refutes_no_theorem(simulate):
    verdict = simulated(simulate, [[0.1, 0.2], [0.1, 0.3], [0.1, 0.2]])
    assert verdict.verdict == "supported"
    assert verdict.parts[0].effect == pytest.approx(0.1)


def test_claim_is_inconclusive_without_every_seed_but_one_loss_below_the_bound_refutes_it(simulate):
    above, below = [1.0, 0.1], [1.0, -0.01]
    assert simulated(simulate, [above] * 3, lost={1}).verdict == "inconclusive"
    assert simulated(simulate, [above] * 3, lost={0, 1, 2}).verdict == "inconclusive"
    assert simulated(simulate, [above, above, below], lost={1}).verdict == "refuted"


@pytest.fixture(scope="module")
def general():
    return check.run("smoke")


def test_general_form_is_supported(general):
    verdict = claim.judge_general(general)
    assert verdict.claim == "LEMMA-3.1+"
    assert {part.verdict for part in verdict.parts} == {"supported"}
    assert verdict.parts[0].n == check.SIZES["smoke"]["instances"]


def test_general_bound_equals_a_sum_over_pairs_and_nodes():
    labels = np.array([0, 1, 1, 2, 2, 2])
    lam, weights = lam_quadrature(0.4, 16)
    total = 0.0
    for value, weight in zip(lam, weights, strict=True):
        for first, second in itertools.product(labels, labels):
            if first != second:
                total -= weight * (value * np.log(value) + (1 - value) * np.log(1 - value)) / len(labels) ** 2
    assert total == pytest.approx(quadrature_lower_bound(1 - (1 + 4 + 9) / 36, 0.4, 16), rel=1e-13)


@pytest.mark.parametrize("factor", [1.001, 0.999])
def test_general_form_is_refuted_by_a_wrong_constant(general, factor):
    assert claim.judge_general(replace(general, bound=factor * general.bound)).verdict == "refuted"


def test_general_form_is_refuted_by_one_prediction_under_the_floor(general):
    loss = general.loss.copy()
    loss[7] = general.bound[7] - 1e-6
    assert claim.judge_general(replace(general, loss=loss)).parts[0].verdict == "refuted"

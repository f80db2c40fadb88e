from types import SimpleNamespace

import pytest
import torch

from mixrepro.config import RunConfig
from mixrepro.data import balanced_subset, fraction_to_n, train_subset
from mixrepro.errors import DataError
from mixrepro.rng import stream

Y = torch.tensor([0] * 7 + [1] * 30 + [2] * 12)[torch.randperm(49, generator=torch.Generator().manual_seed(1))]


def draw(n, seed=0, y=Y):
    return balanced_subset(y, n, 3, stream(seed, "subset"))


def test_balanced_subset_takes_as_many_of_each_class_without_repeats():
    chosen = draw(21)
    assert chosen.dtype == torch.int64
    assert chosen.shape == (21,)
    assert Y[chosen].bincount().tolist() == [7, 7, 7]
    assert len(set(chosen.tolist())) == 21


def test_balanced_subset_mixes_the_classes_and_the_order():
    y = torch.arange(300) // 100
    chosen = draw(300, y=y)
    # False alarm: one of 300! orders is sorted; of the first 30, some 3**-29 hold a single class.
    assert chosen.tolist() != sorted(chosen.tolist())
    assert len(y[chosen[:30]].unique()) > 1


def test_balanced_subset_nests_smaller_draws_in_larger_ones():
    assert set(draw(6).tolist()) < set(draw(21).tolist())


def test_balanced_subset_draws_points_of_a_class_uniformly():
    hits = torch.zeros(49)
    for seed in range(2000):
        hits[draw(3, seed)] += 1
    for label, count in enumerate([7, 30, 12]):
        expected = 2000 / count
        # Seeds are fixed; over all seeds, 5 sigma in one of 49 bins is a false alarm of about 3e-5.
        assert (hits[label == Y] - expected).abs().max() < 5 * (expected * (1 - 1 / count)) ** 0.5


@pytest.mark.parametrize("n", [0, 10])
def test_balanced_subset_names_n_when_shares_cannot_be_equal(n):
    with pytest.raises(DataError, match=rf"^n: found {n}, expected a positive multiple of the 3 classes$"):
        draw(n)


def test_balanced_subset_names_the_scarce_class():
    with pytest.raises(DataError, match=r"^n: found 24, expected at most 21, since class 0 has 7 points$"):
        draw(24)


def test_balanced_subset_names_the_class_that_is_absent():
    with pytest.raises(DataError, match="class 2 has 0 points"):
        draw(3, y=torch.tensor([0, 1, 0, 1]))


def test_train_subset_is_shared_by_erm_and_mixup_of_a_seed_and_differs_between_seeds():
    dataset = SimpleNamespace(y_train=Y, num_classes=3)
    config = RunConfig(n=12, batch_size=4, seed=3, alpha=1.0)
    mixup = train_subset(dataset, config)
    assert torch.equal(mixup, train_subset(dataset, config.but(alpha=0.0, lr=0.2, epochs=7)))
    assert not torch.equal(mixup, train_subset(dataset, config.but(seed=4)))


def test_train_subset_of_a_fraction_lies_in_that_of_a_larger_one():
    dataset = SimpleNamespace(y_train=Y, num_classes=3)
    sizes = [fraction_to_n(dataset, fraction) for fraction in (0.1, 0.25, 0.4)]
    subsets = [set(train_subset(dataset, RunConfig(n=n, batch_size=2)).tolist()) for n in sizes]
    assert [len(subset) for subset in subsets] == sizes == [3, 12, 18]
    assert subsets[0] < subsets[1] < subsets[2]


def test_train_subset_is_the_whole_unbalanced_training_set_in_random_order():
    dataset = SimpleNamespace(y_train=Y, num_classes=3)
    config = RunConfig(n=49, batch_size=7)
    whole = train_subset(dataset, config).tolist()
    assert sorted(whole) == list(range(49))
    assert whole != sorted(whole)
    assert whole == train_subset(dataset, config.but(alpha=0.0)).tolist()
    assert whole != train_subset(dataset, config.but(seed=1)).tolist()


def test_train_subset_of_a_balanced_set_draws_what_recorded_runs_drew():
    y = torch.arange(30) % 3
    dataset = SimpleNamespace(y_train=y, num_classes=3)
    drawn = train_subset(dataset, RunConfig(n=30, batch_size=7, seed=5))
    assert torch.equal(drawn, balanced_subset(y, 30, 3, stream(5, "subset")))


def balanced(n, num_classes):
    return SimpleNamespace(y_train=torch.arange(n) % num_classes, num_classes=num_classes)


@pytest.mark.parametrize(
    ("dataset", "fraction", "n"),
    [
        (balanced(50_000, 10), 0.3, 15_000),
        (balanced(50_000, 100), 0.1, 5_000),
        (balanced(50_000, 10), 1, 50_000),
        (balanced(5000, 10), 0.57, 2850),  # 0.57 * 500 is 284.99... in floating point
        (balanced(1000, 10), 0.299, 290),
        (SimpleNamespace(y_train=Y, num_classes=3), 1.0, 49),
    ],
)
def test_fraction_to_n_rounds_down_to_equal_shares_and_takes_the_whole_as_it_is(dataset, fraction, n):
    assert fraction_to_n(dataset, fraction) == n


@pytest.mark.parametrize("fraction", [0, -0.1, 1.01, float("nan")])
def test_fraction_to_n_names_a_fraction_that_is_none(fraction):
    with pytest.raises(DataError, match=rf"^fraction: found {fraction}, expected above 0 and at most 1$"):
        fraction_to_n(balanced(30, 3), fraction)


@pytest.mark.parametrize("fraction", [0.05, 0.5])
def test_fraction_to_n_names_a_fraction_without_a_balanced_subset(fraction):
    # Of 49 points, class 0 has 7: subsets of 3 to 21.
    expected = (
        rf"^fraction: found {fraction}, expected 0.0612 to 0.429, or 1: balanced subsets have 3 to 21 points$"
    )
    with pytest.raises(DataError, match=expected):
        fraction_to_n(SimpleNamespace(y_train=Y, num_classes=3), fraction)

"""The trial protocol: prefixes, forks and company change nothing, bit by bit."""

import numpy as np
import pytest
import torch

from mixrepro.config import RunConfig
from mixrepro.data import load
from mixrepro.data.dataset import Dataset
from mixrepro.errors import ConfigError
from mixrepro.training import evaluation
from mixrepro.training.forks import epochs_computed, plan
from mixrepro.training.schedule import evaluation_epochs
from mixrepro.training.trial import train_together

COLUMNS = ("objective", "train_loss", "test_loss", "test_accuracy", "trial_epoch", "trial_test_loss")
CONFIGS = {
    "mlp": RunConfig(n=40, width=8, batch_size=15, epochs=12),
    "conv1d": RunConfig(n=40, model="conv1d", width=4, batch_size=15, epochs=12),
}


def near(ours, theirs):
    # A matrix product or an exponential may round differently in a larger stack: company is not bitwise.
    for column in ("objective", "train_loss", "test_loss"):
        assert ours.columns[column] == pytest.approx(theirs.columns[column], rel=1e-5, nan_ok=True), column


def same_start(short, long, epochs, columns=COLUMNS):
    for column in columns:
        ours, theirs = short.columns[column][:epochs], long.columns[column][:epochs]
        there = np.isfinite(ours)
        assert there.any(), column
        assert np.array_equal(ours[there], theirs[there]), column


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
class TestPrefix:
    def test_short_run_is_the_beginning_of_a_long_one(self, config):
        long = train_together([config.but(alpha=a, seed=s) for a in (0.0, 1.0) for s in (0, 1)], load(config))
        short = train_together([run.config.but(epochs=5) for run in long], load(config))
        for ours, theirs in zip(short, long, strict=True):
            same_start(ours, theirs, 5)

    def test_company_changes_nothing_but_rounding(self, config):
        everyone = train_together(
            [config.but(alpha=a, seed=s) for a in (0.0, 1.0) for s in range(3)], load(config)
        )
        pair = train_together([everyone[5].config, everyone[0].config], load(config))
        near(pair[0], everyone[5])
        near(pair[1], everyone[0])

    def test_switched_run_is_mixup_until_the_switch(self, config):
        mixup = [config.but(seed=seed) for seed in (0, 1)]
        switched = [run.but(switch_epoch=4) for run in mixup]
        outcomes = train_together([*mixup, *switched], load(config))
        same_start(outcomes[2], outcomes[0], 4)
        assert not np.array_equal(outcomes[2].columns["objective"][4:], outcomes[0].columns["objective"][4:])

    def test_fork_equals_training_the_switched_run_from_the_start(self, config):
        # Every run of the stack switches at the same epoch, so the second stack is never rebuilt in between.
        switched = [config.but(seed=seed, switch_epoch=4) for seed in (0, 1)]
        others = [config.but(seed=seed, alpha=a) for seed in (0, 1) for a in (0.0, 1.0)]
        alone = train_together(switched, load(config))
        forked = train_together([*others, *switched], load(config))[-2:]
        for ours, theirs in zip(alone, forked, strict=True):
            near(ours, theirs)

    def test_switch_at_zero_is_erm_and_at_the_end_is_mixup(self, config):
        runs = [config.but(switch_epoch=0), config.but(alpha=0.0), config.but(switch_epoch=12), config]
        at_zero, erm, at_end, mixup = train_together(runs, load(config))
        near(at_zero, erm)
        same_start(at_end, mixup, config.epochs)


def test_erm_and_mixup_of_one_seed_share_weights_subset_and_order(tiny):
    # With lam = 1 in the first epoch both arms would be equal; alpha -> 0 makes Mixup that.
    erm, nearly_erm = train_together([tiny.but(alpha=0.0), tiny.but(alpha=1e-4)], load(tiny))
    assert nearly_erm.columns["train_loss"][0] == pytest.approx(erm.columns["train_loss"][0], rel=0.2)
    erm_other = train_together([tiny.but(alpha=0.0, seed=1), tiny.but(alpha=0.0)], load(tiny))
    assert erm_other[0].columns["objective"][0] != erm.columns["objective"][0]
    assert erm_other[1].columns["objective"][0] == erm.columns["objective"][0]


def test_trial_columns_follow_the_protocol_literally(tiny):
    config = tiny.but(epochs=63)  # Mixup's loss of single epochs is noisy, so its minima fall between evaluations
    outcome = train_together([config, config.but(seed=1)], load(config))[0]
    objective = outcome.columns["objective"]
    best_epochs = outcome.columns["trial_epoch"]
    assert not np.isin(best_epochs[np.isfinite(best_epochs)], evaluation_epochs(config)).all()
    for t in evaluation_epochs(config):
        best = int(np.argmin(objective[:t])) + 1
        assert outcome.columns["trial_epoch"][t - 1] == best
        assert outcome.columns["trial_objective"][t - 1] == objective[best - 1]
        # The network of that epoch, trained anew and measured there.
        again = train_together([config.but(epochs=best), config.but(epochs=best, seed=1)], load(config))[0]
        assert outcome.columns["trial_test_accuracy"][t - 1] == again.columns["test_accuracy"][best - 1]
        assert outcome.columns["trial_test_loss"][t - 1] == again.columns["test_loss"][best - 1]


def test_measuring_does_not_disturb_training(tiny, monkeypatch):
    config = tiny.but(epochs=12)
    usual = train_together([config, config.but(seed=1)], load(config))
    monkeypatch.setattr("mixrepro.training.schedule.evaluation_epochs", lambda config: list(range(1, 13)))
    often = train_together([config, config.but(seed=1)], load(config))
    assert np.isfinite(often[0].columns["test_loss"]).all()
    assert not np.isfinite(usual[0].columns["test_loss"]).all()
    assert np.array_equal(usual[0].columns["objective"], often[0].columns["objective"])
    assert usual[0].columns["test_loss"][-1] == often[0].columns["test_loss"][-1]


def test_learning_rate_beyond_reason_is_recorded_as_divergence(tiny):
    wild = tiny.but(lr=1e6, epochs=8)
    outcome = train_together([wild, wild.but(seed=1)], load(wild))[0]
    assert outcome.diverged_at is not None
    assert len(outcome.columns["objective"]) == outcome.diverged_at
    assert not np.isfinite(outcome.columns["objective"][-1])


def test_runs_of_different_kinds_do_not_train_together(tiny):
    with pytest.raises(ConfigError, match="differences in"):
        train_together([tiny, tiny.but(lr=0.1)], load(tiny))


def test_plan_trains_no_epoch_twice():
    base = RunConfig(epochs=100)
    runs = [base.but(seed=s, switch_epoch=e) for s in (0, 1) for e in (None, 20, 60)] + [base.but(alpha=0.0)]
    # Two Mixup runs and one ERM run in full, and for each seed 80 and 40 epochs after the switches.
    assert epochs_computed(runs) == 3 * 100 + 2 * (80 + 40)


def test_plan_drops_a_prefix_that_no_later_switch_needs():
    base = RunConfig(epochs=100)
    start, forks = plan([base.but(switch_epoch=20), base.but(switch_epoch=60)])
    assert start == [base]
    assert [fork.epoch for fork in forks] == [20, 60]
    assert forks[0].configs == (base, base.but(switch_epoch=20))
    assert forks[1].configs == (base.but(switch_epoch=20), base.but(switch_epoch=60))
    assert epochs_computed([base.but(switch_epoch=20), base.but(switch_epoch=60)]) == 60 + 80 + 40


def test_evaluation_epochs_of_a_short_run_begin_those_of_a_long_one():
    long = evaluation_epochs(RunConfig(epochs=4000))
    assert {100, 400, 1000, 2000, 4000} <= set(long)
    short = evaluation_epochs(RunConfig(epochs=2000))
    assert short == [epoch for epoch in long if epoch <= 2000]
    assert evaluation_epochs(RunConfig(epochs=37))[-1] == 37


def test_exact_mixup_loss_is_the_mean_over_all_pairs(tiny):
    config = tiny.but(n=20, batch_size=10, exact_mixup_loss=True, epochs=1)
    outcome = train_together([config, config.but(seed=1)], load(config))[0]
    # A second way: every ordered pair, lam drawn 4,000 times from a grid that is uniform on (0, 1).
    captured = {}
    original = evaluation.exact_mixup_loss

    def capture(model, points, alphas, nodes=16):
        captured.update(model=model, points=points)
        return original(model, points, alphas, nodes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "exact_mixup_loss", capture)
        train_together([config, config.but(seed=1)], load(config))
    x, y = captured["points"].train(torch.arange(20).expand(2, -1))
    lams = (torch.arange(400) + 0.5) / 400
    total = 0.0
    with torch.no_grad():
        for i in range(20):
            for j in range(20):
                weights = lams[:, None]
                x_mix = weights * x[0, i] + (1 - weights) * x[0, j]
                y_mix = weights * y[0, i] + (1 - weights) * y[0, j]
                logits = captured["model"](torch.stack([x_mix, x_mix]))[0]
                total += float(-(y_mix * logits.log_softmax(-1)).sum(-1).double().mean()) / 400
    assert outcome.columns["mixup_loss"][0] == pytest.approx(total, rel=1e-4)


def test_resnet18_trains_on_images_and_uses_running_statistics_for_tests(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (60, 3, 32, 32), dtype=torch.uint8, generator=generator)
    labels = torch.arange(60) % 3
    dataset = Dataset(
        "arrays", images, labels, images[:30], labels[:30], 3, ("a", "b", "c"),
        torch.full((3,), 0.5), torch.full((3,), 0.25), "made up", "",
    )  # fmt: skip
    config = RunConfig(data="arrays", model="resnet18", width=2, n=30, batch_size=10, epochs=3, lr=0.05)
    mixup, erm, switched = train_together([config, config.but(alpha=0.0), config.but(switch_epoch=2)], dataset)
    assert np.isfinite(mixup.columns["objective"]).all()
    assert np.array_equal(mixup.columns["objective"][:2], switched.columns["objective"][:2])
    assert not np.array_equal(mixup.columns["objective"], erm.columns["objective"])
    monkeypatch.setattr(evaluation, "CHUNK", 7)  # statistics of a batch would make the test loss depend on it
    (again,) = train_together([erm.config], dataset)
    assert again.columns["test_loss"] == pytest.approx(erm.columns["test_loss"], rel=1e-4, nan_ok=True)

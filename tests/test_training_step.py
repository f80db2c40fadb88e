"""Stacked training equals a plain eager loop, run by run, and measuring it changes nothing."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from mixrepro.config import RunConfig
from mixrepro.data import load, shifted, train_subset
from mixrepro.data.augment import MOST_SHIFT, draw_crop_flip, draw_shift
from mixrepro.data.dataset import Dataset, channel_statistics
from mixrepro.mixup import mix_batch, sample_lam
from mixrepro.models import build, restore
from mixrepro.rng import stream
from mixrepro.training import evaluation, stack
from mixrepro.training.curve import shifted_column
from mixrepro.training.draws import draw_epoch
from mixrepro.training.points import Points
from mixrepro.training.step import batch_loss
from mixrepro.training.tables import draw_tables
from mixrepro.training.trial import train_together

STEPS = 20


@pytest.fixture(scope="module")
def images() -> Dataset:
    """Images of noise in the form of CIFAR-10, smaller: batch norm and crops need images, not sense."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (80, 3, 16, 16), generator=generator, dtype=torch.uint8)
    y = torch.arange(80) % 10
    names = tuple("0123456789")
    mean, std = channel_statistics(x[:60])
    return Dataset("cifar10", x[:60], y[:60], x[60:], y[60:], 10, names, mean, std, "noise", "")


def smooth(*arguments) -> nn.Module:
    """Build a network, with SiLU in the place of ReLU where it has modules for it.

    Among a million inputs of ReLUs one lies within rounding of the kink in some step, and there two loops part
    that round differently.
    """
    network = build(*arguments)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                setattr(module, name, nn.SiLU())
    return network


def plain_network(config: RunConfig, dataset: Dataset) -> nn.Module:
    """Build the network of a run as a single ordinary module."""
    stacked = smooth(config, [config.seed], dataset.x_train.shape[1:], 10)
    if config.model != "mlp":
        return stacked.replicas[0]
    layers = []
    for layer in stacked.layers:
        linear = nn.Linear(layer.weight.shape[2], layer.weight.shape[1])
        linear.weight.data, linear.bias.data = layer.weight[0].detach().clone(), layer.bias[0, 0].detach().clone()
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def plain_augmented(config: RunConfig, x: Tensor, epoch: int) -> Tensor:
    """Augment the points of an epoch one by one, in the order in which they are trained on."""
    generator = stream(config.seed, "augment", epoch)
    if config.augment == "shift":
        places = draw_shift(config.n, MOST_SHIFT, generator)
        return torch.stack([point.roll(int(by)) for point, by in zip(x, places, strict=True)])
    height, width = x.shape[-2:]
    cropped = []
    for image, (top, left, flipped) in zip(x, draw_crop_flip(config.n, generator).tolist(), strict=True):
        crop = functional.pad(image, (4, 4, 4, 4))[:, top : top + height, left : left + width]
        cropped.append(crop.flip(2) if flipped else crop)
    return torch.stack(cropped)


def plain_objectives(config: RunConfig, dataset: Dataset) -> list[float]:
    """Train one network the ordinary way and return each epoch's mean loss: a literal transcription."""
    subset = train_subset(dataset, config)
    x, y = dataset.x_train[subset], dataset.y_train[subset]
    network = plain_network(config, dataset)
    optimizer = torch.optim.SGD(
        network.parameters(), config.lr, momentum=config.momentum, weight_decay=config.weight_decay
    )
    objectives = []
    for epoch in range(config.epochs):
        for group in optimizer.param_groups:
            group["lr"] = config.lr_at(epoch)
        order = stream(config.seed, "order", epoch).permutation(config.n)
        x_epoch = x[order] if config.augment == "none" else plain_augmented(config, x[order], epoch)
        if x_epoch.dtype == torch.uint8:
            mean, std = (part[:, None, None] for part in (dataset.mean, dataset.std))
            x_epoch = (x_epoch.float() / 255 - mean) / std
        partner = stream(config.seed, "partner", epoch)
        steps = -(-config.n // config.batch_size)
        alpha = config.alpha_at(epoch)
        lams = sample_lam(
            alpha, steps if config.lam_per == "batch" else config.n, stream(config.seed, "lam", epoch)
        )
        total = 0.0
        for step in range(steps):
            batch = slice(step * config.batch_size, (step + 1) * config.batch_size)
            x_batch, y_batch = x_epoch[batch], functional.one_hot(y[order[batch]], 10).float()
            perm = partner.permutation(len(x_batch))
            if config.lam_per == "batch":
                lam_x = lam_y = torch.tensor(float(lams[step]))
            else:
                lam_y = torch.from_numpy(lams[batch].astype(np.float32))[:, None]
                lam_x = lam_y.reshape(-1, *[1] * (x.ndim - 1))
            x_mix = lam_x * x_batch + (1 - lam_x) * x_batch[perm]
            y_mix = lam_y * y_batch + (1 - lam_y) * y_batch[perm]
            if config.loss == "mse":
                loss = functional.mse_loss(network(x_mix).softmax(-1), y_mix)
            elif config.loss == "regmixup":
                # One batch of both kinds: batch norm takes its statistics over all of it.
                logits = network(torch.cat([x_batch, x_mix]))
                loss = functional.cross_entropy(logits[: len(x_batch)], y_batch)
                if alpha:  # ERM has no mixed term
                    loss = loss + config.eta * functional.cross_entropy(logits[len(x_batch) :], y_mix)
            else:
                loss = functional.cross_entropy(network(x_mix), y_mix)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(x_batch) / config.n
        objectives.append(total)
    return objectives


VARIANTS = {
    "mixup": {},
    "erm": dict(alpha=0.0),
    "switched": dict(switch_epoch=2),
    "lam per sample": dict(lam_per="sample"),
    "weight decay and milestone": dict(weight_decay=1e-2, milestones=(2,)),
    "no momentum": dict(momentum=0.0),
    "mse": dict(loss="mse"),
    "regmixup": dict(loss="regmixup", eta=0.5),
    "regmixup switched": dict(loss="regmixup", eta=0.5, switch_epoch=2),
    "shifted": dict(augment="shift"),
    "shifted, erm": dict(augment="shift", alpha=0.0),
}

IMAGE_VARIANTS = {
    "mixup": {},
    "cropped": dict(augment="crop_flip"),
    "cropped, erm": dict(augment="crop_flip", alpha=0.0),
    "lam per sample": dict(lam_per="sample"),
    "regmixup": dict(loss="regmixup", eta=2.0),
    "mse": dict(loss="mse", lr=0.05),  # its gradients are smaller
}


@pytest.mark.parametrize("fields", VARIANTS.values(), ids=VARIANTS.keys())
def test_stacked_training_equals_plain_loop(fields):
    # Four steps an epoch, the last batch smaller: five epochs are the first twenty steps.
    config = RunConfig(n=100, width=32, batch_size=30, epochs=STEPS // 4, **fields)
    outcomes = train_together([config.but(seed=seed) for seed in (0, 1)], load(config))
    for outcome in outcomes:
        plain = plain_objectives(outcome.config, load(config))
        assert outcome.columns["objective"] == pytest.approx(plain, rel=1e-6)


def image_run(**fields) -> RunConfig:
    # Rounding grows from step to step through batch norm; a low rate keeps it below what is asked for.
    start = dict(data="cifar10", model="resnet18", width=8, n=60, batch_size=16, lr=0.002, epochs=STEPS // 4)
    return RunConfig(**{**start, **fields})


@pytest.mark.parametrize("fields", IMAGE_VARIANTS.values(), ids=IMAGE_VARIANTS.keys())
def test_training_on_images_equals_plain_loop(fields, images, monkeypatch):
    monkeypatch.setattr(stack, "build", smooth)
    config = image_run(**fields)
    outcomes = train_together([config.but(seed=seed) for seed in (0, 1)], images)
    for outcome in outcomes:
        plain = plain_objectives(outcome.config, images)
        assert outcome.columns["objective"] == pytest.approx(plain, rel=1e-6)


def test_regmixup_shares_batch_statistics(images):
    config = image_run(loss="regmixup", eta=2.0, epochs=1, batch_size=60)
    network, x, y, perm, lam = *first_batch(config, images), torch.tensor([0.3])
    x_mix, y_mix = mix_batch(x, y, lam, perm)
    network.requires_grad_(False)
    apart = [functional.cross_entropy(network(part)[0], of[0]) for part, of in ((x, y), (x_mix, y_mix))]
    ours = float(batch_loss(network, config, x, y, lam, perm, torch.tensor([2.0])))
    logits = network.replicas[0](torch.cat([x[0], x_mix[0]]))
    together = [
        functional.cross_entropy(part, of[0]) for part, of in zip(logits.chunk(2), (y, y_mix), strict=True)
    ]
    assert ours == pytest.approx(float(together[0] + 2 * together[1]), rel=1e-6)
    assert ours != pytest.approx(float(apart[0] + 2 * apart[1]), rel=1e-4)


def first_batch(config: RunConfig, dataset: Dataset) -> tuple[nn.Module, Tensor, Tensor, Tensor]:
    """Return the network of a run and the x, y and partners of its first batch."""
    points, draws = Points(dataset, [config], torch.device("cpu")), draw_epoch([config], 0, torch.device("cpu"))
    _, x, y = next(points.batches(draws.order, config.batch_size, draws.augment))
    network = build(config, [config.seed], dataset.x_train.shape[1:], 10)
    return network, x, y, draws.perm[:, : config.batch_size]


@pytest.mark.parametrize("augment", ["shift", "crop_flip"])
def test_erm_and_mixup_of_a_seed_see_the_same_augmented_points(augment, images):
    config = RunConfig(n=60, width=8, batch_size=60, epochs=1) if augment == "shift" else image_run(batch_size=60)
    dataset = load(config) if augment == "shift" else images
    seen = {}
    for how in (augment, "none"):
        run = config.but(augment=how, epochs=1)
        runs = [run.but(alpha=0.0), run, run.but(seed=1)]
        points = Points(dataset, runs, torch.device("cpu"))
        seen[how] = draw_tables(runs, 0, points).mixed(points, slice(0, run.n), 0).x
    erm, mixup, other_seed = seen[augment]
    assert torch.equal(erm, mixup)
    assert not torch.equal(erm, other_seed)
    kept = (erm == seen["none"][0]).flatten(1).all(1).float().mean()
    assert kept < 0.4  # one of nine shifts, one of 162 crops with flip, leaves a point as it is


SHIFTS = ("iid_noise-1", "translation-1")


def measured_run(**fields) -> RunConfig:
    return RunConfig(**{**dict(n=40, width=8, batch_size=15, epochs=8, snapshots=(8,)), **fields})


@pytest.mark.parametrize("augment", ["none", "shift"])
def test_snapshots_and_shifted_sets_change_nothing(augment):
    config = measured_run(augment=augment)
    more = config.but(snapshots=(2, 5, 8), shifted_sets=SHIFTS)
    dataset = load(config)
    further = [shifted.load(name, dataset) for name in SHIFTS]
    usual = train_together([config, config.but(alpha=0.0)], dataset)
    measured = train_together([more, more.but(alpha=0.0)], dataset, shifted=further)
    for ours, theirs in zip(measured, usual, strict=True):
        assert np.array_equal(ours.columns["objective"], theirs.columns["objective"])
        for name, weights in theirs.snapshots[8].items():
            assert np.array_equal(ours.snapshots[8][name], weights), name


def test_gradient_norms_leave_weights_statistics_and_momentum_alone(images):
    config = image_run(augment="crop_flip", epochs=2)
    trained = stack.Stack([config, config.but(alpha=0.0)], images, torch.device("cpu"))
    trained.train_epoch(0)
    networks = (trained.model, trained.momentum, trained.best)
    before = [{name: part.clone() for name, part in network.state_dict().items()} for network in networks]
    trained.measure(1)
    assert trained.curves[0].measured[1]["gradient_norm"] > 0
    for network, state in zip(networks, before, strict=True):
        assert all(torch.equal(part, state[name]) for name, part in network.state_dict().items())


def test_shifted_columns_are_the_restored_network_on_the_shifted_set():
    config = measured_run(snapshots=(5, 8), shifted_sets=SHIFTS)
    dataset = load(config)
    further = {name: shifted.load(name, dataset) for name in SHIFTS}
    outcome = train_together([config, config.but(seed=1)], dataset, shifted=list(further.values()))[0]
    for epoch in config.snapshots:
        network = restore(config, outcome.snapshots[epoch], dataset.x_train.shape[1:], 10).eval()
        for name, which in further.items():
            with torch.no_grad():
                logits = network(which.x[None])[0]
            accuracy = np.mean(
                [int(row.argmax()) == int(label) for row, label in zip(logits, which.y, strict=True)]
            )
            loss = functional.cross_entropy(logits.double(), which.y)
            columns = outcome.columns
            assert columns[shifted_column(name)][epoch - 1] == pytest.approx(accuracy, abs=1e-12)
            assert columns[shifted_column(name, "test_loss")][epoch - 1] == pytest.approx(float(loss), rel=1e-5)


def test_calibration_error_is_a_sum_over_fifteen_bins():
    config = measured_run(n=100, epochs=30, snapshots=(30,))
    dataset = load(config)
    points = Points(dataset, [config], torch.device("cpu"))
    num_points = 777  # several chunks, the last one smaller
    for outcome in train_together([config, config.but(alpha=0.0)], dataset):
        network = restore(config, outcome.snapshots[30], dataset.x_train.shape[1:], 10)
        with torch.no_grad():
            probabilities = network(dataset.x_test[None, :num_points])[0].softmax(-1)
        confidence, answers = (part.tolist() for part in probabilities.max(-1))
        hits = [answer == label for answer, label in zip(answers, dataset.y_test.tolist(), strict=False)]
        expected = 0.0
        for k in range(15):
            inside = [i for i in range(num_points) if k / 15 < confidence[i] <= (k + 1) / 15]
            if inside:
                hit_rate, mean_confidence = (np.mean([of[i] for i in inside]) for of in (hits, confidence))
                expected += len(inside) / num_points * abs(hit_rate - mean_confidence)
        found = evaluation.figures(network, points.test, num_points)[:, 0].tolist()
        assert expected > 0.01  # else nothing was tested
        assert found[1:] == pytest.approx([np.mean(hits), expected], abs=1e-6)
        whole = evaluation.figures(network, points.test, len(dataset.y_test))[2, 0]
        assert outcome.columns["test_calibration_error"][-1] == pytest.approx(float(whole), abs=1e-9)

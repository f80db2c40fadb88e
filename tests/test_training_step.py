"""Stacked training equals a plain eager loop, run by run."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from mixrepro.config import RunConfig
from mixrepro.data import load, train_subset
from mixrepro.mixup import sample_lam
from mixrepro.models import build
from mixrepro.rng import stream
from mixrepro.training.trial import train_together

STEPS = 20


def plain_objectives(config: RunConfig) -> list[float]:
    """Train one MLP the ordinary way and return each epoch's mean loss: a literal transcription."""
    dataset = load(config)
    subset = train_subset(dataset, config)
    x, y = dataset.x_train[subset], dataset.y_train[subset]
    stacked = build(config, [config.seed], x.shape[1:], 10)
    layers = []
    for layer in stacked.layers:
        linear = nn.Linear(layer.weight.shape[2], layer.weight.shape[1])
        linear.weight.data, linear.bias.data = layer.weight[0].detach().clone(), layer.bias[0, 0].detach().clone()
        layers += [linear, nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(
        network.parameters(), config.lr, momentum=config.momentum, weight_decay=config.weight_decay
    )
    objectives = []
    for epoch in range(config.epochs):
        for group in optimizer.param_groups:
            group["lr"] = config.lr_at(epoch)
        order = stream(config.seed, "order", epoch).permutation(config.n)
        partner = stream(config.seed, "partner", epoch)
        steps = -(-config.n // config.batch_size)
        alpha = config.alpha_at(epoch)
        lams = sample_lam(
            alpha, steps if config.lam_per == "batch" else config.n, stream(config.seed, "lam", epoch)
        )
        total = 0.0
        for step in range(steps):
            places = order[step * config.batch_size : (step + 1) * config.batch_size]
            x_batch, y_batch = x[places], functional.one_hot(y[places], 10).float()
            perm = partner.permutation(len(places))
            if config.lam_per == "batch":
                lam = torch.tensor(float(lams[step]))
            else:
                part = lams[step * config.batch_size : (step + 1) * config.batch_size]
                lam = torch.from_numpy(part.astype(np.float32))[:, None]
            x_mix = lam * x_batch + (1 - lam) * x_batch[perm]
            y_mix = lam * y_batch + (1 - lam) * y_batch[perm]
            if config.loss == "mse":
                loss = functional.mse_loss(network(x_mix).softmax(-1), y_mix)
            elif config.loss == "regmixup":
                loss = functional.cross_entropy(network(x_batch), y_batch)
                if alpha:  # ERM has no mixed term
                    loss = loss + config.eta * functional.cross_entropy(network(x_mix), y_mix)
            else:
                loss = functional.cross_entropy(network(x_mix), y_mix)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(places) / config.n
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
}


@pytest.mark.parametrize("fields", VARIANTS.values(), ids=VARIANTS.keys())
def test_stacked_training_equals_plain_loop(fields):
    # Four steps an epoch, the last batch smaller: five epochs are the first twenty steps.
    config = RunConfig(n=100, width=32, batch_size=30, epochs=STEPS // 4, **fields)
    outcomes = train_together([config.but(seed=seed) for seed in (0, 1)], load(config))
    for outcome in outcomes:
        assert outcome.columns["objective"] == pytest.approx(plain_objectives(outcome.config), rel=1e-6)

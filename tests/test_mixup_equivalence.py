"""Mixing agrees with torchvision's and timm's Mixup, images and labels, whatever lam they draw."""

import numpy as np
import pytest
import torch
from timm.data import Mixup
from torch.nn.functional import one_hot
from torchvision.transforms import v2

from mixrepro.mixup import mix_batch

BATCH, CLASSES, REPLICAS = 8, 10, 3


@pytest.fixture
def images():
    return torch.rand(BATCH, 3, 5, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def labels():
    # All different, so that lam of a point can be read off its mixed label.
    return torch.randperm(CLASSES, generator=torch.Generator().manual_seed(1))[:BATCH]


def mixed_by_torchvision(images, labels, alpha, seed):
    torch.manual_seed(seed)
    return v2.MixUp(alpha=alpha, num_classes=CLASSES)(images, labels)


def mixed_by_timm(images, labels, alpha, seed, mode="batch"):
    np.random.seed(seed)  # timm draws from numpy's global state
    mixer = Mixup(mixup_alpha=alpha, mode=mode, label_smoothing=0, num_classes=CLASSES)
    return mixer(images.clone(), labels.clone())  # it mixes in place


#: Library -> how it mixes, and the partner of each point: torchvision rolls the batch by one, timm reverses it.
LIBRARIES = {
    "torchvision": (mixed_by_torchvision, torch.arange(BATCH).roll(1)),
    "timm": (mixed_by_timm, torch.arange(BATCH).flip(0)),
}


def own_weights(y_mix, labels):
    """Read off each mixed label how much of it is the point's own class: lam."""
    return y_mix.gather(1, labels[:, None])[:, 0]


def agree(ours, theirs):
    return all(torch.allclose(mine, other, atol=1e-6) for mine, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(("mix", "partner"), LIBRARIES.values(), ids=LIBRARIES.keys())
@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_one_lam_for_the_batch_agrees(images, labels, mix, partner, alpha):
    theirs = mix(images, labels, alpha, seed=3)
    lams = own_weights(theirs[1], labels)
    lam = float(lams[0])
    assert 0.0 < lam < 1.0
    assert torch.allclose(lams, lams[:1])
    y = one_hot(labels, CLASSES).float()
    assert agree(mix_batch(images, y, lam, partner), theirs)
    # The comparison tells lam from 1 - lam, and the partner from another point.
    assert not agree(mix_batch(images, y, 1 - lam, partner), theirs)
    assert not agree(mix_batch(images, y, lam, partner.roll(1)), theirs)


@pytest.mark.parametrize("mode", ["elem", "pair"])
def test_one_lam_a_point_agrees_with_timm(images, labels, mode):
    theirs = mixed_by_timm(images, labels, 1.0, seed=4, mode=mode)
    lam = own_weights(theirs[1], labels)
    assert len(lam.unique()) == (BATCH if mode == "elem" else BATCH // 2)
    y, partner = one_hot(labels, CLASSES).float(), torch.arange(BATCH).flip(0)
    # One lam a point is an axis of a stack of replicas.
    x_mix, y_mix = mix_batch(images[None], y[None], lam[None], partner[None])
    assert agree((x_mix[0], y_mix[0]), theirs)


@pytest.mark.parametrize(("mix", "partner"), LIBRARIES.values(), ids=LIBRARIES.keys())
def test_a_stack_agrees_replica_by_replica(images, labels, mix, partner):
    stack = torch.stack([images.roll(replica, 0) for replica in range(REPLICAS)])
    classes = torch.stack([labels.roll(replica, 0) for replica in range(REPLICAS)])
    theirs = [mix(stack[replica], classes[replica], 1.0, seed=10 + replica) for replica in range(REPLICAS)]
    lam = torch.stack([own_weights(y, own)[0] for (_, y), own in zip(theirs, classes, strict=True)])
    assert len(lam.unique()) == REPLICAS
    ours = mix_batch(stack, one_hot(classes, CLASSES).float(), lam, partner.expand(REPLICAS, -1))
    assert all(agree((ours[0][r], ours[1][r]), theirs[r]) for r in range(REPLICAS))

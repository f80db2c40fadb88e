"""Stacked networks compute what ordinary PyTorch modules compute, replica by replica."""

import pytest
import torch
from torch import nn

from mixrepro.config import RunConfig
from mixrepro.models import build
from mixrepro.models.batched import Affine, Windows

SEQUENCE, IMAGE = torch.Size([40]), torch.Size([3, 32, 32])


def plain_mlp(stacked, replica):
    layers = []
    for layer in stacked.layers:
        linear = nn.Linear(layer.weight.shape[2], layer.weight.shape[1])
        linear.weight.data, linear.bias.data = layer.weight[replica].detach(), layer.bias[replica, 0].detach()
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def plain_conv1d(stacked, replica):
    layers = []
    for layer in stacked.convolutions:
        out, inputs = layer.weight.shape[1], layer.weight.shape[2] // layer.kernel
        convolution = nn.Conv1d(inputs, out, layer.kernel, stride=2, padding=1)
        weight = layer.weight[replica].detach().view(out, layer.kernel, inputs).transpose(1, 2)
        convolution.weight.data, convolution.bias.data = weight.contiguous(), layer.bias[replica, 0].detach()
        layers += [convolution, nn.ReLU()]
    read_out = nn.Linear(stacked.read_out.weight.shape[2], stacked.read_out.weight.shape[1])
    read_out.weight.data = stacked.read_out.weight[replica].detach()
    read_out.bias.data = stacked.read_out.bias[replica, 0].detach()

    def forward(x):
        return read_out(nn.Sequential(*layers)(x[:, None]).transpose(1, 2).flatten(1))

    return forward


@pytest.mark.parametrize(("model", "plain"), [("mlp", plain_mlp), ("conv1d", plain_conv1d)])
def test_stacked_network_equals_plain_modules(model, plain):
    network = build(RunConfig(model=model, width=12, depth=3), [0, 1, 2], SEQUENCE, 10)
    x = torch.randn(3, 7, 40, generator=torch.Generator().manual_seed(0))
    logits = network(x)
    assert logits.shape == (3, 7, 10)
    for replica in range(3):
        assert torch.allclose(logits[replica], plain(network, replica)(x[replica]), atol=1e-5)


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (RunConfig(width=8), SEQUENCE),
        (RunConfig(model="conv1d", width=4), SEQUENCE),
        (RunConfig(data="cifar10", model="resnet18", width=2), IMAGE),
    ],
    ids=["mlp", "conv1d", "resnet18"],
)
class TestReplicas:
    def test_initial_weights_depend_on_the_seed_alone(self, config, shape):
        x = torch.randn(1, 2, *shape, generator=torch.Generator().manual_seed(0))
        torch.manual_seed(123)
        pair = build(config, [4, 5], shape, 10).eval()
        torch.manual_seed(321)
        swapped = build(config, [5, 4], shape, 10).eval()
        ours, theirs = pair(x.expand(2, *x.shape[1:])), swapped(x.expand(2, *x.shape[1:]))
        assert torch.allclose(ours, theirs.flip(0))
        assert not torch.allclose(ours[0], ours[1])

    def test_building_leaves_the_global_random_state_alone(self, config, shape):
        torch.manual_seed(7)
        expected = torch.rand(3)
        torch.manual_seed(7)
        build(config, [0], shape, 10)
        assert torch.equal(torch.rand(3), expected)

    def test_select_copies_the_named_replicas(self, config, shape):
        network = build(config, [0, 1, 2], shape, 10).eval()
        chosen = network.select([2, 0, 2])
        x = torch.randn(1, 2, *shape, generator=torch.Generator().manual_seed(0)).expand(
            3, *[-1] * (1 + len(shape))
        )
        assert chosen.size == 3
        assert torch.allclose(chosen(x), network(x)[[2, 0, 2]], atol=1e-6)
        next(chosen.parameters()).data.zero_()
        assert next(network.parameters()).abs().sum() > 0

    def test_copy_from_overwrites_masked_replicas_only(self, config, shape):
        network, other = build(config, [0, 1], shape, 10).eval(), build(config, [2, 3], shape, 10).eval()
        x = torch.randn(1, 2, *shape, generator=torch.Generator().manual_seed(0)).expand(
            2, *[-1] * (1 + len(shape))
        )
        before, theirs = network(x), other(x)
        network.copy_from(other, torch.tensor([False, True]))
        assert torch.allclose(network(x)[0], before[0])
        assert torch.allclose(network(x)[1], theirs[1])


@pytest.mark.parametrize(("length", "kernel", "stride"), [(9, 3, 2), (10, 5, 2), (7, 3, 1), (8, 2, 3)])
def test_windows_gradient_is_right(length, kernel, stride):
    x = torch.randn(2, 3, length, 2, dtype=torch.float64, requires_grad=True)
    expected = x.unfold(2, kernel, stride).transpose(-1, -2).flatten(3)
    assert torch.equal(Windows.apply(x, kernel, stride), expected)
    assert torch.autograd.gradcheck(lambda x: Windows.apply(x, kernel, stride), x)


def test_affine_gradient_is_right():
    shapes = ((2, 3, 4), (2, 5, 4), (2, 1, 5))
    arguments = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(Affine.apply, arguments)

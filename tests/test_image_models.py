"""Networks for images are the published ones: layer by layer, and in what they compute."""

import itertools
import math
from functools import partial
from typing import get_args

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models import resnet18, resnet34, vgg

from mixrepro.config import Model, RunConfig
from mixrepro.errors import ConfigError
from mixrepro.models import REPLICATED, STACKED, build
from mixrepro.models.folded import folded

CIFAR, GREY = torch.Size([3, 32, 32]), torch.Size([1, 28, 28])
NAMES = list(REPLICATED)

# Published for 10 classes: resnet18, preact_resnet18, vgg16 in the README of
# github.com/laisimiao/classification-cifar10-pytorch (commit 02bc38f), the first and the last also in Table 7 of
# arXiv:2306.16869. The 34-layer ResNets are those of github.com/kuangliu/pytorch-cifar (commit 49b7aa9), counted;
# github.com/weiaicunzai/pytorch-cifar100 gives 21.3 M for resnet34 and 100 classes.
PUBLISHED = [
    ("resnet18", 10, 11_173_962),
    ("resnet34", 10, 21_282_122),
    ("resnet34", 100, 21_328_292),
    ("preact_resnet18", 10, 11_171_146),
    ("preact_resnet34", 10, 21_279_306),
    ("vgg16", 10, 14_728_266),
]
BLOCKS_A_STAGE = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3)}


def conv(inputs, outputs, kernel=3):
    return inputs * outputs * kernel**2


def norm(channels):
    return 2 * channels


def resnet_layers(blocks, num_classes, width, pre_activation):
    """Count each layer: stem, then for each block two convolutions, two normalizations and perhaps a shortcut."""
    layers = [conv(3, width)] if pre_activation else [conv(3, width), norm(width)]
    inputs = width
    for stage, count in enumerate(blocks):
        outputs = width << stage
        for _ in range(count):
            layers += [conv(inputs, outputs), conv(outputs, outputs), norm(outputs)]
            layers += [norm(inputs if pre_activation else outputs)]
            if inputs != outputs:
                layers += [conv(inputs, outputs, kernel=1)] + ([] if pre_activation else [norm(outputs)])
            inputs = outputs
    return [*layers, inputs * num_classes + num_classes]


def vgg16_layers(num_classes, width):
    """Count each layer of torchvision's configuration D (widths relative to 64); its convolutions have a bias."""
    channels = [3, *(entry * width // 64 for entry in vgg.cfgs["D"] if entry != "M")]
    layers = []
    for inputs, outputs in itertools.pairwise(channels):
        layers += [conv(inputs, outputs) + outputs, norm(outputs)]
    return [*layers, channels[-1] * num_classes + num_classes]


def layers_of(model, num_classes, width):
    if model == "vgg16":
        return vgg16_layers(num_classes, width)
    blocks = BLOCKS_A_STAGE[model.removeprefix("preact_")]
    return resnet_layers(blocks, num_classes, width, pre_activation=model.startswith("preact_"))


def network_for(model, width, seeds=(0,), num_classes=10, shape=CIFAR):
    return build(RunConfig(data="cifar10", model=model, width=width), seeds, shape, num_classes)


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("model", "num_classes", "published"), PUBLISHED)
def test_full_network_has_the_published_number_of_parameters(model, num_classes, published):
    layers = layers_of(model, num_classes, width=64)
    with torch.device("meta"):
        network = REPLICATED[model](num_classes)
    counted = [sum(p.numel() for p in module.parameters(recurse=False)) for module in network.modules()]
    assert sum(layers) == published
    assert sorted(count for count in counted if count) == sorted(layers)


@pytest.mark.parametrize("model", NAMES)
@pytest.mark.parametrize("width", [8, 12])
def test_width_scales_every_layer(model, width):
    parameters = network_for(model, width, num_classes=7).parameters()
    assert sum(p.numel() for p in parameters) == sum(layers_of(model, 7, width))


def torchvision_resnet(constructor):
    network = constructor(num_classes=10)
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network


def torchvision_vgg16():
    return nn.Sequential(vgg.make_layers(vgg.cfgs["D"], batch_norm=True), nn.Flatten(), nn.Linear(512, 10))


@pytest.mark.parametrize(
    ("model", "reference"),
    [
        ("resnet18", partial(torchvision_resnet, resnet18)),
        ("resnet34", partial(torchvision_resnet, resnet34)),
        ("vgg16", torchvision_vgg16),
    ],
)
def test_network_computes_what_torchvisions_does_with_a_cifar_stem(model, reference):
    (ours,) = network_for(model, 64).replicas
    theirs = reference()
    weights = ours.state_dict().values()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), weights, strict=True)))
    x = images(2, *CIFAR)
    assert torch.allclose(ours(x), theirs(x), atol=1e-4)


@pytest.mark.parametrize("model", ["preact_resnet18", "preact_resnet34"])
def test_pre_activation_network_computes_its_equations(model):
    (network,) = network_for(model, 8).replicas
    x = images(5, *CIFAR)
    weights = dict(network.named_parameters())

    def active(h, name):
        mean, variance = h.mean((0, 2, 3), keepdim=True), h.var((0, 2, 3), keepdim=True, correction=0)
        scale, shift = (weights[f"{name}.{part}"].view(1, -1, 1, 1) for part in ("weight", "bias"))
        return ((h - mean) / (variance + 1e-5).sqrt() * scale + shift).clamp(min=0)

    h = functional.conv2d(x, weights["stem.weight"], padding=1)
    for block in range(sum(BLOCKS_A_STAGE[model.removeprefix("preact_")])):
        name = f"blocks.{block}"
        first, second = weights[f"{name}.conv1.weight"], weights[f"{name}.conv2.weight"]
        a = active(h, f"{name}.bn1")
        stride = first.shape[0] // first.shape[1]  # a stage that doubles the channels halves the image
        if stride == 2:
            h = functional.conv2d(a, weights[f"{name}.shortcut.weight"], stride=2)
        inner = functional.conv2d(a, first, stride=stride, padding=1)
        h = h + functional.conv2d(active(inner, f"{name}.bn2"), second, padding=1)
    expected = h.mean((2, 3)) @ weights["read_out.weight"].T + weights["read_out.bias"]
    assert torch.allclose(network(x), expected, atol=1e-4)


@pytest.mark.parametrize("model", NAMES)
class TestImageNetwork:
    def test_one_step_lowers_the_loss_of_its_own_batch(self, model):
        network = network_for(model, 8)
        x, y = images(1, 20, *CIFAR), torch.arange(20) % 10
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
        losses = []
        for _ in range(2):
            loss = functional.cross_entropy(network(x)[0], y)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        assert losses[1] < losses[0]

    def test_full_width_network_gives_every_parameter_a_gradient(self, model):
        network = network_for(model, 64)
        logits = network(images(1, 4, *CIFAR))
        functional.cross_entropy(logits[0], torch.arange(4)).backward()
        assert logits.shape == (1, 4, 10)
        assert all(p.grad.isfinite().all() for p in network.parameters())
        assert all(p.grad.any() for p in network.parameters() if p.dim() > 1)

    def test_maps_grey_images_of_another_size_to_logits(self, model):
        network = network_for(model, 4, seeds=[0, 1], num_classes=7, shape=GREY)
        assert network(images(2, 3, *GREY)).shape == (2, 3, 7)

    @pytest.mark.parametrize(
        ("width", "expected"),
        [(8, torch.channels_last), (4, torch.contiguous_format), (12, torch.contiguous_format)],
    )
    def test_every_convolution_works_in_the_layout_of_the_width(self, model, width, expected):
        network = network_for(model, width)
        convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
        seen = []
        for module in convolutions:
            module.register_forward_hook(lambda _, inputs, output: seen.extend([*inputs, output]))
        network(images(1, 3, *CIFAR)).sum().backward()
        assert len(seen) == 2 * len(convolutions)
        tensors = seen + [module.weight for module in convolutions]
        assert all(tensor.is_contiguous(memory_format=expected) for tensor in tensors)

    def test_initial_weights_depend_on_the_seed_alone(self, model):
        torch.manual_seed(123)
        before = torch.random.get_rng_state()
        four, five = network_for(model, 8, seeds=[4, 5]).replicas
        assert torch.equal(torch.random.get_rng_state(), before)
        torch.manual_seed(321)
        (again,) = network_for(model, 8, seeds=[4]).replicas
        for ours, same, other in zip(four.parameters(), again.parameters(), five.parameters(), strict=True):
            assert torch.equal(ours, same)
            constant = ours.dim() == 1 and (ours == ours[0]).all()  # scale and shift of a normalization
            assert constant or not torch.equal(ours, other)

    def test_weights_start_as_pytorch_draws_them(self, model):
        # Default of nn.Conv2d and nn.Linear: uniform in +-1/sqrt(fan_in), of standard deviation bound / sqrt(3).
        (network,) = network_for(model, 16).replicas
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                bound = 1 / math.sqrt(module.weight[0].numel())
                assert 0.98 * bound < module.weight.abs().max() <= bound
                assert module.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)
            elif isinstance(module, nn.BatchNorm2d):
                assert (module.weight == 1).all()
                assert (module.bias == 0).all()

    def test_is_refused_by_name_on_sequences(self, model):
        with pytest.raises(
            ConfigError, match=f"model: found '{model}', expected 'mlp' or 'conv1d' for the sequences"
        ):
            RunConfig(model=model)


@pytest.mark.parametrize(
    ("model", "kept"), [("resnet18", 0), ("resnet34", 0), ("vgg16", 0), ("preact_resnet18", 8)]
)
def test_folded_networks_answer_as_they_do_in_evaluation(model, kept):
    stack = build(RunConfig(data="arrays", model=model, width=4), [0, 1], torch.Size((3, 32, 32)), 10)
    x = torch.randn(2, 6, 3, 32, 32)
    norms = [module for module in stack.modules() if isinstance(module, nn.BatchNorm2d)]
    for each in norms:  # statistics and weights as after training, or a normalisation does next to nothing
        for part in (each.weight.data, each.bias.data, each.running_mean, each.running_var):
            part.add_(torch.rand(part.shape))
    before = {name: part.clone() for name, part in stack.state_dict().items()}
    less = folded(stack)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in less.modules()) == 2 * kept
    assert len(norms) > 2 * kept
    with torch.no_grad():
        torch.testing.assert_close(less(x), stack.eval()(x), rtol=1e-4, atol=1e-5)
    assert all(torch.equal(part, before[name]) for name, part in stack.state_dict().items())


def test_conv1d_is_refused_on_images_and_the_others_are_named():
    with pytest.raises(ConfigError, match="model: found 'conv1d'") as error:
        RunConfig(data="cifar10", model="conv1d")
    assert all(name in str(error.value) for name in ["mlp", *NAMES])


def test_every_model_of_the_configuration_has_a_constructor():
    assert {*STACKED, *REPLICATED} == set(get_args(Model))
    assert not STACKED.keys() & REPLICATED.keys()

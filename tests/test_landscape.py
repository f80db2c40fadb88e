"""Filter-normalised directions, the surface on real training points, and the rise, against slow transcriptions."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from mixrepro import landscape, models, sweep
from mixrepro.curvature import unstacked
from mixrepro.data import load
from mixrepro.errors import ConfigError
from mixrepro.training import evaluation
from mixrepro.training.points import Points
from surroundings import CONV, MLP, RESNET, surroundings


def plain(network, points, moved):
    """Compute loss and error of one network with PyTorch's own layers, from parameters in the stack's order."""
    model = unstacked(network)
    x, y = points.train(torch.arange(points.subset.shape[1])[None])
    places = dict(zip((name for name, _ in model.named_parameters()), moved, strict=True))
    with torch.no_grad():
        logits = functional_call(model, places, (x[0],))
        answers = y[0].argmax(-1)
        return nn.functional.cross_entropy(logits, answers).item(), (
            logits.argmax(-1) != answers
        ).double().mean().item()


def single(network, tensors):
    """Bring tensors like the parameters into the shapes of PyTorch's own layers (no convolution of a stack)."""
    if not hasattr(network, "layers"):
        return list(tensors)
    return [t[0, 0] if t.shape[1] == 1 else t[0] for t in tensors]


@pytest.mark.parametrize("config", [MLP, CONV, RESNET], ids=["mlp", "conv1d", "resnet18"])
def test_every_filter_of_a_direction_is_as_long_as_that_of_the_network(config):
    network, _ = surroundings(config)
    direction = landscape.random_direction(network, seed=5)
    for (name, parameter), way in zip(network.named_parameters(), direction, strict=True):
        assert way.shape == parameter.shape
        if name.endswith("bias") or parameter.ndim == 1:  # also the scales of batch normalization
            assert not way.any()
            continue
        whole = parameter.detach()[0] if config.data == "mnist1d" else parameter.detach()  # without replica axis
        for own, moved in zip(whole.flatten(1), way.view_as(whole).flatten(1), strict=True):
            assert moved.norm().item() == pytest.approx(own.norm().item(), rel=1e-5)
        assert abs(torch.cosine_similarity(whole.flatten(), way.flatten(), dim=0)) < 0.9


def test_a_filter_that_is_zero_is_not_moved():
    network, _ = surroundings(MLP)
    with torch.no_grad():
        network.layers[1].weight[0, 2] = 0
    way = landscape.random_direction(network, seed=0)[2]
    assert not way[0, 2].any()
    assert torch.isfinite(way).all()


def test_directions_depend_on_seed_and_number_and_on_the_network_only_by_scale():
    network, other = surroundings(MLP, 0)[0], surroundings(MLP, 1)[0]
    first = landscape.random_direction(network, 7, 0)[0]
    assert torch.equal(first, landscape.random_direction(network, 7, 0)[0])
    assert not torch.allclose(first, landscape.random_direction(network, 7, 1)[0])
    assert not torch.allclose(first, landscape.random_direction(network, 8, 0)[0])
    theirs = landscape.random_direction(other, 7, 0)[0]
    assert torch.cosine_similarity(first[0], theirs[0], dim=1).numpy() == pytest.approx(np.ones(6), abs=1e-5)


@pytest.mark.parametrize("config", [MLP, RESNET], ids=["mlp", "resnet18"])
def test_losses_are_those_of_a_network_moved_by_hand(config):
    network, points = surroundings(config)
    directions = [landscape.random_direction(network, 0, number) for number in (0, 1)]
    steps = np.random.default_rng(0).normal(size=(11 if config is MLP else 2, 2))  # more than one stack
    found = landscape.around(network, points, directions, steps)
    for (a, b), (loss, error) in zip(steps, found.T, strict=True):
        moved = [p.detach() + a * u + b * v for p, u, v in zip(network.parameters(), *directions, strict=True)]
        assert (loss, error) == pytest.approx(plain(network, points, single(network, moved)), rel=1e-4)


@pytest.mark.parametrize("config", [MLP, CONV], ids=["mlp", "conv1d"])
def test_surface_at_the_origin_is_the_training_loss_of_the_record(config, store):
    (record,) = sweep.train_missing([config], store, quiet=True)
    dataset = load(config)
    points = Points(dataset, [config], torch.device("cpu"))
    for epoch in config.snapshots:
        network = models.restore(config, record.weights(epoch), dataset.x_train.shape[1:], dataset.num_classes)
        axis, surface = landscape.surface(network, points, seed=0, reach=0.8, size=5)
        assert axis == pytest.approx([-0.8, -0.4, 0, 0.4, 0.8])
        assert surface[2, 2] == pytest.approx(record.at(epoch, "train_loss"), rel=1e-6)


def test_batch_norm_uses_its_running_statistics():
    network, points = surroundings(RESNET)
    with torch.no_grad():
        for _ in range(3):  # makes them differ from those of any batch
            network(points.train(torch.arange(5)[None])[0])
    expected = evaluation.on_train(network, points)[0, 0].item()
    before = {name: part.clone() for name, part in network.state_dict().items()}
    found = landscape.around(network, points, [landscape.random_direction(network, 0)], np.array([[0.0], [0.3]]))
    assert found[0, 0] == pytest.approx(expected, rel=1e-6)
    assert all(torch.equal(part, before[name]) for name, part in network.state_dict().items())


def test_rows_of_the_surface_follow_the_second_direction():
    network, points = surroundings(MLP)
    axis, surface = landscape.surface(network, points, seed=3, reach=1.0, size=5)
    directions = [landscape.random_direction(network, 3, number) for number in (0, 1)]
    right, up = landscape.around(network, points, directions, np.array([[axis[3], 0.0], [0.0, axis[4]]]))[0]
    assert surface[2, 3] == pytest.approx(right, rel=1e-6)
    assert surface[4, 2] == pytest.approx(up, rel=1e-6)


def test_rise_is_the_mean_over_directions_and_signs():
    network, points = surroundings(MLP)
    found = landscape.rise(network, points, seed=2, radii=(0.3, 0.9), num_directions=3)
    here = plain(network, points, single(network, network.parameters()))
    for radius, rise in zip((0.3, 0.9), found.T, strict=True):
        away = [
            plain(
                network,
                points,
                single(network, [p + sign * radius * w for p, w in zip(network.parameters(), way, strict=True)]),
            )
            for way in (landscape.random_direction(network, 2, number) for number in range(3))
            for sign in (1, -1)
        ]
        assert rise == pytest.approx(np.mean(away, axis=0) - here, rel=1e-4, abs=1e-6)


def test_rise_does_not_change_when_one_layer_grows_and_the_next_shrinks():
    network, points = surroundings(MLP)
    twin = network.select([0])
    with torch.no_grad():  # of a homogeneous network: it computes the same
        twin.layers[0].weight *= 10
        twin.layers[0].bias *= 10
        twin.layers[1].weight /= 10
    rises = [landscape.rise(each, points, 0, (0.5,), 4)[:, 0] for each in (network, twin)]
    assert rises[1] == pytest.approx(rises[0], rel=1e-3)
    with torch.no_grad():  # a wrong factor shows
        twin.layers[1].weight *= 2
    assert landscape.rise(twin, points, 0, (0.5,), 4)[0, 0] != pytest.approx(rises[0][0], rel=0.05)


def test_rise_of_the_error_does_not_change_with_the_size_of_the_outputs():
    network, points = surroundings(MLP)
    twin = network.select([0])
    with torch.no_grad():
        twin.layers[2].weight *= 10
        twin.layers[2].bias *= 10
    (loss, error), (loss_10, error_10) = (landscape.rise(n, points, 0, (1.0,), 4)[:, 0] for n in (network, twin))
    assert error_10 == pytest.approx(error, abs=1e-9)
    assert loss_10 > 2 * loss
    sizes = [landscape.output_size(each, points) for each in (network, twin)]
    assert sizes[1] == pytest.approx(10 * sizes[0], rel=1e-4)


@pytest.mark.parametrize("config", [MLP, RESNET], ids=["mlp", "resnet18"])
def test_output_size_and_weight_norm_are_those_of_plain_tensors(config):
    network, points = surroundings(config)
    x, _ = points.train(torch.arange(config.n)[None])
    with torch.no_grad():
        logits = unstacked(network)(x[0]).numpy()
    assert landscape.output_size(network, points) == pytest.approx(np.sqrt(logits.var(axis=1).mean()))
    weights = [p.detach().numpy().ravel() for p in unstacked(network).parameters() if p.ndim > 1]
    assert landscape.weight_norm(network) == pytest.approx(np.linalg.norm(np.concatenate(weights)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n, p: landscape.surface(n, p, 0, reach=0.0), "reach: found 0.0, expected positive"),
        (lambda n, p: landscape.surface(n, p, 0, reach=float("nan")), "reach: found nan"),
        (lambda n, p: landscape.surface(n, p, 0, size=4), "size: found 4, expected an odd integer"),
        (lambda n, p: landscape.surface(n, p, 0, size=1), "size: found 1"),
        (lambda n, p: landscape.rise(n, p, 0, (0.5,), 0), "num_directions: found 0"),
        (lambda n, p: landscape.around(n, p, [], np.zeros((2, 1))), r"steps: found \(2, 1\), expected finite"),
        (lambda n, p: landscape.around(n, p, [], np.zeros((0, 0))), r"steps: found \(0, 0\)"),
        (lambda n, p: landscape.rise(n, p, 0, (np.inf,), 1), "steps: found"),
        (lambda n, p: landscape.random_direction(n.select([0, 0]), 0), "network: found a stack of 2"),
        (lambda n, p: landscape.around(n.select([0, 0]), p, [], np.zeros((1, 0))), "network: found a stack of 2"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ConfigError, match=message):
        call(*surroundings(MLP))

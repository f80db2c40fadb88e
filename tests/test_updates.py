"""An epoch of updates: how a stack is split, threaded or captured changes nothing, and nothing is done twice."""

import sys
import threading
from collections import Counter
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch._dynamo.testing import CompileCounter
from torch.utils._python_dispatch import TorchDispatchMode

from mixrepro.config import RunConfig
from mixrepro.data import load
from mixrepro.data.dataset import Dataset, channel_statistics
from mixrepro.errors import ConfigError
from mixrepro.models import build
from mixrepro.models.stacked import Replicated
from mixrepro.training import evaluation, gradient, precision, threads, trial, units, updates
from mixrepro.training.graphs import Graphs, eager
from mixrepro.training.half import Plain
from mixrepro.training.points import Points
from mixrepro.training.schedule import evaluation_epochs
from mixrepro.training.tables import draw_tables
from mixrepro.training.threads import Threads
from mixrepro.training.updates import Updates, unit_sizes

CPU = torch.device("cpu")
#: Two milestones of a short run: several learning rates; the last batch of an epoch is smaller.
SEQUENCES = dict(n=50, width=8, batch_size=15, epochs=3, milestones=(1, 2), weight_decay=1e-3)
CONFIGS = {
    "mlp": RunConfig(**SEQUENCES),
    "mlp, regmixup": RunConfig(**SEQUENCES, loss="regmixup", eta=0.5),
    "mlp, mse, shifted": RunConfig(**SEQUENCES, loss="mse", augment="shift", lam_per="sample"),
    "mlp, no momentum": RunConfig(**SEQUENCES, momentum=0.0),
    "conv1d": RunConfig(**SEQUENCES, model="conv1d"),
    "resnet18": RunConfig(**SEQUENCES | dict(width=2), data="cifar10", model="resnet18", augment="crop_flip"),
}
EVERY = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())


@pytest.fixture(scope="module")
def images() -> Dataset:
    """Images of noise in the form of CIFAR-10, smaller."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (60, 3, 8, 8), generator=generator, dtype=torch.uint8)
    mean, std = channel_statistics(x)
    names = tuple("0123456789")
    return Dataset(
        "cifar10", x, torch.arange(60) % 10, x[:20], torch.arange(20) % 10, 10, names, mean, std, "noise", ""
    )


class Stack:
    """Networks of three runs, and what updates them."""

    def __init__(self, config, images, replicas=3):
        self.configs = [config.but(seed=seed, alpha=alpha) for seed, alpha in enumerate((1.0, 0.0, 0.5))][
            :replicas
        ]
        self.dataset = load(config) if config.data == "mnist1d" else images
        self.model = build(config, range(replicas), self.dataset.x_train.shape[1:], 10)
        self.momentum = self.model.select(range(replicas))
        with torch.no_grad():
            for parameter in self.momentum.parameters():
                parameter.zero_()
        self.points = Points(self.dataset, self.configs, CPU)

    def updates(self):
        return Updates(self.model, self.momentum, self.points, self.configs)

    def trained(self, train_epoch):
        totals = [train_epoch(self.configs, epoch) for epoch in range(self.configs[0].epochs)]
        parts = [*self.model.state_dict().values(), *self.momentum.parameters()]
        return [*totals, *(part.detach().clone() for part in parts)]


def equal(ours, theirs):
    return all(torch.equal(mine, other) for mine, other in zip(ours, theirs, strict=True))


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@EVERY
def test_splitting_a_stack_changes_nothing_but_rounding(config, images, one_thread, monkeypatch):
    found = []
    for sizes in ([3], [1, 2], [1, 1, 1]):
        monkeypatch.setattr(updates, "unit_sizes", lambda *_, sizes=sizes: sizes)
        stack = Stack(config, images)
        found.append(stack.trained(stack.updates().train_epoch))
    for other in found[1:]:
        if config.model == "resnet18":
            assert equal(found[0], other)
        else:  # a product of matrices may round differently in a larger stack
            assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(found[0], other, strict=True))


@EVERY
def test_threads_change_no_bit(config, images, one_thread, monkeypatch):
    monkeypatch.setattr(updates, "unit_sizes", lambda *_: [1, 1, 1])
    found = []
    for count in (1, 2, 3):
        monkeypatch.setattr(updates, "available", lambda count=count: count)
        stack = Stack(config, images)
        found.append(stack.trained(stack.updates().train_epoch))
    assert equal(found[0], found[1])
    assert equal(found[0], found[2])
    assert torch.get_num_threads() == 1


def graphs(stack, capture=eager):
    """Return what trains an epoch as on a GPU, without capturing it."""
    made = stack.updates()
    captured = Graphs(made.units, capture)

    def train_epoch(configs, epoch):
        captured.train_epoch(draw_tables(configs, epoch, stack.points), configs[0].lr_at(epoch))
        return torch.cat([unit.total for unit in made.units])

    return train_epoch


@EVERY
def test_the_path_of_a_gpu_takes_the_same_steps(config, images, one_thread):
    usual, captured = Stack(config, images), Stack(config, images)
    assert equal(usual.trained(usual.updates().train_epoch), captured.trained(graphs(captured)))


@EVERY
def test_the_path_of_a_gpu_measures_the_same_gradient(config, images, one_thread):
    stack = Stack(config, images)
    made = stack.updates()
    captured = Graphs(made.units, eager)
    tables = draw_tables(stack.configs, 0, stack.points)
    captured.train_epoch(tables, config.lr)  # so that there are momenta and statistics to be left alone
    state = [*stack.model.state_dict().values(), *stack.momentum.parameters()]
    before = [part.detach().clone() for part in state]
    usual = made.gradient_norms(stack.configs, [0, 1, 2], 1)
    found = captured.gradient_norms(draw_tables(stack.configs, 1, stack.points))
    assert equal(before, [part.detach() for part in state])
    assert torch.allclose(found, usual, rtol=1e-5)
    assert torch.allclose(made.gradient_norms(stack.configs, [2], 1), usual[:, [2]], rtol=1e-5)
    assert found[0].max() < found[1].min() * 1.001  # the mean gradient is no longer than gradients are in the mean


def half_precision(images, monkeypatch):
    monkeypatch.setattr(updates, "require", lambda *_: None)  # whether it is worth it here or not
    return Stack(CONFIGS["resnet18"].but(precision="bf16"), images)


def test_a_copy_in_half_precision_is_what_autocast_makes(images, one_thread, monkeypatch):
    copied, by_autocast = half_precision(images, monkeypatch), half_precision(images, monkeypatch)
    found = copied.trained(copied.updates().train_epoch)
    monkeypatch.setattr(units, "Half", lambda network, _: Plain(network))
    assert equal(found, by_autocast.trained(by_autocast.updates().train_epoch))
    single = Stack(CONFIGS["resnet18"], images)
    assert not torch.equal(found[0], single.trained(single.updates().train_epoch)[0])


def test_a_network_that_cannot_be_compiled_is_called_as_it_is(images, monkeypatch):
    def failing(*_):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: failing)
    network = Stack(CONFIGS["resnet18"], images).model
    shown, x = Plain(network, faster=True), torch.randn(3, 4, 3, 8, 8)
    network.eval()
    with pytest.warns(UserWarning, match="not compiled.*no compiler"):
        found = shown(x)
    assert torch.equal(found, network(x))
    assert torch.equal(shown(x), found)  # without a second word


def test_networks_of_many_shapes_are_compiled_and_those_of_one_shape_once(monkeypatch):
    torch._dynamo.reset()
    compilations = CompileCounter()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=compilations))
    shapes = range(2, 14)  # more than torch compiles by default
    for width in (*shapes, *shapes):
        network = Replicated([nn.Sequential(nn.Flatten(), nn.Linear(12, width))])
        x = torch.randn(1, 4, 3, 2, 2)
        assert torch.equal(Plain(network, faster=True)(x), network(x))
    assert compilations.frame_count == len(shapes)


def test_updates_go_on_where_nothing_can_be_captured(images, one_thread):
    def failing(steps, rewind):
        rewind()
        steps[0]()  # what was done before the failure is undone
        raise RuntimeError("CUDA graphs are not there")

    usual, captured = Stack(CONFIGS["mlp"], images), Stack(CONFIGS["mlp"], images)
    with pytest.warns(UserWarning, match="not captured.*not there"):
        found = captured.trained(graphs(captured, failing))
    assert equal(usual.trained(usual.updates().train_epoch), found)


class Counted(TorchDispatchMode):
    """Counts the operations of torch, and the numbers in tensors that are new."""

    def __init__(self):
        super().__init__()
        self.operations, self.made = Counter(), []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        known = {part.untyped_storage().data_ptr() for part in _tensors((args, kwargs or {}))}
        result = func(*args, **(kwargs or {}))
        self.operations[func.overloadpacket.__name__] += 1
        self.made += [part.numel() for part in _tensors(result) if part.untyped_storage().data_ptr() not in known]
        return result


def _tensors(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [part for each in value for part in _tensors(each)] if isinstance(value, list | tuple) else []


#: Operations, methods and functions by which a host waits for a device, or copies to it.
WAITING = ("_local_scalar_dense", "nonzero", "equal", "is_nonzero", "masked_select", "_unique2")
METHODS = ("item", "tolist", "cpu", "cuda", "numpy", "to", "__bool__", "__float__", "__int__", "__index__")
FUNCTIONS = ("tensor", "from_numpy")


@pytest.fixture
def calls(monkeypatch):
    """Count calls of `METHODS` and `FUNCTIONS`, which no operation tells of where all is on one device."""
    counted = Counter()

    def counting(owner, name):
        original = getattr(owner, name)

        def call(*arguments, **others):
            counted[name] += 1
            return original(*arguments, **others)

        monkeypatch.setattr(owner, name, call)

    for owner, names in ((torch.Tensor, METHODS), (torch, FUNCTIONS)):
        for name in names:
            counting(owner, name)
    return counted


def waits(work, calls):
    """Return what in a piece of work makes a host wait."""
    calls.clear()
    with Counted() as counted:
        work()
    return +calls + Counter({name: counted.operations[name] for name in WAITING})


@EVERY
def test_no_word_from_the_host_within_an_epoch(config, images, calls):
    stack = Stack(config, images)
    train_epoch = graphs(stack)
    train_epoch(stack.configs, 0)
    drawn = waits(lambda: draw_tables(stack.configs, 1, stack.points), calls)
    assert drawn  # the tables of an epoch are copied to the device, once
    assert waits(lambda: train_epoch(stack.configs, 1), calls) == drawn


@pytest.mark.parametrize("work", [
    lambda: torch.ones(2).sum().item(), lambda: bool(torch.ones(())), lambda: torch.ones(2).nonzero(),
    lambda: torch.tensor([1.0]), lambda: torch.ones(2).to("cpu"),
])  # fmt: skip
def test_counting_notices_a_wait(work, calls):
    assert waits(work, calls)


@pytest.mark.parametrize("name", ["mlp", "conv1d", "resnet18"])
def test_weights_momenta_and_gradients_stay_where_they_are(name, images):
    stack = Stack(CONFIGS[name], images)
    made = stack.updates()

    def places():
        parts = [*stack.model.parameters(), *stack.momentum.parameters()]
        return [part.data_ptr() for part in [*parts, *(each for unit in made.units for each in unit.gradients)]]

    made.train_epoch(stack.configs, 0)
    before = places()
    made.train_epoch(stack.configs, 1)
    assert places() == before
    assert all(parameter.grad is None for parameter in stack.model.parameters())


def test_a_step_of_the_fully_connected_network_allocates_nothing_of_its_size(images):
    stack = Stack(CONFIGS["mlp"].but(width=64), images)
    (unit,) = Updates(stack.model, stack.momentum, stack.points, stack.configs).units[:1]
    tables = draw_tables(stack.configs, 0, stack.points).rows(unit.replicas)
    batch = tables.mixed(stack.points, slice(0, 15), 0)
    with Counted() as first:
        unit.step(batch, tables.eta, 0.1)
    with Counted() as second:
        unit.step(batch, tables.eta, 0.1)
    hidden = unit.network.size * 15 * 64
    assert max(first.made) >= hidden
    assert max(second.made) < hidden


def test_steps_and_evaluations_are_done_once(images, monkeypatch):
    config = CONFIGS["mlp"].but(epochs=20, milestones=())
    done = Counter()

    def counting(module, name):
        original = getattr(module, name)

        def counted(*arguments, **others):
            done[name] += 1
            return original(*arguments, **others)

        monkeypatch.setattr(module, name, counted)

    monkeypatch.setattr(updates, "unit_sizes", lambda *_: [2])
    for module, name in ((units, "descend"), (evaluation, "on_train"), (evaluation, "on_test")):
        counting(module, name)
    trial.train_together([config, config.but(seed=1)], load(config))
    grid = len(evaluation_epochs(config))
    assert done["descend"] == config.epochs * 4
    assert done["on_train"] == grid
    # Once more for the networks of the smallest loss, where one is not the network of the day.
    assert grid <= done["on_test"] <= 2 * grid


#: Calls from Python, of functions and of torch's operations, in a step of the fully connected network.
CALLS_A_STEP = 90


def test_calls_a_step_stay_few(images):
    config = CONFIGS["mlp"].but(n=300, batch_size=15)
    calls = {}
    for n in (150, 300):
        stack = Stack(config.but(n=n), images, replicas=1)
        unit = stack.updates().units[0]
        tables = draw_tables(stack.configs, 0, stack.points)
        unit.train_epoch(tables, 0.1)
        count = 0

        def profile(frame, event, argument):
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(profile)
        try:
            unit.train_epoch(tables, 0.1)
        finally:
            sys.setprofile(None)
        calls[n] = count
    assert 30 < (calls[300] - calls[150]) / 10 <= CALLS_A_STEP


@pytest.mark.parametrize(("replicas", "threads"), [(1, 2), (10, 2), (64, 2), (3, 4), (7, 3)])
def test_a_stack_is_split_evenly(replicas, threads):
    config = RunConfig(n=4000, width=100)
    model = build(config, range(replicas), torch.Size([40]), 10)
    sizes = unit_sizes(model, config, min(threads, replicas), on_gpu=False)
    assert sum(sizes) == replicas
    assert len(sizes) >= min(threads, replicas)
    assert max(sizes) - min(sizes) <= 1
    assert unit_sizes(model, config, threads, on_gpu=True) == [replicas]


def test_each_thread_works_on_one_core():
    before, found = torch.get_num_threads(), []
    torch.set_num_threads(3)
    try:
        pool = Threads(2)
        meet = threading.Barrier(2)

        def look():
            meet.wait()  # so that no thread does both
            torch.ones(100_000).add_(1)
            found.append(torch.get_num_threads())

        pool.run([look, look])
        assert found == [1, 1]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_an_error_in_a_thread_is_raised():
    def failing():
        raise ValueError("in a thread")

    with pytest.raises(ValueError, match="in a thread"):
        Threads(2).run([failing, lambda: None])


class TestHalfPrecision:
    def test_is_refused_where_it_is_slower_or_wrong(self, monkeypatch):
        config = RunConfig(data="cifar10", model="resnet18", width=8, precision="bf16")
        for check in (precision.Check(speed_up=0.8, error=0.01), precision.Check(speed_up=2.0, error=0.5)):
            monkeypatch.setattr(precision, "check_half", lambda *_, check=check: check)
            with pytest.raises(ConfigError, match=r"precision: found 'bf16 .* expected fp32"):
                precision.require(config, CPU)
        monkeypatch.setattr(precision, "check_half", lambda *_: precision.Check(speed_up=1.5, error=0.01))
        precision.require(config, CPU)
        precision.require(config.but(precision="fp32"), CPU)

    def test_check_measures_speed_and_error(self):
        check = precision.check_half(8, CPU)
        assert check.speed_up > 0
        assert 0 < check.error < 1  # half precision rounds, and the comparison sees it

    def test_trains_with_weights_in_single_precision(self, images, monkeypatch):
        monkeypatch.setattr(updates, "require", lambda *_: None)
        config = CONFIGS["resnet18"].but(width=8, precision="bf16", augment="none", milestones=())
        stack, single = Stack(config, images), Stack(config.but(precision="fp32"), images)
        half, whole = stack.trained(stack.updates().train_epoch), single.trained(single.updates().train_epoch)
        assert all(parameter.dtype == torch.float32 for parameter in stack.model.parameters())
        assert not torch.equal(half[0], whole[0])
        assert np.allclose(half[0], whole[0], rtol=0.05)

    def test_exact_mixup_loss_is_measured_in_single_precision(self, images, monkeypatch):
        allowed = {}

        def exact(model, points, alphas):
            allowed["exact"] = torch.backends.cudnn.allow_tf32
            return torch.zeros(model.size)

        def on_test(*arguments):
            allowed["test"] = torch.backends.cudnn.allow_tf32
            return measure(*arguments)

        measure = evaluation.on_test
        monkeypatch.setattr(updates, "require", lambda *_: None)
        monkeypatch.setattr(evaluation, "exact_mixup_loss", exact)
        monkeypatch.setattr(evaluation, "on_test", on_test)
        monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
        run = CONFIGS["resnet18"].but(
            precision="bf16", augment="none", exact_mixup_loss=True, epochs=1, milestones=()
        )
        trial.train_together([run], images, "cpu")
        assert allowed == {"exact": False, "test": True}


@pytest.mark.parametrize("name", ["mlp", "resnet18"])
def test_measuring_side_by_side_changes_no_bit(name, images, one_thread, monkeypatch):
    stack = Stack(CONFIGS[name], images)
    measures = (evaluation.on_train, evaluation.on_test, gradients_of(stack))
    at_once = [measure(stack.model, stack.points) for measure in measures]
    monkeypatch.setattr(threads, "available", lambda: 2)
    beside = [measure(stack.model, stack.points) for measure in measures]
    for replica in range(3):
        part, points = stack.model.part(slice(replica, replica + 1)), stack.points.only([replica])
        assert torch.allclose(evaluation.on_test(part, points), at_once[1][:, [replica]], rtol=1e-5)
    assert equal(at_once, beside)
    assert stack.model.training


def gradients_of(stack):
    return lambda model, points: gradient.gradient_norms(model, stack.configs, points, 0)

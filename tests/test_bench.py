"""The benchmark: it refuses what is not equal, times in turn, and its page says what its report does."""

import json
import time

import numpy as np
import pytest
import torch

from mixrepro.bench import cases, gate, image_cases, report, stacks
from mixrepro.bench.floor import training_flops
from mixrepro.bench.loops import PlainLoop
from mixrepro.bench.operations import operations
from mixrepro.bench.timing import Setting, figure, in_turn, ratio
from mixrepro.book.speed_table import asked_text, checked_text, found_text, machine_text, report_in
from mixrepro.config import RunConfig
from mixrepro.data import load
from mixrepro.errors import ChapterError, ConfigError
from mixrepro.training import units, updates

CPU = torch.device("cpu")
SMALL = RunConfig(n=60, width=16, batch_size=25)
IMAGES = RunConfig(data="cifar10", model="resnet18", width=8, n=40, batch_size=20, lr=0.002)


@pytest.mark.parametrize("config", [SMALL, IMAGES], ids=["mlp", "resnet18"])
def test_gate_lets_equal_training_pass(config):
    dataset = load(config) if config.data == "mnist1d" else stacks.noise_images(config.n, side=8)
    found = gate.passed(config, dataset, CPU, replicas=2)
    assert found["steps"] >= 20
    assert 0 < found["against_plain"] <= gate.TOLERANCE  # two loops that round differently were compared
    # Products of matrices may round differently in a larger stack; networks of their own may not.
    assert found["bitwise"] or config.model == "mlp"


def test_gate_stops_training_that_is_not_equal(monkeypatch):
    true = units.descend
    monkeypatch.setattr(units, "descend", lambda *arguments: true(*arguments[:-1], 1.0001 * arguments[-1]))
    with pytest.raises(ConfigError, match=r"mlp, against_plain: found .* expected at most 1e-06"):
        gate.passed(SMALL, load(SMALL), CPU, replicas=2)


def test_work_is_timed_in_turn():
    done = []
    works = {
        name: lambda name=name: (done.append(name), time.sleep(0.002 * (name == "slow"))) for name in ("slow", "b")
    }
    seconds = in_turn(works, rounds=4, warm_up=1)
    assert done.count("slow") == done.count("b") == 5
    assert all({*done[k : k + 2]} == {"slow", "b"} for k in range(0, 10, 2))
    assert done[:4] != done[2:6]  # the order changes from round to round
    assert all(len(values) == 4 for values in seconds.values())
    assert (seconds["slow"] >= 0.002).all()


def test_figures_summarise_and_judge():
    seconds = {"plain": np.array([6.0, 8.0, 9.0]), "ours": np.array([2.0, 2.0, 3.0])}
    found = ratio("x", "faster", seconds, "plain", must=3.0, goal=4.0)
    assert (found.value, found.quartiles, found.rounds) == (3.0, (3.0, 3.5), 3)
    assert found.reaches() == "must"
    assert figure("x", "", np.array([4.0]), must=3.0, goal=4.0).reaches() == "goal"
    slow = dict(must=6.0, goal=3.0, larger_is_better=False)
    assert [figure("x", "", np.array([v]), **slow).reaches() for v in (7.0, 5.0, 2.0)] == [
        "neither",
        "must",
        "goal",
    ]
    assert figure("x", "", np.array([1.0])).reaches() == ""


def test_operations_are_counted_as_by_hand():
    network = torch.nn.Sequential(torch.nn.Linear(4, 8, bias=False), torch.nn.Linear(8, 2, bias=False))
    forward = 2 * 3 * (4 * 8 + 8 * 2)
    # Backward: the gradient of each weight, and of the hidden units; not that of the data.
    assert training_flops(network, torch.randn(3, 4)) == 2 * forward + 2 * 3 * 8 * 2


@pytest.mark.parametrize("how", [{}, dict(modern=True, half=False), dict(modern=True, timm=True, half=False)])
def test_loops_of_others_learn(how):
    config = IMAGES.but(n=40, batch_size=20, alpha=0.2, lr=0.05)
    dataset = stacks.noise_images(config.n, side=8)
    torch.manual_seed(0)
    loop = PlainLoop(
        gate.plain_network(config, dataset, smooth=False), stacks._points(config, dataset), config, CPU, **how
    )
    means = []
    for _ in range(12):
        loop.total = 0.0
        loop.train_epoch()
        means.append(loop.total / 2)
    assert np.mean(means[-3:]) < np.mean(means[:3])


def test_unknown_case_is_named():
    with pytest.raises(ConfigError, match=r"case: found 'imges', expected one of images, .*did you mean 'images'"):
        report.measure("cpu", only=["imges"])


def test_report_holds_what_the_page_needs(monkeypatch, tmp_path):
    def few(setting):
        seconds = in_turn({"plain": lambda: time.sleep(0.002), "ours": lambda: None}, setting.share(0.5))
        return [ratio("few", "nothing, against a nap", seconds, "plain", must=1.0, goal=2.0)], {
            "setting": "nothing", "steps": 20, "against_plain": 2e-8, "against_single": 0.0, "bitwise": True
        }  # fmt: skip

    monkeypatch.setattr(report, "cases", lambda device: {"few": few})
    monkeypatch.setattr(report, "matmul_speed", lambda device, dtype: 123.4e9)
    told = []
    file = tmp_path / "bench-x.json"
    file.write_text(json.dumps(report.measure("cpu", quick=True, told=told.append)))
    assert told == ["few"]
    read = report_in(file)
    (each,) = read["figures"]
    assert each["reaches"] == "goal"
    assert each["rounds"] == 3
    assert found_text(each | dict(value=3.014, quartiles=[2.96, 3.1])) == "3.01× (2.96 to 3.1)"
    assert found_text(each | dict(value=81_234.0, unit="images/s", rounds=1)) == "81,234 images/s"
    assert asked_text(each) == "at least 1, 2"
    assert torch.__version__.split("+")[0] in machine_text(read)
    assert machine_text(read).endswith(" Large matrix products ran at 123 GFLOP/s.")
    read["figures"] += [each | dict(matmul_gflops=88.8)]
    assert machine_text(read).endswith(" Large matrix products ran at 89 to 123 GFLOP/s.")
    loads = [each | dict(load=0.3), each | dict(load=1.8)]
    assert "Other work" not in machine_text(read | dict(figures=loads))
    assert "(load 1.8 when it began)" in machine_text(read | dict(figures=loads[::-1]))
    del each["matmul_gflops"]  # as in reports of old
    assert "products" not in machine_text(read | dict(figures=[each]))
    assert "nothing: the losses of the first 20 steps are those of a plain loop within 2e-08" in checked_text(read)
    file.write_text(json.dumps({"figures": [{}]}))
    with pytest.raises(ChapterError, match=r"bench-x.json, report: found \['figures'\], expected the keys checks"):
        report_in(file)


def test_every_promised_figure_is_measured_on_its_device():
    assert list(cases.cases(CPU)) == list(cases.cases(torch.device("cuda")))
    assert cases.cases(CPU)["images"] is not cases.cases(torch.device("cuda"))["images"]


def test_cases_of_a_gpu_run_on_a_cpu(monkeypatch):
    monkeypatch.setattr(image_cases, "TEST", 2_000)
    monkeypatch.setattr(image_cases, "matmul_speed", lambda *_: 1e9)
    monkeypatch.setattr(image_cases, "noise_images", lambda n, test=20: stacks.noise_images(n, side=8, test=test))
    monkeypatch.setattr(updates, "require", lambda *_: None)
    figures, check = image_cases.on_gpu(Setting(CPU, 1), image_cases.ON_GPU.but(width=8, n=24, batch_size=10))
    assert check["steps"] >= 20
    asked = {each.id for each in figures if each.must is not None}
    assert asked == {"gpu_one", "gpu_packed", "gpu_run", "gpu_plain", "protocol"}
    assert all(each.value > 0 for each in figures)


def test_operations_of_an_epoch_are_listed_by_their_own_time():
    found = operations("cpu", IMAGES)
    assert sum(each["share"] for each in found) == pytest.approx(1)
    seconds = [each["seconds"] for each in found]
    assert seconds == sorted(seconds, reverse=True)
    calls = {each["name"]: each["calls"] for each in found}
    convolutions = 20 * (IMAGES.n // IMAGES.batch_size)  # of ResNet-18, a shortcut's included, in each batch
    assert calls["aten::convolution_backward"] == convolutions

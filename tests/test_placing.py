"""Where runs are trained changes nothing; workers may die, and time may run out."""

import multiprocessing
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.config import RunConfig
from mixrepro.errors import ConfigError, DataError, PlacingError
from mixrepro.placing import unit
from mixrepro.placing.choice import choose
from mixrepro.placing.display import Bar, Lines, showing
from mixrepro.placing.plan import longest_first, pack, read_duration, split
from mixrepro.placing.pool import train_in_pool
from mixrepro.reliability import placing
from mixrepro.store import Store

PATIENCE = 60


def kill_workers(until):
    """Kill every worker process that there is, again and again."""
    while not until.wait(0.1):
        for child in multiprocessing.active_children():
            child.kill()


def test_order_and_number_of_workers_change_no_curve_file():
    figure = placing.orders(repeats=1)
    assert figure.passed, figure.found


def test_sweep_survives_a_worker_that_is_killed(tmp_path):
    runs = placing.small_runs(1, 100)
    expected, store = Store(tmp_path / "expected"), Store(tmp_path / "runs")
    with placing.threads_of_torch(1):
        sweep.train_missing(runs, expected, quiet=True)
    killed = []

    def kill_one():
        deadline = time.monotonic() + PATIENCE
        while not placing.curves(store) and time.monotonic() < deadline:
            time.sleep(0.01)
        for child in multiprocessing.active_children():
            killed.append(child.pid)
            child.kill()

    killer = threading.Thread(target=kill_one)
    killer.start()
    sweep.train_missing(runs, store, quiet=True, place=choose(workers=1))
    killer.join()
    assert len(killed) == 1
    assert placing.curves(store) == placing.curves(expected)


def test_workers_that_always_die_end_the_sweep_with_an_error(tmp_path, tiny):
    ended = threading.Event()
    killer = threading.Thread(target=kill_workers, args=(ended,))
    killer.start()
    try:
        with pytest.raises(PlacingError) as error:
            train_in_pool([[tiny]], Store(tmp_path), None, "cpu", "x", quiet=True, workers=2)
    finally:
        ended.set()
        killer.join()
    assert f"runs {tiny.run_id()}: found a worker that died each of 3 times (SIGKILL)" in str(error.value)
    assert not multiprocessing.active_children()


def test_an_error_of_a_worker_is_the_sweeps_error(tmp_path):
    config = RunConfig(data="arrays", n=20, batch_size=10, epochs=1)
    with pytest.raises(DataError, match="no-such-folder"):
        train_in_pool([[config]], Store(tmp_path), tmp_path / "no-such-folder", "cpu", "x", quiet=True, workers=1)
    assert not multiprocessing.active_children()


def test_workers_of_a_sweep_that_is_gone_end(tmp_path, tiny):
    code = (
        "import multiprocessing, sys, threading, time\n"
        "from pathlib import Path\n"
        "from mixrepro.config import RunConfig\n"
        "from mixrepro.placing.pool import train_in_pool\n"
        "from mixrepro.store import Store\n"
        "def tell():\n"
        "    while not multiprocessing.active_children(): time.sleep(.01)\n"
        "    print(multiprocessing.active_children()[0].pid, flush=True)\n"
        "threading.Thread(target=tell).start()\n"
        "run = RunConfig(n=40, width=8, batch_size=15, epochs=10**7)\n"
        "train_in_pool([[run]], Store(sys.argv[1]), None, 'cpu', 'x', quiet=True, workers=1)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as driver:
        worker = int(driver.stdout.readline())
        time.sleep(5)
        driver.send_signal(signal.SIGKILL)
        driver.wait()
        deadline = time.monotonic() + 20
        while _alive(worker) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not _alive(worker)


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# Budgets


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("9m", 540), ("1h30m", 5400), ("0.5m", 30)])
def test_a_duration_is_read(text, seconds):
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "9", "m", "9x", "-9m", "0s", "9 m", "1h-3m"])
def test_what_is_no_duration_is_named(text):
    with pytest.raises(ConfigError, match=f"--budget: found '{text}', expected a duration, as in 90s, 9m"):
        read_duration(text)


def stack(epochs, seeds=1):
    return [RunConfig(n=40, batch_size=20, width=8, epochs=epochs, seed=seed) for seed in range(seeds)]


def test_a_budget_begins_with_the_shortest_stacks_so_that_most_of_them_end():
    stacks = [stack(30), stack(10), stack(20), stack(40)]
    plan = pack(stacks, [30.0, 10.0, 20.0, 40.0], budget=59.0, workers=1)
    assert [each[0].epochs for each in plan.stacks] == [10, 20, 30, 40]
    assert plan.fitting == 2
    assert pack(stacks, [30.0, 10.0, 20.0, 40.0], budget=60.0, workers=2).fitting == 4


def test_a_stack_of_image_networks_is_split_so_that_no_worker_is_idle():
    image = RunConfig(data="cifar10", model="resnet18", width=8, n=100, epochs=10)
    arms = [{"alpha": 0.0}, {"alpha": 1.0}, {"alpha": 1.0, "switch_epoch": 5}]
    runs = [image.but(seed=seed, **arm) for seed in (0, 1) for arm in arms]
    parts = split([runs, stack(10, seeds=8)], workers=5)
    assert sorted(map(len, parts)) == [1, 1, 2, 2, 8]  # a run that is switched stays with its prefix
    assert {run for part in parts for run in part} == {*runs, *stack(10, seeds=8)}
    assert split([runs], workers=1) == [runs]
    assert split([stack(10, seeds=8)], workers=4) == [stack(10, seeds=8)]  # company decides how sums round


def test_without_a_budget_the_longest_stacks_come_first():
    assert [each[0].epochs for each in longest_first([stack(10), stack(40), stack(10, seeds=9)])] == [10, 40, 10]


def test_time_is_up_before_an_epoch_that_would_not_end_in_it(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(unit.time, "time", lambda: clock[0])
    seen = []
    watched = unit.until(100.0 + unit.RESERVE, lambda *epochs: seen.append(epochs))
    for end in (30.0, 50.0, 70.0):
        clock[0] = end
        watched(int(end), 100)
    clock[0] = 80.0  # another epoch as long as the longest, 30, would end at 110
    with pytest.raises(unit.OutOfTime):
        watched(80, 100)
    assert seen[-1] == (80, 100)
    watched(100, 100)  # the last epoch is followed by nothing


def test_a_budget_counts_from_the_start_of_the_process():
    code = (
        "import time; time.sleep(1); from mixrepro.commands.sweep import _age; print(_age(), time.process_time())"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    age, computed = map(float, done.stdout.split())
    assert max(1, computed) < age < time.monotonic() - started + 0.1


def test_a_budget_is_kept_and_the_next_sweep_goes_on(tmp_path):
    runs = [RunConfig(n=100, width=32, batch_size=10, epochs=3000, seed=seed) for seed in range(2)]
    store = Store(tmp_path / "runs")
    started = time.time()
    plans = []
    records = sweep.train_missing(runs, store, quiet=True, place=choose(budget=5, announce=plans.append))
    assert time.time() - started < 7
    assert records == [None, None]
    assert plans[0].fitting == 0
    assert list(store.root.rglob("*.safetensors"))
    short = [run.but(epochs=40) for run in runs]  # what was kept costs nothing a second time
    assert sweep.train_missing(short, store, quiet=True)


@pytest.mark.parametrize(("workers", "budget"), [(None, 15), (1, 30)])
def test_a_budget_ends_in_the_middle_of_a_long_epoch(tmp_path, workers, budget):
    images = np.random.default_rng(0).integers(0, 256, (5_000, 32, 32, 3), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", images=images, labels=np.arange(5_000) % 4)
    run = RunConfig(data="arrays", n=4_000, test_size=20, model="resnet18", width=8, batch_size=1, epochs=1)
    store, started = Store(tmp_path / "runs"), time.time()
    place = choose(workers=workers, budget=budget)
    assert sweep.train_missing([run], store, tmp_path, quiet=True, place=place) == [None]
    assert time.time() - started < budget + 3
    (kept,) = store.root.rglob("*.safetensors")
    epoch, batch, *_ = kept.name.split("-")
    assert int(epoch) == 0
    assert 0 < int(batch) < 4_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "--workers: found 0, expected a number, at least 1"),
        ({"workers": 2, "threads": 0}, "--threads: found 0, expected a number, at least 1"),
        ({"workers": 2, "scheduler": "tcp://127.0.0.1:1"}, "--workers, --scheduler: found a value for both"),
    ],
)
def test_a_place_that_is_none_is_named(options, message):
    with pytest.raises(ConfigError, match=message):
        choose(**options)


# Display


class Terminal:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def test_a_log_gets_lines_and_a_terminal_a_bar():
    console = Terminal()
    with showing("FIG-2 <b>[red]", [stack(10, 2), stack(20)], console=console) as display:
        assert isinstance(display, Bar)
        display.report(0, 5, 20)
        display.report(0, 15, 20)
        display.finish(0)
    assert "FIG-2 <b>[red]: 2 of 3 runs, 20 of 40 epochs" in console.text
    console.isatty = lambda: False
    with showing("FIG-2", [stack(10)], console=console) as display:
        assert isinstance(display, Lines)
    assert console.text.splitlines()[-1] == "FIG-2: 0 of 1 runs, 0 of 10 epochs"


def test_the_time_left_ignores_epochs_of_an_earlier_day(monkeypatch):
    display = Lines("x", [stack(100)], Terminal())
    display.started = time.monotonic() - 10
    display.report(0, 60, 100)  # went on from a checkpoint
    assert display.seconds_left() is None
    display.report(0, 80, 100)
    assert display.seconds_left() == pytest.approx(10, abs=0.5)

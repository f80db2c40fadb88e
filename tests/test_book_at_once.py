"""Several chapters at a time: they overlap, share the cores, and the first that fails ends the others."""

import os
import signal
import time

import pytest

from mixrepro.book.at_once import VARIABLE, chapters_at_once, run_all
from mixrepro.errors import ChapterError, ConfigError

PATIENCE = 30


def meet(folder, own, other):
    """Succeed only if the other process is there at the same time."""
    (folder / own).write_text(os.environ["OMP_NUM_THREADS"])
    deadline = time.monotonic() + PATIENCE
    while not (folder / other).exists():
        if time.monotonic() > deadline:
            raise ChapterError(f"{other} never came")
        time.sleep(0.01)


def fail(folder, other):
    meet(folder, "failing", other)
    raise ChapterError("chapter 01_a, cell 6 (x): ValueError: no")


def linger(folder, own, other):
    meet(folder, own, other)
    time.sleep(PATIENCE)
    (folder / "survived").touch()


def end_itself():
    os.kill(os.getpid(), signal.SIGKILL)


def task(function, *arguments):
    return lambda run: run(function, *arguments)


def test_two_overlap_and_share_the_cores(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    run_all([task(meet, tmp_path, "a", "b"), task(meet, tmp_path, "b", "a")], at_once=2)
    threads = {(tmp_path / name).read_text() for name in "ab"}
    assert threads == {str(max(1, len(os.sched_getaffinity(0)) // 2))}


def test_what_the_environment_says_of_threads_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    run_all([task(meet, tmp_path, "a", "b"), task(meet, tmp_path, "b", "a")], at_once=2)
    assert (tmp_path / "a").read_text() == "7"


def test_the_first_that_fails_ends_the_others_and_what_waits_never_starts(tmp_path):
    tasks = [
        task(linger, tmp_path, "lingering", "failing"),
        task(fail, tmp_path, "lingering"),
        task(meet, tmp_path, "waiting", "failing"),
    ]
    started = time.monotonic()
    with pytest.raises(ChapterError, match=r"^chapter 01_a, cell 6 \(x\): ValueError: no$"):
        run_all(tasks, at_once=2)
    assert time.monotonic() - started < PATIENCE
    assert not (tmp_path / "survived").exists()


def test_a_process_that_is_killed_is_an_error():
    with pytest.raises(ChapterError, match="the process that ran it was ended"):
        run_all([task(end_itself)], at_once=1)


@pytest.mark.parametrize("asked", ["0", "two", "-1", ""])
def test_the_number_is_checked(monkeypatch, asked):
    monkeypatch.setenv(VARIABLE, asked)
    with pytest.raises(ConfigError, match=f"MIXREPRO_CHAPTERS_AT_ONCE: found '{asked}', expected a number"):
        chapters_at_once()


def test_the_number_is_one_a_core_by_default(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert 1 <= chapters_at_once() <= 4
    monkeypatch.setenv(VARIABLE, "3")
    assert chapters_at_once() == 3

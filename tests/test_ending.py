"""How commands end that train: what the exit status says, and what is said besides."""

import signal
import time

import pytest

from mixrepro.commands import sweep
from mixrepro.placing import choice, unit
from mixrepro.reliability.processes import start
from test_cli import TINY, mixrepro

SMOKE = ("sweep", "FIG-2", "--profile", "smoke", "--set", "num_seeds=2")


def test_sweep_whose_time_is_up_says_what_is_left_and_goes_on(capsys, store, monkeypatch):
    monkeypatch.setattr(sweep, "_age", lambda: 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(unit, "RESERVE", 1e9)
        assert choice.RESERVE < 1e9  # training begins, and there is no time for an epoch
        code, out, _ = mixrepro(capsys, *SMOKE, "--budget", "60s")
    assert code == 75
    assert "the time was up; the same command goes on with the 4 runs that are left" in out
    code, out, _ = mixrepro(capsys, *SMOKE)
    assert code == 0
    assert "4 records in" in out
    assert "left" not in out


def test_budget_that_is_over_before_training_begins_is_an_error_of_its_own(capsys, store, monkeypatch):
    monkeypatch.setattr(sweep, "_age", lambda: 11.0)
    code, out, err = mixrepro(capsys, *SMOKE, "--budget", "9s")
    assert code == 78
    assert out == ""
    assert "--budget: found only 9 s, while starting up took 1" in err
    assert "nothing was trained, expected more than 1" in err
    mixrepro(capsys, *SMOKE)
    assert mixrepro(capsys, *SMOKE, "--budget", "9s")[0] == 0  # nothing is left to train


def test_budget_that_timing_steps_uses_up_is_over_before_training_begins(capsys, store, monkeypatch):
    monkeypatch.setattr(sweep, "_age", lambda: 0.0)
    monkeypatch.setattr(sweep, "_show_budget", lambda plan: time.sleep(3))
    assert mixrepro(capsys, *SMOKE, "--budget", "4s")[0] == 78


def test_runs_that_all_diverge_are_recorded_and_end_with_an_error(capsys, store):
    code, out, _ = mixrepro(capsys, "run", *TINY, "--lr", 1e9, "--seeds", "0:2")
    assert code == 1
    assert out.count("diverged") == 2
    code, out, _ = mixrepro(capsys, *SMOKE, "--set", "epochs=3", "--set", "lr=1e9")
    assert code == 1
    assert "4 records in" in out
    assert len(list(store.root.glob("*/manifest.json"))) == 6
    assert mixrepro(capsys, "run", *TINY)[0] == 0


LONG = ("--n", 100, "--width", 16, "--batch-size", 10, "--epochs", 100_000)


@pytest.mark.parametrize("arguments", [("run", *LONG), (*SMOKE, "--set", "epochs=100000")])
def test_whoever_interrupts_training_is_told_what_is_kept(tmp_path, arguments):
    progress = tmp_path / "runs" / ".locks"
    process = start(*arguments, "--store", tmp_path / "runs", cwd=tmp_path)
    waited = time.monotonic()
    while not (progress.is_dir() and any(progress.iterdir())) and time.monotonic() - waited < 120:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    said = (out or "") + (err or "")
    assert f"interrupted; what was recorded or checkpointed is kept in {tmp_path / 'runs'}" in said
    assert "the same command goes on" in said


def test_any_other_command_says_that_it_was_interrupted(capsys, monkeypatch, store):
    from mixrepro import cli

    def interrupt(*arguments):
        raise KeyboardInterrupt

    ended = []
    monkeypatch.setattr("mixrepro.claims.judged", interrupt)
    monkeypatch.setattr(cli, "_end_at_once", ended.append)
    code, _, err = mixrepro(capsys, "verdicts")
    assert (code, ended, err) == (130, [130], "interrupted\n")

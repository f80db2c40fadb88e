"""What the README says is so: its experiment runs, and the columns and folders are those that it names."""

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from mixrepro import paths
from mixrepro.store import Store
from mixrepro.training.curve import MEASURED, shifted_column
from test_cli import mixrepro

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_experiment_of_the_readme_runs_as_it_stands(store, tmp_path, monkeypatch):
    (block,) = [code for code in re.findall(r"```python\n(.*?)```", README, re.S) if "Experiment(" in code]
    assert len(block.splitlines()) <= 14
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(block, "README.md", "exec"), names)
    assert (tmp_path / "mine.png").stat().st_size > 1000
    assert len(store.run_ids()) == 9
    assert names["accuracy"].shape == (3, len(names["epochs"]))
    assert np.isfinite(names["accuracy"]).all()
    assert not names["results"].lost()


def test_columns_of_the_readme_are_those_of_a_record():
    said = README.partition("**Columns.**")[2].partition("**Where")[0]
    named = set(re.findall(r"`([\w ]+(?:-\d)?)`", said)) - {"exact_mixup_loss"}
    assert named == {"objective", *MEASURED, shifted_column("shear-1")}


def test_records_go_where_the_readme_says(tmp_path, monkeypatch):
    monkeypatch.delenv(paths.STORE_VARIABLE, raising=False)
    monkeypatch.delenv(paths.PROJECT_VARIABLE, raising=False)
    monkeypatch.chdir(Path(__file__).parent)
    assert Store().root == Path(__file__).parents[1] / ".mixrepro" / "runs"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Store().root == tmp_path / ".cache" / "mixrepro" / "runs"
    monkeypatch.setenv(paths.STORE_VARIABLE, str(tmp_path / "own"))
    assert Store().root == tmp_path / "own"


@pytest.mark.parametrize("command", ["run", "sweep", "records", "verdicts"])
def test_help_says_where_records_go(capsys, command):
    _, out, _ = mixrepro(capsys, command, "--help")
    shown = re.sub(r"[\s│]+", " ", out)
    assert "$MIXREPRO_STORE, else .mixrepro/runs of the checkout, else the user's cache folder" in shown

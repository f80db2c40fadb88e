"""Chapters are valid at other parameters, by plain papermill."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from mixrepro.mime import RECORDS_MIME, VERDICT_MIME

ROOT = Path(__file__).parents[1]


def papermill(source, target, store, *parameters):
    command = [Path(sys.executable).with_name("papermill"), source, target, "--no-progress-bar", *parameters]
    environment = {**os.environ, "MIXREPRO_STORE": str(store)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def data_of(notebook, mime):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.data[mime] for output in outputs if mime in output.get("data", {})]


@pytest.mark.book
@pytest.mark.parametrize("chapter", ["01_loss_bound", "02_over_training", "09_switching"])
def test_chapter_is_valid_at_another_alpha(chapter, tmp_path):
    target = tmp_path / "out.ipynb"
    done = papermill(
        f"jupytext://notebooks/{chapter}.py",
        target,
        tmp_path / "runs",
        "-p",
        "alpha",
        "0.2",
        "-p",
        "profile",
        "smoke",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    notebook = nbformat.read(target, as_version=4)
    assert data_of(notebook, VERDICT_MIME)
    assert data_of(notebook, "image/png")
    read = {run: digest for found in data_of(notebook, RECORDS_MIME) for run, digest in found["records"].items()}
    files = [tmp_path / "runs" / run / "manifest.json" for run, digest in read.items() if digest]
    manifests = [json.loads(file.read_text()) for file in files if file.is_file()]
    assert {manifest["config"]["alpha"] for manifest in manifests} >= {0.2}


@pytest.mark.book
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("alhpa", "0.2", "parameter: found 'alhpa', expected one of alpha"),
        ("alpha", "much", "parameter alpha: found 'much', expected a float"),
        ("profile", "huge", "profile: found 'huge', expected one of smoke"),
    ],
)
def test_chapter_stops_at_a_parameter_it_does_not_take(name, value, message, tmp_path):
    done = papermill(
        "jupytext://notebooks/01_loss_bound.py", tmp_path / "out.ipynb", tmp_path / "runs", "-p", name, value
    )
    assert done.returncode != 0
    assert message in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.book
def test_chapter_stops_at_a_parameter_out_of_range(tmp_path):
    done = papermill(
        "jupytext://notebooks/09_switching.py", tmp_path / "out.ipynb", tmp_path / "runs", "-p", "alpha", "-1.0"
    )
    assert done.returncode != 0
    assert "alpha: found -1.0, expected greater than or equal to 0" in done.stderr
    assert not (tmp_path / "runs").exists()

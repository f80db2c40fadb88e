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


def papermill(source, target, store, *parameters, **variables):
    command = [Path(sys.executable).with_name("papermill"), source, target, "--no-progress-bar", *parameters]
    environment = {**os.environ, "MIXREPRO_STORE": str(store), **variables}
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


@pytest.mark.book
def test_recorded_chapter_without_records_judges_nothing_and_says_what_it_looked_for(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "_toc.yml").touch()
    target = tmp_path / "out.ipynb"
    source, elsewhere = "jupytext://notebooks/10_real_images.py", {"MIXREPRO_PROJECT": str(tmp_path)}
    done = papermill(source, target, tmp_path / "runs", **elsewhere)
    assert done.returncode == 0, done.stderr[-3000:]
    notebook = nbformat.read(target, as_version=4)
    assert not data_of(notebook, VERDICT_MIME)
    said = [text for text in data_of(notebook, "text/plain") if "not measured" in text]
    assert len(said) == 2  # in the place of the figure, and of the verdict
    looked_for = [found["records"] for found in data_of(notebook, RECORDS_MIME)]
    assert [name for name in looked_for[-1] if name.startswith("sharpness-small-")]
    assert {digest for found in looked_for for digest in found.values()} == {None}

"""A chapter at several parameters: checked before a kernel starts, executed once, shown on one page."""

import io
import json
import re
from urllib.parse import unquote

import nbformat
import papermill
import pytest
from bs4 import BeautifulSoup

from mixrepro.book.notebook_sweep import declare_sweep, run_sweep, stale_points
from mixrepro.book.source import chapter_parameters
from mixrepro.book.values import points, split_values
from mixrepro.errors import ChapterError, ConfigError, StoreError
from mixrepro.reliability import notebooks
from mixrepro.reliability.notebooks import make_project

SHOWS = """\
from IPython.display import display
name = "<script>alert(1)</script>"
verdict = {"claim": "FIG-2", "title": name, "verdict": name, "parts": [{"scale": "<i>"}]}
display({"application/vnd.mixrepro.verdict+json": verdict}, raw=True)
display({"image/png": "iVBORw0KGgo=", "text/plain": 'A "figure" <b>'}, raw=True)
print(alpha, profile)
"""


@pytest.fixture(autouse=True)
def _own_store(monkeypatch):
    for name in ("MIXREPRO_STORE", "MIXREPRO_PROJECT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project", SHOWS)


# Values


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("0.2,1.0", ["0.2", "1.0"]),
        (" a , b ", ["a", "b"]),
        ("[0.1,0.5],[1.0]", ["[0.1,0.5]", "[1.0]"]),
        ("(0,1),(2,)", ["(0,1)", "(2,)"]),
        ('"a,b",c', ['"a,b"', "c"]),
    ],
)
def test_commas_in_brackets_and_quotes_separate_nothing(text, pieces):
    assert split_values(text) == pieces


@pytest.mark.parametrize("text", ["", "0.2,", ",1", "[1,2", "1]", '"a'])
def test_values_that_are_none_are_named(text):
    with pytest.raises(
        ConfigError, match=re.escape(f"values: found {text!r}, expected values separated by commas")
    ):
        split_values(text)


def test_points_are_the_product_in_the_chapters_types(project):
    source = project / "notebooks/01_a.py"
    found = points(source, {"alpha": "0.2,1", "seeds": "[0,1],(2,3)", "profile": "smoke"})
    assert found == [
        {"alpha": 0.2, "seeds": [0, 1], "profile": "smoke"},
        {"alpha": 0.2, "seeds": [2, 3], "profile": "smoke"},
        {"alpha": 1, "seeds": [0, 1], "profile": "smoke"},
        {"alpha": 1, "seeds": [2, 3], "profile": "smoke"},
    ]
    assert points(source, {}) == [{}]
    assert points(source, {"n": "20,20"}) == [{"n": 20}]


@pytest.mark.parametrize(
    ("text", "value"), [("1", "1"), ('"1"', "1"), ('"a,b"', "a,b"), ("true", "true"), ("<b>", "<b>")]
)
def test_a_text_is_a_text_whatever_it_looks_like(tmp_path, text, value):
    source = tmp_path / "01_a.py"
    source.write_text('# %% tags=["parameters"]\nword: str = ""\nflag: bool = False\n')
    assert points(source, {"word": text}) == [{"word": value}]
    assert points(source, {"flag": "true,False"}) == [{"flag": True}, {"flag": False}]


@pytest.mark.parametrize(("chapter", "given", "named"), notebooks.BAD)
def test_bad_parameter_is_named_before_a_kernel_starts(project, monkeypatch, chapter, given, named):
    monkeypatch.setattr(papermill, "execute_notebook", lambda *a, **k: pytest.fail("a kernel was started"))
    (project / "notebooks/02_untagged.py").write_text(notebooks.UNTAGGED)
    with pytest.raises((ConfigError, ChapterError)) as error:
        declare_sweep(project, chapter, dict([given]))
    assert named in str(error.value)
    assert "\n" not in str(error.value)
    assert not (project / ".mixrepro").exists()


def test_ranges_are_those_of_runs_and_a_default_is_always_in_range(tmp_path):
    source = tmp_path / "01_a.py"
    source.write_text('# %% tags=["parameters"]\nlr: float = 0.0  # 0: its own\nn: int = 0\nnum_seeds: int = 0\n')
    known = chapter_parameters(source)
    assert known["lr"].fault_of(0.0) is None
    assert known["lr"].fault_of(-0.1) == "parameter lr: found -0.1, expected greater than 0"
    assert known["n"].fault_of(1) == "parameter n: found 1, expected greater than or equal to 2"
    assert known["num_seeds"].fault_of(-1) == "parameter num_seeds: found -1, expected greater than or equal to 0"
    assert known["num_seeds"].fault_of(3) is None


def test_all_faults_are_in_one_message(project):
    with pytest.raises(ConfigError, match=r"parameter: found 'aplha'.*; parameter n: found 2\.5, expected int"):
        points(project / "notebooks/01_a.py", {"aplha": "1", "n": "2.5"})


def test_bad_parameters_on_the_command_line():
    figure = notebooks.bad_parameters(cases=2)
    assert figure.found.startswith("2 of 2, no kernel started")  # the two seconds are for a machine at rest


def test_a_folder_that_is_a_file_is_named(project):
    (project / "file").touch()
    with pytest.raises(StoreError, match="file: found a file, expected a folder, or nothing yet"):
        declare_sweep(project, "01_a", {}, project / "file")


# Execution


def test_sweep_executes_what_is_missing_or_stale_and_shows_it_all(project):
    console = io.StringIO()
    first = declare_sweep(project, "01_a", {"alpha": "0.2,1.0", "profile": "smoke"})
    page = run_sweep(first, project, workers=2, console=console)
    assert page == project / ".mixrepro/notebooks/01_a/index.html"
    assert "0 of 2 notebooks are fresh" in console.getvalue()
    assert "notebook 2 of 2: alpha=1.0, profile=smoke (not executed yet)" in console.getvalue()
    assert stale_points(first, project) == {}
    for alpha, target in zip((0.2, 1.0), map(first.target, first.points), strict=True):
        notebook = nbformat.read(target, as_version=4)
        assert f"{alpha} smoke\ndone\n" in [
            output.get("text") for cell in notebook.cells for output in cell.get("outputs", [])
        ]
    stamps = {file: file.stat().st_mtime_ns for file in page.parent.glob("*.ipynb")}
    more = declare_sweep(project, "01_a", {"alpha": "0.2,0.4,1.0", "profile": "smoke"})
    run_sweep(more, project, console=console)
    assert "2 of 3 notebooks are fresh" in console.getvalue()
    assert all(file.stat().st_mtime_ns == stamp for file, stamp in stamps.items())
    rows = BeautifulSoup(page.read_text(), "html.parser").select("tbody tr")
    assert [row.select("td")[1].text for row in rows] == ["0.2", "0.4", "1.0"]
    assert [page.parent / unquote(row.a["href"]) for row in rows] == [more.target(point) for point in more.points]
    _shows_and_escapes(page.read_text(), rows[0])
    (project / "src/mixrepro/__init__.py").touch()
    assert len(stale_points(more, project)) == 3


def _shows_and_escapes(text, row):
    assert "<script" not in text
    assert "FIG-2: <script>alert(1)</script>" in row.text
    assert row.small.text == "<i>"
    assert row.img["alt"] == 'A "figure" <b>'
    assert row.img["src"] == "data:image/png;base64,iVBORw0KGgo="
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_names_from_values_stay_in_the_folder(tmp_path):
    (tmp_path / "notebooks").mkdir()
    source = tmp_path / "notebooks/01_a.py"
    source.write_text('# %% tags=["parameters"]\nword: str = ""\n')
    words = ["../../x", "/etc/passwd", "a\\0b", "x" * 300, "<script>", "..", "a b", "CON"]
    given = ",".join(json.dumps(word) for word in words)
    sweep = declare_sweep(tmp_path, "01_a", {"word": given})
    targets = [sweep.target(point) for point in sweep.points]
    assert len(set(targets)) == len(words)
    assert all(target.parent == sweep.folder and len(target.name) < 120 for target in targets)
    assert all(re.fullmatch(r"[\w.=,-]+\.ipynb", target.name) for target in targets)


def test_a_cell_over_its_limit_ends_the_driver(project):
    (project / "notebooks/01_a.py").write_text(notebooks.CHAPTER.replace("BODY", "while True: pass"))
    sweep = declare_sweep(project, "01_a", {})
    expected = r"chapter 01_a, cell 2 \(import os, pathlib, time\): took longer than its limit of 0\.5 s"
    with pytest.raises(ChapterError, match=expected):
        run_sweep(sweep, project, cell_timeout=0.5, console=io.StringIO())
    assert [file.name for file in sweep.folder.iterdir() if file.suffix == ".ipynb"] == []


def test_killed_kernel_ends_the_driver():
    figure = notebooks.ended_kernels(kills=1, over_time=0)
    assert figure.passed, figure.found

"""Chapters: parameters are checked, execution is all or nothing, and what changed is executed again."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import pytest

from mixrepro.book import chapters
from mixrepro.book.chapters import build_chapters, stale_chapters
from mixrepro.book.execution import execute_chapter
from mixrepro.book.progress import Bar, Lines, Progress, ProgressFile, following
from mixrepro.book.source import SCHEME, chapter_parameters, check_parameters
from mixrepro.errors import ChapterError, ConfigError
from mixrepro.store import manifest_digest

GOOD = """\
# %% [markdown]
# # A chapter

# %%
from typing import Literal

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick, small or paper
alpha: float = 1.0  # lam ~ Beta(alpha, alpha)
n: int = 500
seeds: tuple[int, ...] = (0, 1)  # one run each
loss: Literal["ce", "mse"] = "ce"

# %%
import json, os
import mixrepro
print(alpha, mixrepro.MARK, os.getcwd() == os.environ["MIXREPRO_PROJECT"])
with open(os.environ.get("MIXREPRO_PROGRESS", os.devnull), "a") as file:
    file.write(json.dumps({"run": "FIG-2 mlp mixup", "done": 3, "total": 4, "seconds_left": 1.0}) + "\\n")

# %%
from IPython.display import display
display({"application/vnd.mixrepro.records+json": {"records": {"0123456789abcdef-4": "DIGEST"}}}, raw=True)
"""
RAISES = (
    GOOD
    + """
# %%
# A comment comes first.
raise ValueError("first line\\nthe last line")
"""
)
MANIFEST = b'{"run": 1}'


@pytest.fixture(autouse=True)
def _own_store(monkeypatch):
    for name in ("MIXREPRO_STORE", "MIXREPRO_PROJECT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A project with two chapters and one record, its chapters executed once; tests work on copies."""
    project = tmp_path_factory.mktemp("book") / "a {braced} project"
    (project / "notebooks").mkdir(parents=True)
    (project / "_toc.yml").write_text("format: jb-book\n")
    (project / "src/mixrepro/sub").mkdir(parents=True)
    (project / "src/mixrepro/__init__.py").write_text("MARK = 'own library'\n")
    (project / "src/mixrepro/sub/deep.py").write_text("x = 1\n")
    (project / ".mixrepro/runs/0123456789abcdef-4").mkdir(parents=True)
    (project / ".mixrepro/runs/0123456789abcdef-4/manifest.json").write_bytes(MANIFEST)
    source = GOOD.replace("DIGEST", hashlib.sha256(MANIFEST).hexdigest())
    for name in ("01_a", "02_b"):
        (project / f"notebooks/{name}.py").write_text(source)
    console = io.StringIO()
    assert build_chapters(project, "quick", console) == ["01_a", "02_b"]
    assert "chapter 2 of 2: 02_b: done" in console.getvalue()
    return project


@pytest.fixture
def project(executed, tmp_path):
    copy = tmp_path / executed.name
    shutil.copytree(executed, copy)
    return copy


@pytest.fixture
def no_kernel(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(papermill, "execute_notebook", refuse)


# Parameters


def test_chapter_parameters_agree_with_papermill(tmp_path):
    source = tmp_path / "01_a.py"
    # papermill reads no `tuple[int, ...]` and no `Literal["ce"]`, so these two lines are left out.
    source.write_text("".join(line for line in GOOD.splitlines(True) if line[:5] not in ("seeds", "loss:")))
    with pytest.warns(UserWarning, match="does not end in"):
        theirs = papermill.inspect_notebook(SCHEME + str(source))
    ours = chapter_parameters(source)
    assert list(ours) == list(theirs)
    for name, parameter in ours.items():
        assert parameter.annotation == theirs[name]["inferred_type_name"]
        assert parameter.help == theirs[name]["help"]
        assert str(parameter.default) == theirs[name]["default"].strip('"')


@pytest.mark.parametrize(
    "given", [{"alpha": 2}, {"alpha": 0.5, "n": 7}, {"seeds": [3, 4]}, {"seeds": (3,)}, {"loss": "mse"}, {}]
)
def test_check_parameters_accepts_the_declared_types(project, given):
    check_parameters(project / "notebooks/01_a.py", given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"aplha": 1.0}, "chapter 01_a: parameter: found 'aplha', expected one of alpha, .* mean 'alpha'"),
        ({"alpha": "0.2"}, "chapter 01_a: parameter alpha: found '0.2', expected float"),
        ({"n": True}, "parameter n: found True, expected int"),
        ({"n": 2.5}, "parameter n: found 2.5, expected int"),
        ({"seeds": [0.5]}, r"parameter seeds: found \[0.5\], expected tuple\[int, ...\]"),
        ({"loss": "hinge"}, r"parameter loss: found 'hinge', expected Literal\['ce', 'mse'\]"),
        ({"profile": None}, "parameter profile: found None, expected str"),
        ({"n": {1}}, r"parameter n: found \{1\}, expected int"),
        ({"n": "1", "nope": 1}, "parameter n: .*; parameter: found 'nope'"),
    ],
)
def test_execute_chapter_refuses_a_parameter_before_a_kernel_starts(project, no_kernel, given, message):
    target = project / "out/x.ipynb"
    with pytest.raises(ConfigError, match=message):
        execute_chapter(project / "notebooks/01_a.py", target, given, project)
    assert not target.parent.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# %%\nx = 1\n", "parameters cell: found 0, expected one cell tagged"),
        ('# %% tags=["parameters"]\nalpha = 1.0\n', "found 'alpha = 1.0', expected lines like"),
        ('# %% tags=["parameters"]\nalpha: float = f()\n', "parameters cell: found .*, expected lines like"),
        ('# %% tags=["parameters"]\nalpha: float =\n', "parameters cell: found 'invalid syntax"),
    ],
)
def test_chapter_parameters_names_an_unusable_cell(tmp_path, text, message):
    source = tmp_path / "03_c.py"
    source.write_text(text)
    with pytest.raises(ChapterError, match=f"chapter 03_c, {message}" if "cell" in message else message):
        chapter_parameters(source)


def test_read_chapter_names_a_missing_source(tmp_path):
    with pytest.raises(ChapterError, match=r"nowhere\.py: found no such file"):
        chapter_parameters(tmp_path / "nowhere.py")


# Execution


def test_execute_chapter_leaves_a_clean_notebook(executed):
    notebook = nbformat.read(executed / "book/chapters/01_a.ipynb", as_version=4)
    assert notebook.metadata.papermill.input_path == "jupytext://notebooks/01_a.py"
    assert notebook.metadata.papermill.output_path == "book/chapters/01_a.ipynb"
    assert notebook.metadata.mixrepro.profile == "quick"
    assert notebook.metadata.mixrepro.records == {"0123456789abcdef-4": hashlib.sha256(MANIFEST).hexdigest()}
    assert not any({"papermill", "execution"} & cell.metadata.keys() for cell in notebook.cells)
    assert notebook.cells[4].outputs[0].text == "1.0 own library True\n"
    assert [file.name for file in (executed / "book/chapters").iterdir()].count("01_a.ipynb") == 1
    assert not list((executed / "book/chapters").glob(".*"))


@pytest.mark.parametrize(("given", "tag"), [({"seeds": (0, 1)}, "remove-cell"), ({"alpha": 0.2}, "hide-input")])
def test_injected_parameters_stay_in_sight_when_they_differ_from_the_defaults(project, given, tag):
    notebook = execute_chapter(project / "notebooks/01_a.py", project / "x.ipynb", given, project)
    (cell,) = [c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert cell.metadata.tags == ["injected-parameters", tag]
    assert cell.source.splitlines()[1] in ("seeds = [0, 1]", "alpha = 0.2")
    assert notebook.cells[4].outputs[0].text.startswith(str(given.get("alpha", 1.0)))


def test_papermill_alone_executes_a_chapter_with_a_parameter(project, tmp_path):
    command = [sys.executable, "-m", "papermill", "jupytext://notebooks/01_a.py", str(tmp_path / "out.ipynb")]
    environment = {**os.environ, "PYTHONPATH": "src", "MIXREPRO_PROJECT": str(project)}
    (project / "src/mixrepro/book").symlink_to(Path(chapters.__file__).parent)
    for module in ("config", "errors", "paths"):
        shutil.copy(Path(chapters.__file__).parents[1] / f"{module}.py", project / "src/mixrepro")
    subprocess.run([*command, "-p", "alpha", "0.2"], cwd=project, env=environment, check=True, timeout=120)
    assert nbformat.read(tmp_path / "out.ipynb", 4).cells[4].outputs[0].text == "0.2 own library True\n"


def test_execute_chapter_names_the_cell_that_raises_and_publishes_nothing(project):
    (project / "notebooks/01_a.py").write_text(RAISES)
    before = (project / "book/chapters/01_a.ipynb").read_bytes()
    console = io.StringIO()
    expected = r"chapter 01_a, cell 6 \(# A comment comes first\.\): ValueError: the last line$"
    with pytest.raises(ChapterError, match=expected):
        build_chapters(project, "quick", console)
    assert (project / "book/chapters/01_a.ipynb").read_bytes() == before  # the last good one
    assert sorted(file.name for file in (project / "book/chapters").iterdir()) == ["01_a.ipynb", "02_b.ipynb"]
    assert "01_a: stopped after" in console.getvalue()
    assert [source.stem for source in stale_chapters(project, "quick")] == ["01_a"]


def test_execute_chapter_names_the_cell_in_which_the_kernel_died(project):
    source = project / "notebooks/03_c.py"
    source.write_text(GOOD + "\n# %%\nos._exit(1)\n\n# %%\nprint('never')\n")
    with pytest.raises(ChapterError, match=r"chapter 03_c, cell 6 \(os\._exit\(1\)\): the kernel died"):
        execute_chapter(source, project / "out/x.ipynb", {}, project)
    assert not list((project / "out").iterdir())


def test_execute_chapter_says_why_no_kernel_started(project):
    (project / "src/ipykernel_launcher.py").write_text("raise ImportError('half an installation')\n")
    with pytest.raises(ChapterError, match="chapter 01_a: no kernel: ImportError: half an installation"):
        execute_chapter(project / "notebooks/01_a.py", project / "out/x.ipynb", {}, project)


# Freshness


def test_build_chapters_executes_nothing_when_nothing_changed(project, no_kernel):
    console = io.StringIO()
    assert stale_chapters(project, "quick") == {}
    assert build_chapters(project, "quick", console) == []
    assert console.getvalue() == "All 2 chapters are fresh: nothing executed.\n"


def test_build_chapters_executes_no_chapter_but_those_named(project):
    for name in ("01_a", "02_b"):
        _append(project / f"notebooks/{name}.py")
    before = (project / "book/chapters/01_a.ipynb").read_bytes()
    assert build_chapters(project, "quick", io.StringIO(), only=["02_b"]) == ["02_b"]
    assert (project / "book/chapters/01_a.ipynb").read_bytes() == before
    assert [source.stem for source in stale_chapters(project, "quick")] == ["01_a"]
    console = io.StringIO()
    assert build_chapters(project, "quick", console, only=["02_b"]) == []
    assert console.getvalue() == "Chapter 02_b is fresh: nothing executed.\n"


def test_build_chapters_refuses_an_unknown_chapter(project, no_kernel):
    with pytest.raises(ConfigError, match=r"chapter: found '01_b', expected one of 01_a, 02_b \(did you mean"):
        build_chapters(project, "quick", io.StringIO(), only=["02_b", "01_b"])


@pytest.mark.parametrize("at_once", ["1", "2"])
def test_build_chapters_ends_a_cell_that_takes_too_long(project, monkeypatch, at_once):
    monkeypatch.setenv("MIXREPRO_CHAPTERS_AT_ONCE", at_once)
    (project / "notebooks/01_a.py").write_text(GOOD + "\n# %%\nimport time; time.sleep(600)\n")
    _append(project / "notebooks/02_b.py")
    expected = r"chapter 01_a, cell 6 \(import time; time.sleep\(600\)\): took longer than its limit of 5 s"
    with pytest.raises(ChapterError, match=expected):
        build_chapters(project, "quick", io.StringIO(), cell_timeout=5.0)


@pytest.mark.parametrize(
    ("change", "stale", "reason"),
    [
        (lambda p: _append(p / "notebooks/01_a.py"), ["01_a"], "changed"),
        (lambda p: _append(p / "src/mixrepro/__init__.py"), ["01_a", "02_b"], "changed"),
        (lambda p: _append(p / "src/mixrepro/sub/deep.py"), ["01_a", "02_b"], "changed"),
        (lambda p: (p / "src/mixrepro/sub/more.py").touch(), ["01_a", "02_b"], "changed"),
        (lambda p: (p / "src/mixrepro/book.mplstyle").touch(), ["01_a", "02_b"], "changed"),
        (lambda p: (p / "src/mixrepro/.x.py.swp").touch(), [], ""),
        (
            lambda p: (p / "src/mixrepro/sub/deep.py").rename(p / "src/mixrepro/deep.py"),
            ["01_a", "02_b"],
            "changed",
        ),
        (
            lambda p: _append(p / ".mixrepro/runs/0123456789abcdef-4/manifest.json"),
            ["01_a", "02_b"],
            "record 0123456789abcdef-4",
        ),
        (lambda p: shutil.rmtree(p / ".mixrepro"), ["01_a", "02_b"], "record 0123456789abcdef-4"),
        (lambda p: (p / "book/chapters/02_b.ipynb").unlink(), ["02_b"], "not executed yet"),
        (lambda p: (p / "book/chapters/02_b.ipynb").write_text("{"), ["02_b"], "unreadable"),
        (
            lambda p: _set(p / "book/chapters/02_b.ipynb", "papermill", "end_time", None),
            ["02_b"],
            "unfinished",
        ),
        (
            lambda p: _set(p / "book/chapters/02_b.ipynb", "papermill", "exception", True),
            ["02_b"],
            "unfinished",
        ),
    ],
)
def test_stale_chapters_finds_what_changed(project, change, stale, reason):
    change(project)
    found = stale_chapters(project, "quick")
    assert [source.stem for source in found] == stale
    assert all(reason in why for why in found.values())


def test_stale_chapters_finds_every_chapter_when_the_profile_changed(project):
    assert len(stale_chapters(project, "smoke")) == 2


@pytest.mark.parametrize("package", ["torch", "matplotlib"])
def test_stale_chapters_finds_every_chapter_when_a_version_changed(project, monkeypatch, package):
    from mixrepro.book import freshness

    real = freshness.version
    monkeypatch.setattr(freshness, "version", lambda name: "0" if name == package else real(name))
    assert len(stale_chapters(project, "quick")) == 2


def test_record_digest_is_found_in_the_tracked_results_too(project):
    shutil.move(project / ".mixrepro/runs/0123456789abcdef-4", project / "results/0123456789abcdef-4")
    assert manifest_digest("0123456789abcdef-4", project) == hashlib.sha256(MANIFEST).hexdigest()
    assert stale_chapters(project, "quick") == {}


@pytest.mark.parametrize("folder", ["results", ".mixrepro/runs"])
def test_stale_chapters_finds_that_kept_sharpness_changed_vanished_or_appeared(project, folder):
    chapter, file = project / "book/chapters/02_b.ipynb", project / folder / "sharpness-small-01234567.json"
    file.parent.mkdir(exist_ok=True)
    _set(chapter, "mixrepro", "records", {file.name: None})
    assert stale_chapters(project, "quick") == {}
    file.write_bytes(b"{}")
    (reason,) = stale_chapters(project, "quick").values()
    assert reason == f"record {file.name} changed"
    _set(chapter, "mixrepro", "records", {file.name: hashlib.sha256(b"{}").hexdigest()})
    assert stale_chapters(project, "quick") == {}
    file.write_bytes(b"{ }")
    assert [source.stem for source in stale_chapters(project, "quick")] == ["02_b"]
    file.unlink()
    assert [source.stem for source in stale_chapters(project, "quick")] == ["02_b"]


def test_build_chapters_refuses_an_unknown_profile(project, no_kernel):
    with pytest.raises(ConfigError, match="profile: found 'huge', expected one of smoke"):
        build_chapters(project, "huge", io.StringIO())


def test_build_chapters_removes_what_a_killed_build_left(project):
    leftover = project / "book/chapters/.01_a.123.partial.ipynb"
    leftover.touch()
    build_chapters(project, "quick", io.StringIO())
    assert not leftover.exists()


def test_build_chapters_removes_a_chapter_without_source(project):
    orphan, kept = project / "book/chapters/07_gone.ipynb", project / "book/chapters/01_a.ipynb"
    orphan.touch()
    before = kept.read_bytes()
    build_chapters(project, "quick", io.StringIO())
    assert not orphan.exists()
    assert kept.read_bytes() == before


def test_build_chapters_waits_for_another_build(project):
    hold = (
        "import sys, time, filelock\n"
        "with filelock.FileLock(sys.argv[1]):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(1)\n"
    )
    command = [sys.executable, "-c", hold, str(project / ".mixrepro/book.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        console = io.StringIO()
        build_chapters(project, "quick", console)
        assert other.poll() is not None or other.wait(0.5) == 0
    assert console.getvalue().startswith("Another build of this book is at work: waiting for it.\n")


def _append(file: Path) -> None:
    with file.open("a") as stream:
        stream.write("\n# changed\n")


def _set(file: Path, block: str, key: str, value: object) -> None:
    notebook = json.loads(file.read_text())
    notebook["metadata"][block][key] = value
    file.write_text(json.dumps(notebook))


# Progress


def test_progress_file_gives_the_newest_whole_report_once(tmp_path):
    file = ProgressFile(tmp_path / "progress.jsonl")
    assert file.latest() is None
    with file.path.open("a") as stream:
        stream.write(
            '{"run": "a", "done": 1, "total": 4, "seconds_left": 9}\n{"run": "a", "done": 2, "total": 4}\n'
        )
        stream.write('{"run": "a", "do')
        stream.flush()
        assert file.latest() == Progress("a", 2, 4)
        assert file.latest() is None
        stream.write('ne": 3, "total": 4, "seconds_left": 2.4}\nnonsense\n[1]\n{"run": "b"}\n')
        stream.flush()
        assert str(file.latest()) == "a 3/4, 2 s left"


def test_following_shows_what_a_kernel_reports(project):
    progress, seen = project / "progress.jsonl", []
    with following(progress, seen.append, every=0.01):
        execute_chapter(project / "notebooks/01_a.py", project / "x.ipynb", {}, project, progress)
        time.sleep(0.1)
    assert [report for report in seen if report] == [Progress("FIG-2 mlp mixup", 3, 4, 1.0)]


def test_lines_are_sparse():
    console = io.StringIO()
    lines = Lines("chapter 1 of 2: 01_a", console, every=0.2)
    for done in range(100):
        lines.show(Progress("run", done, 100, 1.0))
    time.sleep(0.25)
    lines.show(Progress("run", 100, 100, 0.0))
    lines.close(finished=True)
    shown = console.getvalue().splitlines()
    assert shown[:2] == ["chapter 1 of 2: 01_a: started", "chapter 1 of 2: 01_a: run 100/100, 0 s left"]
    assert shown[2].startswith("chapter 1 of 2: 01_a: done after")
    assert len(shown) == 3


def test_bar_says_chapter_and_run():
    console = io.StringIO()
    bar = Bar("chapter 1 of 2: 01_a", console)
    bar.show(None)
    bar.show(Progress("FIG-2 mlp mixup", 1200, 4000, 41.0))
    bar.show(Progress("FIG-2 mlp erm", 0, 0))
    bar.close(finished=False)
    assert "chapter 1 of 2: 01_a |#" in console.getvalue()
    assert "FIG-2 mlp mixup 1200/4000, 41 s left" in console.getvalue()
    assert console.getvalue().rstrip().splitlines()[-1].split("\r")[-1].startswith("chapter 1 of 2: 01_a: stopped")

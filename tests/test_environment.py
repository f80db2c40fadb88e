"""What makes an environment agrees with itself: pyproject, constraints, conda, make, table of contents."""

import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, entry_points
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from mixrepro.book import site
from mixrepro.book.verdict_table import toc_documents
from mixrepro.errors import ConfigError

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
(PIP,) = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
PINS = dict(
    line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_conda_takes_the_python_of_pyproject():
    (python,) = [entry for entry in CONDA["dependencies"] if isinstance(entry, str) and entry.startswith("python")]
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PROJECT["requires-python"])


def test_make_asks_for_the_python_of_pyproject():
    (low,) = SpecifierSet(PROJECT["requires-python"])
    assert low.operator == ">="
    assert f"v < ({low.version.replace('.', ', ')})" in MAKEFILE
    assert set(re.findall(r"\b3\.\d+ or newer", MAKEFILE)) == {f"{low.version} or newer"}


def test_conda_and_make_install_the_same():
    (extras,) = re.findall(r"-e '\.\[([\w,]+)\]'", MAKEFILE)
    assert PIP == ["-c constraints.txt", f"-e .[{extras}]"]
    assert "-c constraints.txt -e" in MAKEFILE
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()


def test_constraints_pin_the_whole_book_extra_within_its_ranges():
    for requirement in map(Requirement, PROJECT["optional-dependencies"]["book"]):
        assert PINS[normal(requirement.name)] in requirement.specifier


@pytest.mark.parametrize(
    ("module", "package", "extra", "folder"),
    [("yaml", "pyyaml", "book", "src"), ("bs4", "beautifulsoup4", "test", "tests")],
)
def test_what_is_imported_is_declared_for_those_who_import_it(module, package, extra, folder):
    imported = re.compile(rf"^(import|from) {module}\b", re.MULTILINE)
    assert any(imported.search(file.read_text()) for file in (ROOT / folder).rglob("*.py"))
    assert folder == "src" or not any(imported.search(file.read_text()) for file in (ROOT / "src").rglob("*.py"))
    extras = PROJECT["optional-dependencies"]
    assert [name for name in extras if package in {normal(Requirement(it).name) for it in extras[name]}] == [extra]


def test_constraints_pin_nothing_that_computes():
    library = {normal(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert not library & PINS.keys()


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("papermill.io", "jupytext://", "mixrepro.book.source:JupytextHandler"),
        ("myst_nb.mime_renderers", "mixrepro", "mixrepro.book.mime:MixreproMime"),
    ],
)
def test_entry_point_is_installed(group, name, value):
    assert [entry.value for entry in entry_points(group=group, name=name)] == [value]
    (entry,) = entry_points(group=group, name=name)
    assert entry.load()


def test_table_of_contents_is_one_file():
    link = ROOT / "book/_toc.yml"
    assert link.is_symlink()
    assert os.readlink(link) == "../_toc.yml"
    assert link.resolve() == ROOT / "_toc.yml"


def test_table_of_contents_lists_every_notebook_once():
    chapters = [document for document in toc_documents(ROOT / "_toc.yml") if document.startswith("chapters/")]
    assert sorted(chapters) == [f"chapters/{file.stem}" for file in sorted((ROOT / "notebooks").glob("*.py"))]


def test_continuous_integration_runs_the_tests_of_the_readme():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    assert script.read_text().splitlines()[-1] == "make test"


def test_vendored_code_is_small_and_brings_its_licence():
    vendor = ROOT / "book/_extra/vendor"
    large = {vendor / "widgets/embed.js"}  # html-manager comes as one file, and loads on pages with a slider only
    assert all(file.stat().st_size < 2**20 for file in set(vendor.rglob("*")) - large)
    assert all(file.stat().st_size < 2**21 for file in large)
    assert all((folder / "LICENSE").is_file() for folder in vendor.iterdir())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("no-such-python", "no-such-python: not found; Python 3.11 or newer is needed"),
        ("./old-python", "./old-python is Python 3.9; 3.11 or newer is needed"),
        ("./bare-python", "cannot make environments; run: sudo apt-get install python3.11-venv"),
    ],
)
def test_make_says_what_is_missing(tmp_path, python, message):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    pretend = '#!/bin/sh\nexec python3 -c "import sys; sys.version_info = {version}\n{more}\n$2"\n'
    bare = "sys.modules['ensurepip'] = None"
    (tmp_path / "old-python").write_text(pretend.format(version="(3, 9, 1)", more=""))
    (tmp_path / "bare-python").write_text(pretend.format(version="(3, 11, 1)", more=bare))
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")  # not root: nothing is installed
    for name in ("old-python", "bare-python", "id"):
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = ["make", "book", f"PYTHON={python}"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(("found", "shown"), [("2.1.7", "found '2.1.7'"), (None, "found no installation")])
def test_check_engine_wants_jupyter_book_1(monkeypatch, found, shown):
    def version(name):
        if found is None:
            raise PackageNotFoundError(name)
        return found

    monkeypatch.setattr(site, "version", version)
    with pytest.raises(
        ConfigError, match=rf"jupyter-book: {shown}, expected 1\.x: pip install 'mixrepro\[book\]'"
    ):
        site.build_site(ROOT, "smoke")

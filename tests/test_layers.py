"""Data flow one way: modules import only from their left, and judging needs no training."""

import ast
import itertools
import re
from pathlib import Path

import pytest

import mixrepro

PACKAGE = Path(mixrepro.__file__).parent

#: From left to right; a module may import from its own place and from places to its left.
LINE = [
    {"errors", "rng", "paths", "progress", "mime"},
    {"config", "atomic", "switching"},
    {"parameters"},
    {"mixup", "theory", "teacher_student", "data", "models"},
    {"checks"},
    {"training"},
    {"record", "store"},
    {"experiments"},
    {"results"},
    {"sweep", "cost", "landscape", "curvature"},
    {"placing"},
    {"sharpness", "expected_gradient"},
    {"recorded_sharpness"},
    {"claims"},
    {"plots"},
    {"book"},
    {"reliability", "bench"},
    {"commands"},
    {"cli"},
]
#: Files in `claims` that list every claim, or judge any: to be named there is to have no rule.
REGISTRIES = {"claim.py", "computed.py", "judged.py", "registry.py", "trained.py"}
PLACE = {name: place for place, names in enumerate(LINE) for name in names}


def part_of(file):
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(file):
    """Return the parts of the package that a file imports, wherever in the file it does."""
    return parts_in(file.read_text(), ["mixrepro", *file.relative_to(PACKAGE).parts[:-1]])


def parts_in(source, package):
    """Return the parts that a source imports by any of the ways to say so; `package`: where it lies."""
    modules = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            modules |= {f"{module}.{alias.name}" for alias in node.names}
    names = [module.split(".") for module in modules]
    return {name[1] for name in names if name[0] == "mixrepro" and len(name) > 1} & set(PLACE)


FILES = [file for file in sorted(PACKAGE.rglob("*.py")) if file != PACKAGE / "__init__.py"]


@pytest.mark.parametrize(
    "source",
    [
        "import mixrepro.training",
        "import os, mixrepro.training.trial as trial",
        "from mixrepro import training",
        "from mixrepro.training import trial",
        "from mixrepro.training.trial import train_together",
        "from .. import rules, training",
        "from ..training import trial",
        "def late():\n    from ..training.trial import train_together",
    ],
)
def test_no_way_to_import_is_overlooked(source):
    assert parts_in(source, ["mixrepro", "claims"]) == {"training"}


@pytest.mark.parametrize(
    "source", ["from . import training", "import training", "from torch import training", "import mixrepro"]
)
def test_what_only_sounds_like_a_part_is_none(source):
    assert parts_in(source, ["mixrepro", "claims"]) <= {"claims"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_module_imports_only_from_its_left(file):
    mine = PLACE[part_of(file)]
    assert {part for part in imported_parts(file) if PLACE[part] > mine} == set()


def test_every_module_has_its_place_on_the_line():
    assert {part_of(file) for file in FILES} <= set(PLACE)


@pytest.mark.parametrize("part", ["experiments", "claims", "results", "plots"])
def test_judging_and_drawing_never_train(part):
    files = [file for file in FILES if part_of(file) == part]
    trains = {"training", "models", "sweep", "data"}
    assert files
    assert all(not imported_parts(file) & trains for file in files)


def test_only_store_and_checkpoint_write():
    # The book writes pages and chapters, reliability what it damages or kills, progress its own lines, and
    # generated or downloaded data are cached. A record's table is made in memory.
    writers = {"atomic.py", "record.py", "store.py", "progress.py", "data/mnist1d.py"}
    pattern = re.compile(r"\.write_(text|bytes)\(|os\.replace\(|open\([^)]*[\"'][wa]b?[\"']|savez|write_table")
    found = {
        str(file.relative_to(PACKAGE))
        for file in FILES
        if part_of(file) not in ("book", "reliability") and pattern.search(file.read_text())
    }
    assert found <= writers


def test_the_book_locks_in_one_place():
    book = [file for file in FILES if part_of(file) == "book"]
    assert [file.name for file in book if "FileLock" in file.read_text()] == ["lock.py"]


def test_notebooks_define_no_science():
    for notebook in sorted((PACKAGE.parents[1] / "notebooks").glob("*.py")):
        tree = ast.parse(notebook.read_text())
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)], notebook


def test_claim_is_judged_by_the_runs_that_its_sweep_trains():
    from mixrepro.claims import all_claims
    from mixrepro.experiments import declare

    # At `paper` a claim has several panels, each of settings of its own.
    claims = [claim for claim in all_claims() if claim.model != "theory" and claim.profiles != ("paper",)]
    assert len(claims) > 30
    for claim in claims:
        profile = claim.profiles[0]
        judged = claim.evidence(profile, []).experiment
        declared = declare(claim.id, profile, **{"model": claim.model} if claim.model else {})
        assert (judged.arms, judged.seeds) == (declared.arms, declared.seeds), claim.id


@pytest.mark.parametrize("model", ["mlp", "resnet18"])
def test_every_declaration_takes_a_network_or_says_which_it_takes(model):
    from mixrepro.config import PROFILES
    from mixrepro.errors import ConfigError
    from mixrepro.experiments import DECLARATIONS, declare

    for claim, profile in itertools.product(DECLARATIONS, PROFILES):
        fault, models = None, {model}
        try:
            models = {arm.model for arm in declare(claim, profile, model=model).arms.values()}
        except ConfigError as error:
            fault = str(error)
        assert model in models, (claim, profile)
        assert fault is None or re.match("(model|profile|precision): found ", fault), (claim, profile, fault)


def test_every_claim_has_declaration_rule_chapter_and_test():
    project = PACKAGE.parents[1]
    chapters = "".join(file.read_text() for file in (project / "notebooks").glob("*.py"))
    from mixrepro.claims import all_claims
    from mixrepro.experiments import DECLARATIONS

    files = [file for file in (PACKAGE / "claims").glob("[!_]*.py") if file.name not in REGISTRIES]
    rules = "".join(file.read_text() for file in files)
    tests = "".join(file.read_text() for file in (project / "tests").glob("test_*.py"))
    for claim in all_claims():
        name = rf"(?<![\w.-]){re.escape(claim.id)}(?![\w+-]|\.\d)"
        assert re.search(name, rules), claim.id
        assert claim.model == "theory" or claim.id in DECLARATIONS, claim.id
        assert re.search(name, chapters), claim.id
        assert re.search(name, tests), claim.id

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
    {"store"},
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
PLACE = {name: place for place, names in enumerate(LINE) for name in names}


def part_of(file):
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(file):
    """Return the parts of the package that a file imports, wherever in the file it does."""
    package = ["mixrepro", *file.relative_to(PACKAGE).parts[:-1]]
    parts = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1] + (node.module or "").split(".")
            names = [part for part in base if part]
            parts |= {names[1]} if len(names) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mixrepro."):
            parts.add(node.module.split(".")[1])
    return parts & set(PLACE)


FILES = [file for file in sorted(PACKAGE.rglob("*.py")) if file != PACKAGE / "__init__.py"]


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
    # generated or downloaded data are cached.
    writers = {"atomic.py", "store.py", "progress.py", "data/mnist1d.py"}
    pattern = re.compile(r"\.write_(text|bytes)\(|os\.replace\(|open\([^)]*[\"'][wa]b?[\"']|savez|write_table")
    found = {
        str(file.relative_to(PACKAGE))
        for file in FILES
        if part_of(file) not in ("book", "reliability") and pattern.search(file.read_text())
    }
    assert found <= writers


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

    rules = "".join(file.read_text() for file in (PACKAGE / "claims").glob("[!_]*.py"))
    tests = "".join(file.read_text() for file in (project / "tests").glob("test_*.py"))
    for claim in all_claims():
        name = rf"(?<![\w.-]){re.escape(claim.id)}(?![\w+-]|\.\d)"
        assert re.search(name, rules), claim.id
        assert claim.model == "theory" or claim.id in DECLARATIONS, claim.id
        assert re.search(name, chapters), claim.id
        assert re.search(name, tests), claim.id

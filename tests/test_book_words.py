"""The page that has every claim in plain words: all of them, with what came of each at every size."""

from pathlib import Path

import nbformat
import pytest
import yaml

from mixrepro.book import plain_words
from mixrepro.book.plain_words import ids_in, words_in
from mixrepro.claims.registry import all_claims
from mixrepro.errors import ChapterError
from mixrepro.mime import VERDICT_MIME

ROOT = Path(__file__).parents[1]
WORDS = ROOT / "book" / plain_words.WORDS
PAGE = ROOT / "book" / "reproduced.md"

ENTRY = {"claim": "FIG-2", "says": "It <falls>.", "paper": "Only drawn.", "scale": "Little."}
PART = {
    "statement": "Mixup falls", "verdict": "refuted", "effect": 0.004, "interval": [0.001, 0.007],
    "unit": "points", "n": 5, "n_declared": 5, "rule": "above 0", "scale": "MNIST-1D", "profile": "quick",
}  # fmt: skip
VERDICT = {"claim": "FIG-2", "title": "U-shape", "verdict": "refuted", "parts": [PART]}
CONF = """
from mixrepro.book.plain_words import ClaimsInWords
def setup(app):
    app.add_config_value("external_toc_path", "_toc.yml", "env")
    app.add_directive("claims-in-words", ClaimsInWords)
"""


def test_the_page_speaks_of_every_claim_once():
    ids = ids_in(words_in(WORDS))
    assert len(ids) == len(set(ids))
    assert set(ids) == {claim.id for claim in all_claims()}


def test_the_page_shows_every_part():
    shown = [
        line.split("}", 1)[1].strip() for line in PAGE.read_text().splitlines() if "{claims-in-words}" in line
    ]
    assert shown == [part["part"] for part in words_in(WORDS)]


@pytest.mark.parametrize(
    ("change", "message"), [({"says": None}, "FIG-2: found"), ({"size": "small"}, r"FIG-2: found \['claim'")]
)
def test_an_entry_without_a_key_or_with_an_unknown_one_is_named(tmp_path, change, message):
    entry = {key: value for key, value in (ENTRY | change).items() if value is not None}
    file = tmp_path / "words.yml"
    file.write_text(yaml.safe_dump([{"part": "A", "claims": [entry]}]))
    with pytest.raises(ChapterError, match=f"words.yml, {message}"):
        words_in(file)


def test_only_records_are_judged_at_other_sizes_and_nothing_is_computed(monkeypatch):
    def compute(*arguments):
        raise AssertionError("a numerical check was run")

    monkeypatch.setattr("mixrepro.claims.computed._outcome", compute)
    found = plain_words.recorded(ids_in(words_in(WORDS)))
    assert all(verdict["profile"] in ("small", "paper") for verdicts in found.values() for verdict in verdicts)


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Build a page of one claim; its remark is for the word given."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    (tmp_path / "chapters").mkdir()
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chapters/02_x\n")
    (tmp_path / "index.rst").write_text(
        "Title\n=====\n\n.. claims-in-words:: A\n\n.. toctree::\n\n   chapters/02_x\n"
    )
    (tmp_path / "chapters/02_x.rst").write_text("X\n=\n")
    output = nbformat.v4.new_output("display_data", data={VERDICT_MIME: VERDICT})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    nbformat.write(notebook, tmp_path / "chapters/02_x.ipynb")

    def build(entry, recorded):
        (tmp_path / plain_words.WORDS).write_text(yaml.safe_dump([{"part": "A", "claims": [entry]}]))
        monkeypatch.setattr(plain_words, "recorded", lambda ids: recorded)
        folders = (tmp_path, tmp_path, tmp_path / "out", tmp_path / "trees")
        with docutils_namespace():
            Sphinx(*map(str, folders), "html", warningiserror=True, status=None).build(force_all=True)
        return (tmp_path / "out/index.html").read_text()

    return build


def test_a_claim_has_its_words_its_chapters_verdict_and_its_records(page):
    part = PART | {"verdict": "supported", "profile": "small", "scale": "CIFAR-10", "effect": 0.0321, "n": 3}
    small = VERDICT | {"verdict": "supported", "runs": 6, "runs_declared": 6, "parts": [part]}
    html = page(ENTRY | {"if": {"refuted": "A surprise.", "supported": "No surprise."}}, {"FIG-2": [small]})
    assert "It &lt;falls&gt;." in html
    assert 'href="chapters/02_x.html"' in html
    assert "quick: MNIST-1D" in html
    assert "small: CIFAR-10, 6 of 6 runs" in html
    assert "0.4 points" in html
    assert "3.2 points" in html
    assert "A surprise." in html
    assert "No surprise." not in html  # the word is the chapter's


def test_a_claim_that_nothing_judges_says_so(page):
    html = page(ENTRY | {"claim": "FIG-9"}, {})
    assert "no chapter and no record judges it" in html

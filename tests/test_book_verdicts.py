"""The front page's table: how a verdict is found, checked and worded."""

import dataclasses

import nbformat
import pytest

from mixrepro.book.verdict_table import PART_KEYS, deciding_part, seeds_text, toc_documents, verdicts_in
from mixrepro.claims.rules import Part
from mixrepro.errors import ChapterError
from mixrepro.mime import VERDICT_MIME

PART = {
    "statement": "it falls", "verdict": "supported", "effect": 0.0594, "interval": [0.049, 0.07], "unit": "points",
    "n": 5, "n_declared": 5, "rule": "above 0", "scale": "MNIST-1D", "profile": "quick",
}  # fmt: skip
CLAIM = {"claim": "FIG-2", "title": "U-shape", "verdict": "supported", "parts": [PART]}


def chapter(folder, *claims):
    cells = [
        nbformat.v4.new_code_cell(
            outputs=[nbformat.v4.new_output("display_data", data={VERDICT_MIME: claim, "text/html": "<p>x</p>"})]
        )
        for claim in claims
    ]
    file = folder / "02_x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# X"), *cells]), file)
    return file


def test_verdicts_in_returns_them_in_order(tmp_path):
    other = CLAIM | {"claim": "FIG-1"}
    assert verdicts_in(chapter(tmp_path, CLAIM, other)) == [CLAIM, other]


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (CLAIM | {"verdict": "true"}, "chapter 02_x, verdict: found 'true', expected one of supported, "),
        (
            CLAIM | {"parts": [PART | {"verdict": ""}]},
            "chapter 02_x, part of FIG-2: found '', expected one of",
        ),
        ({"claim": "FIG-2"}, "chapter 02_x, verdict: .* expected the keys claim, parts, title, verdict"),
        (
            CLAIM | {"parts": [{"n": 1}]},
            r"chapter 02_x, part of FIG-2: found \['n'\], expected the keys effect",
        ),
    ],
)
def test_verdicts_in_names_a_malformed_verdict(tmp_path, claim, message):
    with pytest.raises(ChapterError, match=message):
        verdicts_in(chapter(tmp_path, claim))


def test_seeds_text_never_hides_a_missing_seed():
    assert seeds_text(PART) == "5"
    assert seeds_text(PART | {"n": 4}) == "4 of 5"
    assert seeds_text(PART | {"n": 12_000, "n_declared": 12_000}) == "12,000"


@pytest.mark.parametrize("word", ["supported", "refuted", "inconclusive"])
def test_deciding_part_is_the_first_with_the_claims_word(word):
    words = ["supported", "inconclusive", "refuted", word]
    parts = [PART | {"verdict": other, "statement": f"{index}"} for index, other in enumerate(words)]
    decides = deciding_part(CLAIM | {"verdict": word, "parts": parts})
    assert decides["verdict"] == word
    assert decides["statement"] == str(words.index(word))


def test_toc_documents_are_in_reading_order(tmp_path):
    toc = tmp_path / "_toc.yml"
    toc.write_text(
        "format: jb-book\nroot: intro\nparts:\n- caption: A\n  chapters:\n  - file: a\n    sections:\n"
        "    - file: b\n    - url: x\n- chapters:\n  - file: c\n"
    )
    assert toc_documents(toc) == ["intro", "a", "b", "c"]


def test_table_knows_every_field_of_a_part():
    assert PART_KEYS == {field.name for field in dataclasses.fields(Part)}

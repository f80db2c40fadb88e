"""Figures are taken out of executed chapters, never made beside them."""

import base64

import nbformat
import pytest

from mixrepro.book.figures import export_figure
from mixrepro.errors import ChapterError

PNG = b"\x89PNG made up"


@pytest.fixture
def project(tmp_path):
    data = {"image/png": base64.b64encode(PNG).decode(), "text/plain": "what it shows"}
    cell = nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("display_data", data=data)])
    (tmp_path / "book/chapters").mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "book/chapters/01_one.ipynb")
    return tmp_path


def test_figure_is_written_as_the_chapter_shows_it(project):
    assert export_figure(project, "01_one", 1, project / "new/figure.png") == "what it shows"
    assert (project / "new/figure.png").read_bytes() == PNG


def test_figure_that_is_not_there_is_named(project):
    with pytest.raises(ChapterError, match="chapter 01_one, figure: found 2, expected 1 to 1"):
        export_figure(project, "01_one", 2, project / "figure.png")
    assert not (project / "figure.png").exists()


def test_chapter_that_was_not_executed_is_named(project):
    with pytest.raises(ChapterError, match="chapter 02_two: found no executed chapter"):
        export_figure(project, "02_two", 1, project / "figure.png")

"""The smoke book, built from a copy of the tree and opened with an HTML parser."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from browser import launched, visit
from mixrepro.book.verdict_table import toc_documents
from mixrepro.mime import RECORDS_MIME

ROOT = Path(__file__).parents[1]
CHAPTERS = [document for document in toc_documents(ROOT / "_toc.yml") if document.startswith("chapters/")]
VERDICT = "application/vnd.mixrepro.verdict+json"
NOT_COPIED = (".git", ".venv", "_build", "chapters", ".mixrepro", "__pycache__", ".*_cache", ".hypothesis")

pytestmark = pytest.mark.book


def copy_tree(target: Path) -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    git = shutil.which("git") and subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if not git or git.returncode:  # an unpacked archive
        shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
        return
    for name in filter(None, git.stdout.split("\0")):
        if os.path.lexists(ROOT / name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)


def build(project: Path, profile: str = "smoke", **more: str) -> subprocess.CompletedProcess:
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "book/", "-W", "--keep-going"]
    return run(project, command, MIXREPRO_PROFILE=profile, **more)


def run(project: Path, command: list[Path | str], **more: str) -> subprocess.CompletedProcess:
    kept = {
        name: value for name, value in os.environ.items() if name not in ("MIXREPRO_STORE", "MIXREPRO_PROJECT")
    }
    environment = kept | {"PYTHONPATH": str(project / "src")} | more
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The project that was built; its pages are below `_build/html`."""
    project = tmp_path_factory.mktemp("site") / "project"
    copy_tree(project)
    done = build(project)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    return project


def page(project: Path, document: str) -> BeautifulSoup:
    return BeautifulSoup((project / f"_build/html/{document}.html").read_text(), "html.parser")


def outputs(project: Path, document: str) -> list[dict]:
    notebook = json.loads((project / f"book/{document}.ipynb").read_text())
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def pages(project: Path) -> list[Path]:
    html = project / "_build/html"
    return [file for file in sorted(html.rglob("*.html")) if not {"_static", "vendor"} & set(file.parts)]


@pytest.mark.parametrize("document", CHAPTERS)
def test_chapter_shows_a_figure_and_a_verdict(site, document):
    article = page(site, document).select_one("article")
    assert article.select("img"), "no figure"
    assert all(image.get("alt", "").strip() for image in article.select("img")), "a figure without alt text"
    assert article.select(".verdict"), "no verdict"


def test_chapter_on_loss_surfaces_judges_slices_and_curvature_of_one_set_of_runs(site):
    shown = [output.get("data", {}) for output in outputs(site, "chapters/12_loss_surfaces")]
    claims = [data[VERDICT]["claim"] for data in shown if VERDICT in data]
    assert claims == ["FIG-2-LAND", "FIG-2-LAND-HESSIAN", "FIG-2-LAND+"]
    assert sum(RECORDS_MIME in data for data in shown) == 1


@pytest.mark.parametrize("document", CHAPTERS)
def test_chapter_shows_no_error(site, document):
    article = page(site, document).select_one("article")
    assert not article.select(".traceback, .stderr")
    assert "Traceback (most recent call last)" not in article.get_text()
    assert not [output for output in outputs(site, document) if output["output_type"] == "error"]


def claims_of(project: Path) -> list[tuple[str, dict]]:
    return [
        (document, output["data"][VERDICT])
        for document in CHAPTERS
        for output in outputs(project, document)
        if VERDICT in output.get("data", {})
    ]


def check_claim_cell(cell: BeautifulSoup, document: str, claim: dict) -> None:
    assert cell.a.get_text() == claim["claim"]
    assert cell.a["href"] == f"{document}.html"
    assert claim["title"] in cell.get_text()
    said = cell.get_text()
    for part in claim["parts"]:
        assert f"({part['profile']})" in said
        for number in re.findall(r"n = ([\d,]+\d)", part["scale"]):
            assert re.search(rf"(?<![\d,]){number}(?![\d]|,\d)", said), (said, part["scale"])


def check_numbers(effect: str, n: str, part: dict) -> None:
    counts = [int(number.replace(",", "")) for number in n.split(" of ")]
    assert counts in ([part["n"]], [part["n"], part["n_declared"]])
    shown = [float(x) for x in re.findall(r"[+-]?\d[\d.e+-]*", effect.replace("\N{MINUS SIGN}", "-"))]
    exact = [] if part["effect"] is None else [part["effect"], *(part["interval"] or [])]
    if part["unit"] in ("points", "share"):  # fractions inside, one decimal of a per cent on the page
        assert shown == pytest.approx([100 * x for x in exact], abs=0.051)
    elif part["unit"] in ("cases", "contradictions"):  # two digits of a per cent
        assert shown == pytest.approx([100 * x for x in exact], rel=0.051)
    else:
        assert shown == pytest.approx(exact, abs=6e-3 if part["unit"] == "doublings" else 6e-4, rel=0.051)


def test_front_page_table_says_what_the_chapters_say(site):
    (table,) = page(site, "intro").select("table.verdict-table")
    rows, claims = table.select("tbody tr"), claims_of(site)
    assert len(rows) == len(claims) > 0
    for row, (document, claim) in zip(rows, claims, strict=True):
        first, verdict, decides, effect, n = row.find_all("td")
        (part,) = [part for part in claim["parts"] if part["statement"] == decides.get_text(strip=True)]
        assert part["verdict"] == claim["verdict"] == verdict.get_text(strip=True)
        assert verdict.select(f".verdict-{claim['verdict']}")
        check_claim_cell(first, document, claim)
        check_numbers(effect.get_text(strip=True), n.get_text(strip=True), part)


def test_table_of_parts_says_what_the_chapters_say(site):
    (table,) = page(site, "verdicts").select("table.verdict-table")
    rows = table.select("tbody tr")
    declared = [(*entry, index) for entry in claims_of(site) for index in range(len(entry[1]["parts"]))]
    assert len(rows) == len(declared) > 0
    for row, (document, claim, index) in zip(rows, declared, strict=True):
        part, cells = claim["parts"][index], row.find_all("td")
        if index == 0:
            first = cells.pop(0)
            check_claim_cell(first, document, claim)
            assert len(claim["parts"]) == 1 or claim["verdict"] in first.get_text()
        statement, verdict, effect, n = (cell.get_text(strip=True) for cell in cells)
        assert (statement, verdict) == (part["statement"], part["verdict"])
        assert cells[1].select(f".verdict-{part['verdict']}")
        check_numbers(effect, n, part)


@pytest.mark.parametrize(("number", "names"), [(0, ["D-4"]), (1, ["D-5"]), (2, ["D-6"])])
def test_errata_repeat_the_verdicts_of_the_chapters(site, number, names):
    table = page(site, "chapters/11_errata").select("table.verdict-table")[number]
    said = {claim["claim"]: (f"{Path(document).name}.html", claim) for document, claim in claims_of(site)}
    rows = table.select("tbody tr")
    assert [row.a.get_text() for row in rows if row.a] == names
    for name in names:
        address, claim = said[name]
        assert [row.a["href"] for row in rows if row.a] == [address]
        assert len(rows) == len(claim["parts"])
        for part, row in zip(claim["parts"], rows, strict=True):
            assert part["statement"] in row.get_text()
            assert part["verdict"] in row.get_text()


def test_every_chapter_takes_part_in_the_front_page_table(site):
    links = {link["href"] for link in page(site, "intro").select("table.verdict-table a")}
    assert links == {f"{document}.html" for document in CHAPTERS}


def test_internal_links_and_anchors_lead_somewhere(site):
    broken, anchors = [], {}
    for file in pages(site):
        soup = BeautifulSoup(file.read_text(), "html.parser")
        anchors[file.resolve()] = {tag["id"] for tag in soup.select("[id]")} | {""}
    for file in pages(site):
        for tag in BeautifulSoup(file.read_text(), "html.parser").select(
            "a[href], img[src], script[src], link[href]"
        ):
            link = urlsplit(tag.get("href") or tag.get("src"))
            if link.scheme or link.netloc:
                continue
            target = (file.parent / unquote(link.path)).resolve() if link.path else file.resolve()
            if not target.exists() or unquote(link.fragment) not in anchors.get(target, {unquote(link.fragment)}):
                broken.append(f"{file.name}: {link.geturl()}")
    assert not broken


def test_pages_ask_no_other_host(site):
    loaded = {
        tag.get("src") or tag.get("href")
        for file in pages(site)
        for tag in BeautifulSoup(file.read_text(), "html.parser").select(
            "script[src], img[src], iframe[src], link[rel=stylesheet][href], link[rel=preload][href]"
        )
    }
    assert not [address for address in loaded if urlsplit(address).netloc]
    assert (site / "_build/html/vendor/mathjax/startup.js").is_file()


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.mark.parametrize("document", ["intro", "verdicts", *CHAPTERS])
def test_page_works_in_a_browser_without_network_or_kernel(site, chromium, document):
    file = site / f"_build/html/{document}.html"
    with visit(chromium, file.as_uri()) as seen:
        assert (seen.errors, seen.outside, seen.lost) == ([], [], [])
        formulas = seen.page.locator(".MathJax, mjx-container")
        unset = seen.page.locator("mjx-merror")
        assert formulas.count() > 0 or "\\(" not in file.read_text()
        assert [unset.nth(index).inner_text() for index in range(unset.count())] == []


@pytest.mark.parametrize("document", CHAPTERS)
def test_page_stays_light(site, document):
    assert (site / f"_build/html/{document}.html").stat().st_size < 2 * 10**6


def test_second_build_executes_nothing(site):
    before = {file: file.stat().st_mtime_ns for file in (site / "book/chapters").iterdir()}
    start = time.monotonic()
    done = build(site)
    assert done.returncode == 0
    assert f"All {len(CHAPTERS)} chapters are fresh: nothing executed." in done.stderr
    assert {file: file.stat().st_mtime_ns for file in (site / "book/chapters").iterdir()} == before
    assert time.monotonic() - start < 60


def test_preview_has_the_named_chapters_and_leaves_the_book_alone(site):
    shown = {file: file.read_bytes() for file in pages(site)}
    command = [Path(sys.executable).with_name("mixrepro"), "book", "--profile", "smoke"]
    done = run(site, [*command, "17_augmentation", "09_switching"])
    assert done.returncode == 0, done.stderr[-3000:]
    assert "All 2 chapters are fresh: nothing executed." in done.stderr
    html = site / "_build/preview/_build/html"
    assert [file.name for file in sorted((html / "chapters").glob("*.html"))] == [
        "09_switching.html",
        "17_augmentation.html",
    ]
    for name in ("09_switching", "17_augmentation"):
        ours, theirs = (
            BeautifulSoup((folder / f"chapters/{name}.html").read_text(), "html.parser").select(".verdict")
            for folder in (html, site / "_build/html")
        )
        assert [each.get_text() for each in ours] == [each.get_text() for each in theirs] != []
    assert "WARNING" not in done.stderr
    done = run(site, [*command, "11_errata"])
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Chapter 11_errata is fresh: nothing executed." in done.stderr
    assert (html / "chapters/11_errata.html").is_file()
    assert {file: file.read_bytes() for file in pages(site)} == shown


@pytest.mark.parametrize("document", CHAPTERS[:1])
def test_build_stops_at_a_chapter_that_raises(site, document):
    source = site / "notebooks" / f"{Path(document).name}.py"
    text, tag = source.read_text(), '# %% tags=["parameters"]'
    assert text.count(tag) == 1
    shown = {file: file.read_bytes() for file in pages(site)}
    try:
        source.write_text(text.replace(tag, f"# %%\n1 / 0\n\n{tag}"))
        done = build(site)
        assert done.returncode != 0
        assert re.search(
            rf"chapter {source.stem}, cell \d+ \(1 / 0\): ZeroDivisionError: division by zero", done.stderr
        )
        assert {file: file.read_bytes() for file in pages(site)} == shown
    finally:
        source.write_text(text)
    assert build(site).returncode == 0


def test_build_refuses_an_unknown_profile(site):
    done = build(site, "huge")
    assert done.returncode != 0
    assert "$MIXREPRO_PROFILE: found 'huge', expected one of smoke, quick, small, paper" in done.stderr


def test_build_refuses_a_limit_that_is_no_number(site):
    done = build(site, MIXREPRO_CELL_TIMEOUT="soon")
    assert done.returncode != 0
    assert "$MIXREPRO_CELL_TIMEOUT: found 'soon', expected seconds, at least 0" in done.stderr

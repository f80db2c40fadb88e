"""Opens pages of a built site in a browser that has no way out, and notes what goes wrong there."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
#: Errors of the theme, on every page: jupyter-book 1.x includes sphinx-thebe's script twice. No page uses it.
KNOWN_ERRORS = ("Identifier 'THEBE_JS_URL' has already been declared",)
PATIENCE = 10_000  # ms
VIEWS = 'script[type="application/vnd.jupyter.widget-view+json"]'


@dataclass
class Visit:
    """An open page, and what it did since it was asked for."""

    page: Any
    errors: list[str] = field(default_factory=list)  # uncaught, but for KNOWN_ERRORS
    outside: list[str] = field(default_factory=list)  # addresses asked for on other hosts
    lost: list[str] = field(default_factory=list)  # files of the site that are not there


@contextmanager
def launched() -> Iterator[Any]:
    """Start a browser; skip the test where there is none."""
    reason = "playwright is not installed: pip install 'mixrepro[test]'"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Any, address: str, **options: Any) -> Iterator[Visit]:
    """Open a page, and wait until its widgets and formulas are drawn.

    Args:
        browser: From `launched`.
        address: file:// or http://.
        options: Of playwright's `new_page`, as `color_scheme="dark"`.
    """
    page = browser.new_page(**options)
    seen = Visit(page)
    own = urlsplit(address)[:2]

    def note_request(request: Any) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob") and urlsplit(request.url)[:2] != own:
            seen.outside.append(request.url)

    def note_answer(answer: Any) -> None:
        if answer.status >= 400:
            seen.lost.append(answer.url)

    def note_failure(request: Any) -> None:
        if request.url not in seen.outside + seen.lost:
            seen.lost.append(request.url)

    def note_error(error: Any) -> None:
        if error.message not in KNOWN_ERRORS:
            seen.errors.append(error.message)

    page.on("request", note_request)
    page.on("response", note_answer)
    page.on("requestfailed", note_failure)
    page.on("pageerror", note_error)
    try:
        page.goto(address, wait_until="load")
        _settle(seen)
        yield seen
    finally:
        page.close()


def _settle(seen: Visit) -> None:
    from playwright.sync_api import TimeoutError as TooLate

    views = seen.page.locator(VIEWS).count()
    drawn = f"document.querySelectorAll('.widget-subarea > *').length >= {views}"
    with suppress(TooLate):
        seen.page.wait_for_function(drawn, timeout=PATIENCE)
        seen.page.evaluate("window.MathJax?.startup?.promise?.then(() => null)")
        return
    seen.errors.append(f"the page's widgets ({views}) were not drawn within {PATIENCE / 1000:g} s")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine alone; its address ends with a slash."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *line: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()

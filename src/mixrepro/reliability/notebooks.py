"""The notebook driver: bad parameters, killed kernels, cells that take too long or raise (R31, R32, R33)."""

import os
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ..book.notebook_sweep import declare_sweep, stale_points
from .figure import Figure, stopwatch
from .processes import start, wait_for

CHAPTER = """\
# %% tags=["parameters"]
profile: str = "quick"  # size
alpha: float = 1.0  # lam ~ Beta(alpha, alpha)
n: int = 500  # training points
seeds: tuple[int, ...] = (0, 1)  # one run each

# %%
import os, pathlib, time
BODY
print("done")
"""
UNTAGGED = "# %%\nalpha: float = 1.0\n"
#: What the kernel's launcher is replaced by where none may start.
CANARY = "import pathlib\npathlib.Path(__file__).with_name('a kernel started').touch()\nraise SystemExit(1)\n"
#: Chapter, -p options, and what the message has to name.
BAD: tuple[tuple[str, Sequence[str], str], ...] = (
    ("01_a", ("aplha", "1.0"), "aplha"),
    ("01_a", ("", "1.0"), "parameter"),
    ("01_a", ("alpha; import os", "1"), "alpha; import os"),
    ("01_a", ("alpha", "much"), "parameter alpha"),
    ("01_a", ("alpha", "0.2,much"), "parameter alpha"),
    ("01_a", ("alpha", "0.2,,1.0"), "alpha"),
    ("01_a", ("alpha", '"0.2"'), "parameter alpha"),
    ("01_a", ("alpha", "true"), "parameter alpha"),
    ("01_a", ("alpha", "[0.2]"), "parameter alpha"),
    ("01_a", ("alpha", "-1"), "parameter alpha"),
    ("01_a", ("alpha", "NaN"), "parameter alpha"),
    ("01_a", ("alpha", "Infinity"), "parameter alpha"),
    ("01_a", ("n", "1"), "parameter n"),
    ("01_a", ("n", "2.5"), "parameter n"),
    ("01_a", ("n", "null"), "parameter n"),
    ("01_a", ("seeds", "1,2"), "parameter seeds"),
    ("01_a", ("seeds", "[0,0.5]"), "parameter seeds"),
    ("01_a", ("seeds", "[0,1"), "seeds"),
    ("01_a", ("profile", "huge"), "parameter profile"),
    ("02_untagged", ("alpha", "1.0"), "chapter 02_untagged"),
    ("03_missing", ("alpha", "1.0"), "03_missing"),
)


def make_project(folder: Path, body: str = "") -> Path:
    """Make a project with one small chapter."""
    (folder / "notebooks").mkdir(parents=True)
    (folder / "src/mixrepro").mkdir(parents=True)
    (folder / "_toc.yml").write_text("format: jb-book\n")
    (folder / "notebooks/01_a.py").write_text(CHAPTER.replace("BODY", body))
    return folder


def bad_parameters(cases: int = len(BAD)) -> Figure:
    """Give bad parameters, each to a process of its own.

    Args:
        cases: How many of `BAD`, evenly picked.
    """
    seconds, refused, slowest = stopwatch(), 0, 0.0
    picked = [BAD[index * len(BAD) // cases] for index in range(cases)]
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as folder:
        project = make_project(Path(folder) / "project")
        (project / "notebooks/02_untagged.py").write_text(UNTAGGED)
        (project / "src/ipykernel_launcher.py").write_text(CANARY)
        for chapter, (name, values), named in picked:
            took = stopwatch()
            driver = start("sweep", "notebook", chapter, "-p", name, values, cwd=project)
            _, said = driver.communicate(timeout=60)
            slowest = max(slowest, took())
            refused += driver.returncode == 1 and said.startswith("error: ") and named in said
        kernels = (project / "src/a kernel started").exists()
        left = (project / ".mixrepro").exists()
    found = f"{refused} of {cases}, {'a kernel' if kernels else 'no kernel'} started, at most {slowest:.1f} s"
    return Figure(
        "R31",
        f"{cases} bad parameters of a chapter: names, types, ranges, no parameters cell, no such chapter",
        "each an error that names it before a kernel starts, in less than 2 s, nothing written",
        found + (", a folder left behind" if left else ""),
        refused == cases and not kernels and not left and slowest < 2,
        seconds(),
    )


def ended_kernels(kills: int, over_time: int) -> Figure:
    """Kill kernels in the middle of a cell, and let cells take too long.

    Args:
        kills: How many kernels are killed.
        over_time: How many cells take too long.
    """
    seconds, good, slowest = stopwatch(), 0, 0.0
    wait = "pathlib.Path('pid').write_text(str(os.getpid()))\nos.rename('pid', 'pid.whole')\ntime.sleep(600)"
    for number in range(kills + over_time):
        killed = number < kills
        with tempfile.TemporaryDirectory(prefix="mixrepro-") as folder:
            project = make_project(Path(folder) / "project", wait)
            limit = () if killed else ("--cell-timeout", "1")
            driver = start("sweep", "notebook", "01_a", *limit, cwd=project)
            pid = project / "pid.whole"
            if not wait_for(pid.exists, 60):
                driver.kill()
                continue
            took = time.monotonic()
            if killed:
                os.kill(int(pid.read_text()), signal.SIGKILL)
            _, said = driver.communicate(timeout=60)
            slowest = max(slowest, time.monotonic() - took - (0 if killed else 1))
            reason = "the kernel died" if killed else "took longer than its limit of 1 s"
            named = f"chapter 01_a, cell 2 (import os, pathlib, time): {reason}" in said
            good += driver.returncode == 1 and named and not list(project.rglob("*.ipynb"))
    return Figure(
        "R32",
        f"{kills} kernels killed in a cell, {over_time} cells over their time limit",
        "the driver exits with 1 within 10 s, names chapter and cell, and leaves no notebook",
        f"{good} of {kills + over_time}, at most {slowest:.1f} s",
        good == kills + over_time and slowest <= 10,
        seconds(),
    )


def raising_and_stale(raising: int) -> Figure:
    """Let cells raise; then change what a chapter depends on, one thing after the other.

    Args:
        raising: How many chapters raise.
    """
    seconds, good = stopwatch(), 0
    for number in range(raising):
        with tempfile.TemporaryDirectory(prefix="mixrepro-") as folder:
            project = make_project(Path(folder) / "project", f"raise ValueError('no {number}')")
            driver = start("sweep", "notebook", "01_a", cwd=project)
            _, said = driver.communicate(timeout=120)
            named = f"chapter 01_a, cell 2 (import os, pathlib, time): ValueError: no {number}" in said
            good += driver.returncode == 1 and named and not list(project.rglob("*.ipynb"))
    changes, noticed = _changes()
    return Figure(
        "R33",
        f"{raising} chapters that raise; {changes} changes of source, library and parameters of one that is done",
        "each is an error that names chapter and cell, and leaves no notebook; each change makes it stale",
        f"{good} of {raising}; {noticed} of {changes}",
        good == raising and noticed == changes,
        seconds(),
    )


def _changes() -> tuple[int, int]:
    """Execute a chapter once, then count the changes tried and those that made it stale."""
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as folder:
        project = make_project(Path(folder) / "project")
        package = project / "src/mixrepro"
        files = [project / "notebooks/01_a.py", package / "__init__.py", package / "style.mplstyle"]
        for file in files[1:]:
            file.write_text("# 1\n")
        driver = start("sweep", "notebook", "01_a", "-p", "alpha", "0.2", cwd=project)
        driver.communicate(timeout=120)

        def is_stale(alpha: str = "0.2") -> bool:
            return bool(stale_points(declare_sweep(project, "01_a", {"alpha": alpha}), project))

        noticed = 0 if is_stale() else is_stale("0.3")
        for file in files:
            before = file.read_bytes()
            file.write_bytes(before + b"# 2\n")
            noticed += is_stale()
            file.write_bytes(before)
        return 1 + len(files), noticed

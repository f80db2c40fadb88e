"""The project's own code: no call in it can run what a file contains (R25)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from .. import paths
from .figure import Figure, stopwatch

#: Calls that can run what a file contains, by dotted name; and keywords with the value that makes them do so.
FORBIDDEN = {
    "eval", "exec", "compile", "__import__", "pickle.load", "pickle.loads", "torch.load", "yaml.load",
    "yaml.unsafe_load", "joblib.load", "marshal.loads", "os.system", "os.popen", "shelve.open", "dill.load",
}  # fmt: skip
FORBIDDEN_KEYWORDS = {"allow_pickle": True, "shell": True, "weights_only": False}


def gate(project: Path | None = None) -> Figure:
    """Search the project's own code for calls that can run what a file contains.

    Args:
        project: The checkout; default: the one around us, or else the installed package alone.
    """
    seconds = stopwatch()
    project = project or paths.project_root()
    package = Path(__file__).parents[1]
    folders = [package, *(project / part for part in ("benchmarks", "notebooks") if project)]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    uses = [f"{file.name}:{line} {what}" for file in files for line, what in forbidden_calls(file.read_text())]
    return Figure(
        "R25",
        f"calls in {len(files)} files of the library, benchmarks and notebooks that run what a file contains",
        "none: no pickle, torch.load, allow_pickle, yaml.load, eval, exec, shell=True",
        "none" if not uses else "; ".join(uses),
        not uses,
        seconds(),
    )


def forbidden_calls(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each such call of a program."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in FORBIDDEN:
            yield node.lineno, name
        for keyword in node.keywords:
            if isinstance(keyword.value, ast.Constant) and keyword.arg in FORBIDDEN_KEYWORDS:
                if keyword.value.value is FORBIDDEN_KEYWORDS[keyword.arg]:
                    yield node.lineno, f"{keyword.arg}={keyword.value.value}"

"""The map of FIG-5's four statements over what the text does not state."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from ..checks.fig_5_sensitivity import SensitivityMap
from ..claims import fig_5 as claim
from ..claims.rules import Part
from ..teacher_student.problem import Setting
from . import style
from .style import Shown
from .tables import Table

STATEMENTS = ("Both Mixups beat ERM", "Both rise after their turn", "ERM levels off", "λ = 1/2 turns first")
#: A cell's letter says the same as its colour.
WORDS = {
    "supported": ("y", "#009E73"),
    "inconclusive": ("?", "0.88"),
    "refuted": ("n", "#CC79A7"),
    "": ("d", "white"),
}
#: With more seeds lost than this a cell is not judged; fewer are left out.
MOST_DIVERGED = 0.05
INITS = {"pytorch": "PyTorch", "fan-in": "N(0, 1/fan-in)", "unit": "N(0, 1)"}
STARTS = {"pytorch": "PyTorch", "unit": "N(0, 1)", "zero": "0"}


def sensitivity(check: SensitivityMap, marked: tuple[Setting, ...]) -> Shown:
    """Draw for each setting whether it shows each statement of FIG-5.

    Args:
        check: The curves of every setting.
        marked: Settings to put a frame around.
    """
    words = cell_words(check)
    rows = len({(setting.teacher, setting.student) for setting in check.settings})
    with style.style():
        figure, panels = plt.subplots(2, 2, figsize=(7.6, 7.0), sharex=True, sharey=True)
        for number, (axes, statement) in enumerate(zip(panels.flat, STATEMENTS, strict=True)):
            grid = words[:, number].reshape(rows, -1)
            _draw_grid(axes, grid)
            axes.set_title(f"{statement}: {int((grid == 'supported').sum())} of {grid.size}")
            for setting, line in zip(marked, ("-", "--"), strict=False):
                row, column = divmod(check.settings.index(setting), grid.shape[1])
                frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, linewidth=1.6, linestyle=line)
                axes.add_patch(frame)
        _label(panels, check.settings, rows)
    share = ", ".join(
        f"{statement} in {int((words[:, number] == 'supported').sum())}"
        for number, statement in enumerate(STATEMENTS)
    )
    every = int((words == "supported").all(1).sum())
    lost = int((words[:, 0] == "").sum())
    alt = (
        f"Four grids of {len(words)} settings each. Supported: {share}; all four at once in {every}; {lost} are "
        "not judged, since seeds diverge."
    )
    plt.close(figure)
    legend = f"y: supported, n: refuted, ?: undecided, d: more than {MOST_DIVERGED:.0%} of the seeds diverge"
    return Shown(figure, alt, f"{check.scale}. {legend}. Solid frame: the default; dashed: larger features.")


def whole_picture_table(check: SensitivityMap) -> Table:
    """List the settings that show all four statements, and how strongly."""
    words = cell_words(check)
    rows = []
    for cell in np.flatnonzero((words == "supported").all(1)):
        setting = check.settings[cell]
        effects = [part.effect for part in _judged(check, cell)]
        below, rises = (f"{effects[first]:.2f}, {effects[first + 1]:.2f}" for first in (0, 2))
        weights = f"{INITS[setting.teacher]} / {INITS[setting.student]}"
        rows.append([weights, _column(setting), below, rises, f"{effects[4]:.3f}", f"{effects[6]:.2f}"])
    head = [
        "teacher / student",
        "θ₀, factor, test points",
        "gain over ERM",
        "rise",
        "ERM's rise",
        "lead of λ = 1/2",
    ]
    return Table(
        head,
        rows or [["none", *[""] * 5]],
        f"{check.scale}. Log ratios; two numbers: λ = 1/2, random λ; lead: of λ = 1/2.",
    )


def cell_words(check: SensitivityMap) -> np.ndarray:
    """Return the verdict on each statement in each cell: str [cells, 4], empty where too many seeds diverge."""
    words = []
    for cell, diverged in enumerate(check.diverged()):
        lost = diverged > MOST_DIVERGED
        words.append(("",) * len(STATEMENTS) if lost else claim.words(_judged(check, cell)))
    return np.array(words)


def _judged(check: SensitivityMap, cell: int) -> tuple[Part, ...]:
    """Judge a cell on the seeds that do not diverge."""
    loss = check.loss[cell]
    return claim.judge_curves(*loss[:, np.isfinite(loss).all((0, 2))], check.epochs, check)


def _draw_grid(axes: Axes, grid: np.ndarray) -> None:
    order = list(WORDS)
    colours = ListedColormap([WORDS[word][1] for word in order])
    places = np.array([[order.index(word) for word in row] for row in grid])
    axes.imshow(places, cmap=colours, vmin=-0.5, vmax=len(order) - 0.5, aspect="auto")
    axes.grid(visible=False)
    for (row, column), word in np.ndenumerate(grid):
        axes.text(column, row, WORDS[word][0], ha="center", va="center", fontsize=6)


def _label(panels: np.ndarray, settings: tuple[Setting, ...], rows: int) -> None:
    columns = len(settings) // rows
    first = settings[::columns]
    panels[0, 0].set_yticks(range(rows), [f"{INITS[each.teacher]} / {INITS[each.student]}" for each in first])
    panels[0, 0].set_xticks(range(columns), [_column(setting) for setting in settings[:columns]])
    for axes in panels[1]:  # shared ticks keep no rotation of their own
        axes.tick_params(axis="x", rotation=90)
    for axes in panels[:, 0]:
        axes.set_ylabel("weights: teacher / student")
    for axes in panels[1]:
        axes.set_xlabel("θ₀, factor of the loss, test points")


def _column(setting: Setting) -> str:
    return f"{STARTS[setting.theta_0]}, {setting.loss_factor:g}, {setting.test_points:,}"

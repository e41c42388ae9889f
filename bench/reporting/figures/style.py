"""Style: one look for all figures, the same bytes on every writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.reporting.grid import short

# Okabe and Ito's colours, told apart with any colour vision; shapes say the same again.
BLACK, GREY, BLUE, ORANGE, GREEN = "#000000", "#767676", "#0072B2", "#D55E00", "#009E73"
FAMILIES = {"neural": (BLUE, "o", BLUE), "tabular": (ORANGE, "s", ORANGE), "other": (GREEN, "D", GREEN)}
# Inches.
ROW, PANEL, GAP, HEAD, FOOT, LEGEND, LETTER = 0.2, 1.6, 0.2, 0.42, 0.48, 0.25, 0.066
COLUMNS = 6
# Height of a line of small text, in points.
LINE = 8

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0,
    "text.parse_math": False,
    "svg.hashsalt": "clinical-mtl-bench",
    "figure.dpi": 150,
}


@contextmanager
def styled() -> Iterator[None]:
    """Our settings, and nobody else's, for as long as a figure is drawn."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def save(draw: Callable[[], Figure], folder: Path, name: str) -> str:
    """Draws a figure and writes it as PNG and SVG, without a date; gives the SVG for a page: letters as text, nothing behind."""
    with styled():
        figure = draw()
        figure.savefig(folder / f"{name}.png", metadata={"Software": None})
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
        with mpl.rc_context({"svg.fonttype": "none"}):
            inside = StringIO()
            figure.savefig(inside, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
            return inside.getvalue()


def panels(
    blocks: Sequence[str], targets: Sequence[str], names: Sequence[str], above: int = 1
) -> tuple[Figure, dict[tuple[str, str], Axes]]:
    """A figure with one block a metric, wrapped over COLUMNS, and a row a name in each panel: axes by (block, target).
    `above`: lines of small text between a panel and its title.

    Places are worked out in inches, which is many times faster than letting a layout engine try.
    """
    down = -(-len(targets) // COLUMNS)
    across = -(-len(targets) // down)
    left = 0.25 + LETTER * max((len(short(name)) for name in names), default=0)
    height, head = max(len(names), 1) * ROW, HEAD + (above - 1) * LINE / 72
    size = (left + across * (PANEL + GAP), down * len(blocks) * (height + head + FOOT) + LEGEND)
    figure = Figure(figsize=size)
    found = {}
    for b, block in enumerate(blocks):
        for t, target in enumerate(targets):
            x = left + (t % across) * (PANEL + GAP)
            y = size[1] - (b * down + t // across + 1) * (height + head + FOOT) + FOOT
            axes = figure.add_axes((x / size[0], y / size[1], PANEL / size[0], height / size[1]))
            axes.set_ylim(len(names) - 0.5, -0.5)
            axes.set_yticks(range(len(names)), [short(name) for name in names] if t % across == 0 else [""] * len(names))
            axes.set_title(
                short(target.replace("_", " "), 24), loc="left", pad=7 + LINE * above, fontweight="bold" if t == 0 else "normal"
            )
            axes.locator_params(axis="x", nbins=4)
            axes.grid(axis="x", color="#e6e6e6", linewidth=0.6)
            axes.set_axisbelow(True)
            found[block, target] = axes
    return figure, found


def legend(figure: Figure, marks: Mapping[str, tuple[str, str, str]]) -> None:
    """Names colours, shapes and faces below the panels, for what no label can stand beside."""
    handles = [
        Line2D([], [], color=c, marker=m, markerfacecolor=face, linestyle="", markersize=4.4) for c, m, face in marks.values()
    ]
    figure.legend(handles, list(marks), loc="lower left", ncols=len(marks), frameon=False, fontsize=7.5, handletextpad=0.1)


def dots(axes: Axes, rows: pd.DataFrame, columns: tuple[str, str, str], mark: tuple[str, str, str]) -> None:
    """Dots with their intervals: `rows` has `place` and, by `columns`, the value and its bounds."""
    value, low, high = columns
    colour, marker, face = mark
    known = rows.dropna(subset=[low])
    axes.hlines(known["place"], known[low], known[high], color=colour, linewidth=1.1)
    axes.plot(rows[value], rows["place"], color=colour, marker=marker, markerfacecolor=face, markersize=4, linestyle="")

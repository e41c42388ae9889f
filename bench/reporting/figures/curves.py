"""Curves: small multiples of one line a method, a few of them named, the others thin and grey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from bench.reporting.figures.cost import spread
from bench.reporting.figures.style import BLACK, BLUE, GREEN, LETTER, ORANGE
from bench.reporting.grid import short

# Colours and dashes of the named methods; the last of Okabe and Ito's that can be read as text.
LINES = ((BLUE, "-"), (ORANGE, (0, (5, 1.2))), (GREEN, (0, (3, 1, 1, 1))), ("#A8457F", (0, (1.2, 1))), (BLACK, (0, (7, 2))))
OTHERS = "#bdbdbd"
# Inches.
PANEL, GAP, LEFT, HEAD, FOOT = 1.75, 0.45, 0.62, 0.5, 0.48
ACROSS = 4


@dataclass(frozen=True)
class Panels:
    """A figure and its axes by (block, target). `last`: of each row of panels, the right one, beside which there is room."""

    figure: Figure
    axes: Mapping[tuple[str, str], Axes]
    last: Sequence[Axes]


def panels(blocks: Sequence[str], targets: Sequence[str], names: Sequence[str]) -> Panels:
    """Square panels, a block of rows for each of `blocks`, ACROSS targets side by side; room at the right for `names`."""
    down = -(-len(targets) // ACROSS)
    across = min(len(targets), ACROSS)
    right = 0.3 + LETTER * max((len(short(name)) for name in names), default=0)
    size = LEFT + across * (PANEL + GAP) - GAP + right, down * len(blocks) * (PANEL + HEAD + FOOT)
    figure, found, last = Figure(figsize=size), {}, []
    for b, block in enumerate(blocks):
        for t, target in enumerate(targets):
            x = LEFT + (t % across) * (PANEL + GAP)
            y = size[1] - (b * down + t // across + 1) * (PANEL + HEAD + FOOT) + FOOT
            axes = figure.add_axes((x / size[0], y / size[1], PANEL / size[0], PANEL / size[1]))
            axes.set_title(f"{short(target.replace('_', ' '), 24)}\n", loc="left", pad=3, fontweight="bold")
            axes.annotate(block, (0, 1), (0, 3), xycoords="axes fraction", textcoords="offset points", va="bottom", fontsize=7)
            axes.locator_params(nbins=5)
            axes.grid(color="#e6e6e6", linewidth=0.6)
            axes.set_axisbelow(True)
            found[block, target] = axes
            if t % across == across - 1 or t == len(targets) - 1:
                last.append(axes)
    return Panels(figure, found, last)


def of(part: pd.DataFrame, x: str, y: str, by: float = 1) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """One line a method, from a long table of one panel; y times `by`."""
    methods = part.groupby("method", sort=False)
    return {str(name): (one[x].to_numpy(np.float64), by * one[y].to_numpy(np.float64)) for name, one in methods}


def in_percent(value: float, _place: float = 0.0) -> str:
    """A tick of an axis of risks."""
    return f"{100 * value:.3g} %"


def lines(axes: Axes, curves: Mapping[str, tuple[np.ndarray, np.ndarray]], picked: Sequence[str], marker: str = "") -> None:
    """One line a method, x and y in data units: `picked` in the order of LINES and over the others, which are grey."""
    axes.add_collection(
        LineCollection([np.column_stack(xy) for name, xy in curves.items() if name not in picked], colors=OTHERS, linewidths=0.5)
    )
    for name, (colour, dashes) in reversed(list(zip(picked, LINES, strict=False))):
        if name in curves:
            axes.plot(*curves[name], color=colour, linestyle=dashes, linewidth=1.2, marker=marker, markersize=2.2)


def named(axes: Axes, curves: Mapping[str, tuple[np.ndarray, np.ndarray]], picked: Sequence[str]) -> None:
    """Names of the picked methods at the right of a panel, each tied to the right end of its line."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    ends = {}
    for name in picked:
        x, y = curves.get(name, (np.array([]), np.array([])))
        inside = np.flatnonzero((x >= left) & (x <= right) & (y >= low) & (y <= high))
        if len(inside):
            ends[name] = (float(x[inside[-1]]), float(y[inside[-1]]))
    order = sorted(ends, key=lambda name: ends[name][1])
    places = spread(np.array([(ends[name][1] - low) / (high - low) for name in order]), 0.09)
    for name, place in zip(order, places, strict=True):
        colour = LINES[list(picked).index(name)][0]
        axes.annotate(
            short(name),
            ends[name],
            xytext=(1.08, float(place)),
            textcoords="axes fraction",
            va="center",
            color=colour,
            fontsize=7.5,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 1, "relpos": (0.0, 0.5)},
        )

"""Figure of learning curves: score against one numeric axis of a grid, a line a method."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes as Panel
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from bench.evaluation.metrics import METRICS
from bench.reporting.figures.cost import spread
from bench.reporting.figures.style import BLACK, BLUE, GREEN, GREY, LETTER, ORANGE
from bench.reporting.grid import short
from bench.reporting.sections.places import shown
from bench.reporting.sections.shown import SHOWN

# Okabe and Ito's colours; shapes say the same again, and go on where the colours begin anew.
COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", BLACK, "#E69F00", "#56B4E9")
SHAPES = ("o", "s", "D", "^", "v", "P", "X", "<", ">", "*", "h")
# Inches.
PANEL, LEFT, FOOT, HEAD = 2.6, 0.6, 0.5, 0.3
# From this ratio of the largest value to the smallest on, the axis is logarithmic.
WIDE = 5


def draw(curves: pd.DataFrame, axis: str) -> Figure:
    """Draws the mean scores over draws (long form) with their intervals as bands; names stand at the ends of the lines."""
    methods = curves["method"].unique().tolist()
    room = 0.25 + LETTER * max((len(short(str(method))) for method in methods), default=0)
    across, tall = LEFT + PANEL + room, max(2.4, 0.16 * len(methods) + 0.6)
    width, height = across * len(METRICS), HEAD + tall + FOOT
    figure = Figure(figsize=(width, height))
    looks = dict(zip(methods, zip(cycle(COLOURS), cycle(SHAPES), strict=False), strict=False))
    for m, metric in enumerate(METRICS):
        panel = figure.add_axes(((m * across + LEFT) / width, FOOT / height, PANEL / width, tall / height))
        said = curves[curves["metric"] == metric].sort_values(axis)
        _across(panel, said[axis].unique().tolist(), axis)
        for method in methods:
            line, (colour, shape) = said[said["method"] == method], looks[method]
            panel.fill_between(line[axis].to_numpy(float), line["low"], line["high"], color=colour, alpha=0.12, linewidth=0)
            panel.plot(line[axis].to_numpy(float), line["score"], color=colour, marker=shape, markersize=3.5, linewidth=1.2)
        _ends(panel, said, axis, {method: colour for method, (colour, _) in looks.items()})
        panel.set_title(f"average {SHOWN[metric]}", loc="left", fontweight="bold")
        panel.grid(axis="y", color="#e6e6e6", linewidth=0.6)
        panel.set_axisbelow(True)
    return figure


def _across(panel: Panel, values: list[float], axis: str) -> None:
    """The values that were run, each named."""
    if min(values) > 0 and max(values) / min(values) >= WIDE:
        panel.set_xscale("log")
    panel.xaxis.set_major_locator(FixedLocator(values))
    panel.xaxis.set_major_formatter(FixedFormatter([shown(axis, value) for value in values]))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xlabel(axis.replace("_", " "))


def _ends(panel: Panel, said: pd.DataFrame, axis: str, colours: dict[str, str]) -> None:
    """Each method's name at the height of its last score, moved apart where they would touch."""
    last = said.groupby("method").tail(1).sort_values("score")
    low, high = panel.get_ylim()
    places = spread((last["score"].to_numpy(float) - low) / (high - low), 1 / max(len(last), 12))
    for (_, line), place in zip(last.iterrows(), np.asarray(places), strict=True):
        panel.annotate(
            short(str(line["method"])),
            (float(line[axis]), float(line["score"])),
            xytext=(1.06, place),
            textcoords="axes fraction",
            va="center",
            fontsize=7.5,
            color=colours[str(line["method"])],
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.4, "shrinkA": 1, "shrinkB": 3, "relpos": (0.0, 0.5)},
        )
    panel.set_ylim(low, high)

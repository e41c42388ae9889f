"""Figure of a grid: where each method wins, loses or ties against its twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes as Panel
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bench.diagnostics.phase import LOSES, TIES, WINS, Axes
from bench.evaluation.metrics import METRICS
from bench.reporting.figures.style import BLACK, BLUE, GREY, LETTER, ORANGE
from bench.reporting.grid import number, short
from bench.reporting.sections.places import Planes, shown, told
from bench.reporting.sections.shown import SHOWN

SIGNS = {WINS: "▲", LOSES: "▼", TIES: ""}
# Inches: a point, between planes, for titles above, for ticks and the name of an axis below, between metrics.
WIDTH, HEIGHT, GAP, HEAD, FOOT, BETWEEN, FOOTNOTE = 0.52, 0.34, 0.14, 0.5, 0.42, 0.3, 0.2
# The deepest colour stands for a gain or loss of at least this size, so that noise does not look like a result.
LEAST_REACH = 0.01


def draw(points: pd.DataFrame, axes: Axes, planes: Planes) -> Figure:
    """Draws the mean gains of a grid (long form): a row a method, a block a metric, a plane a number of patients. Colour and number
    give the gain, a sign the verdict."""
    methods = points["method"].unique().tolist()
    columns, rows = len(axes[planes.across]), len(axes[planes.down]) if planes.down else 1
    left = 0.7 + LETTER * max(len(short(str(method))) for method in methods)
    block = len(planes.panels) * (columns * WIDTH + GAP)
    width, height = left + len(METRICS) * (block + BETWEEN), HEAD + len(methods) * (rows * HEIGHT + GAP) + FOOT + FOOTNOTE
    figure = Figure(figsize=(width, height))
    for m, metric in enumerate(METRICS):
        said = points[points["metric"] == metric]
        reach = max(float(said["gain"].abs().max()), LEAST_REACH) if len(said) else LEAST_REACH
        start = left + m * (block + BETWEEN)
        title = f"gain in {SHOWN[metric]}"
        figure.text(start / width, 1 - 0.16 / height, title, fontsize=8.5, fontweight="bold", va="center")
        for p, panel in enumerate(planes.panels):
            for r, method in enumerate(methods):
                x, y = start + p * (columns * WIDTH + GAP), height - HEAD - (r + 1) * (rows * HEIGHT + GAP) + GAP
                size = (x / width, y / height, columns * WIDTH / width, rows * HEIGHT / height)
                plane = figure.add_axes(size)
                found = said[said["method"] == method]
                for axis, value in panel.items():
                    found = found[found[axis] == value]
                _plane(plane, found, axes, planes, reach)
                _names(plane, axes, planes, panel, (p, r, len(methods)), str(method) if m == p == 0 else "")
    note = "▲ wins, ▼ loses: Holm p < 0.05; no sign: a tie. Blue gains, orange loses; deepest at the largest of a metric."
    figure.text(0.1 / width, 0.1 / height, note, fontsize=7, color=GREY, va="bottom")
    return figure


def _plane(plane: Panel, found: pd.DataFrame, axes: Axes, planes: Planes, reach: float) -> None:
    """One method in one plane: a square a point, empty where there is no gain."""
    colours, scale = LinearSegmentedColormap.from_list("gain", [ORANGE, "white", BLUE]), Normalize(-reach, reach)
    plane.set_xlim(-0.5, len(axes[planes.across]) - 0.5)
    plane.set_ylim(-0.5, (len(axes[planes.down]) if planes.down else 1) - 0.5)
    for line in found.to_dict("records"):
        x = axes[planes.across].index(line[planes.across])
        y = axes[planes.down].index(line[planes.down]) if planes.down else 0
        plane.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colours(scale(line["gain"])), edgecolor="white", linewidth=1))
        deep = abs(line["gain"]) > 0.85 * reach
        said = f"{number(line['gain'], sign=True)}\n{SIGNS[line['verdict']]}".rstrip()
        plane.text(x, y, said, ha="center", va="center", fontsize=6.5, linespacing=1.0, color="white" if deep else BLACK)


def _names(plane: Panel, axes: Axes, planes: Planes, panel: Mapping[str, Any], place: tuple[int, int, int], method: str) -> None:
    """Values along the lowest and the first planes, the panel above the highest, the method at the left."""
    p, r, last = place
    across = [shown(planes.across, value) for value in axes[planes.across]]
    down = [shown(planes.down, value) for value in axes[planes.down]] if planes.down else [""]
    plane.set_xticks(range(len(across)), across if r == last - 1 else [""] * len(across))
    plane.set_yticks(range(len(down)), down if p == 0 else [""] * len(down))
    plane.tick_params(length=0, labelsize=7, pad=2)
    for side in plane.spines.values():
        side.set_visible(False)
    if r == 0:
        plane.set_title(told(panel), loc="left", fontsize=7.5, pad=3)
    if r == last - 1 and p == 0:
        plane.set_xlabel(planes.across, loc="left", fontsize=7.5, labelpad=1)
    if method:
        plane.set_ylabel(planes.down or "", fontsize=7.5, labelpad=1)
        plane.annotate(
            short(method), (0, 0.5), xytext=(-36, 0), xycoords="axes fraction", textcoords="offset points", ha="right", va="center"
        )

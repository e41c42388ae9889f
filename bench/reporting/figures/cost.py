"""Figure of cost: seconds of tuning and fitting against the average AUPRC."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from bench.reporting.figures.style import FAMILIES, GREY, LETTER, legend
from bench.reporting.grid import short

# Seconds that people have words for.
TICKS = {0.1: "0.1 s", 1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 36000: "10 h", 360000: "100 h"}
LEAST_SECONDS = 0.01


def draw(cost: pd.DataFrame) -> Figure:
    """Draws one dataset's complete methods; their names stand in a column at the right, in the order of their height."""
    kept = cost[cost["status"] == "ok"].dropna(subset=["auprc"]).sort_values("auprc", kind="stable")
    seconds = (kept["tune_seconds"].fillna(0) + kept["fit_seconds"].fillna(0)).clip(lower=LEAST_SECONDS).to_numpy(float)
    heights = kept["auprc"].to_numpy(float)
    names = [short(str(name)) for name in kept["method"]]
    width, height = 5.6 + LETTER * max((len(name) for name in names), default=0), max(2.8, 0.16 * len(kept) + 0.8)
    figure = Figure(figsize=(width, height))
    axis = figure.add_axes((0.75 / width, 0.5 / height, 4.4 / width, 1 - 0.65 / height))
    low, high = (heights.min(), heights.max()) if len(kept) else (0.0, 1.0)
    margin = 0.08 * max(high - low, 0.01)
    axis.set_ylim(low - margin, high + margin)
    axis.set_xscale("log")
    first, last = (seconds.min(), seconds.max()) if len(kept) else (1.0, 10.0)
    axis.set_xlim(first / 1.6, last * 1.6)
    places = spread((heights - low + margin) / (high - low + 2 * margin), 1 / max(len(kept), 12))
    for x, y, place, name, family in zip(seconds, heights, places, names, kept["family"], strict=True):
        colour, marker, _ = FAMILIES.get(family, FAMILIES["other"])
        axis.plot([x], [y], color=colour, marker=marker, markersize=4.5, linestyle="", zorder=3)
        arrow = {"arrowstyle": "-", "color": "#b0b0b0", "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3}
        axis.annotate(
            name,
            (x, y),
            xytext=(1.06, place),
            textcoords="axes fraction",
            va="center",
            color=colour,
            fontsize=7.5,
            arrowprops={**arrow, "relpos": (0.0, 0.5)},
        )
    shown = {second: name for second, name in TICKS.items() if first / 1.6 <= second <= last * 1.6}
    if len(shown) >= 2:
        axis.xaxis.set_major_locator(FixedLocator(list(shown)))
        axis.xaxis.set_major_formatter(FixedFormatter(list(shown.values())))
    else:
        ends = sorted({float(f"{second:.2g}") for second in (first, last)})
        axis.xaxis.set_major_locator(FixedLocator(ends))
        axis.xaxis.set_major_formatter(FixedFormatter([f"{second:g} s" for second in ends]))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.grid(color="#e6e6e6", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.set_xlabel("seconds of tuning and final fits, all folds")
    axis.set_ylabel("average AUPRC")
    legend(figure, {name: mark for name, mark in FAMILIES.items() if name in set(kept["family"])})
    if not len(kept):
        axis.text(0.5, 0.5, "no method is complete", transform=axis.transAxes, ha="center", color=GREY)
    return figure


def spread(heights: np.ndarray, gap: float) -> np.ndarray:
    """Rising heights moved apart to at least `gap`, as little as an up and a down sweep need."""
    placed = heights.astype(float).copy()
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    if len(placed) and placed[-1] > 1:
        placed[-1] = 1.0
        for i in range(len(placed) - 2, -1, -1):
            placed[i] = min(placed[i], placed[i + 1] - gap)
    return placed

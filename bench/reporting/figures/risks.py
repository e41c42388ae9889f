"""Figure of risks: quantiles of the risk among cases with and without each outcome, method by method."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from bench.diagnostics.risks import WITH, WITHOUT
from bench.diagnostics.scaled import RAW
from bench.reporting.figures.curves import in_percent
from bench.reporting.figures.style import BLUE, ORANGE, legend, panels

# Colour, place beside the row's middle, and shape of the median.
CLASSES = {WITH: (ORANGE, -0.17, "D"), WITHOUT: (BLUE, 0.17, "o")}


def draw(risks: pd.DataFrame) -> Figure:
    """Draws one dataset's quantiles of risk as predicted (long form), an outcome a column: thin 5 to 95 %, thick 25 to 75 %, a mark
    at the median."""
    raw = risks[risks["scale"] == RAW]
    order, outcomes = raw["method"].unique().tolist(), raw["outcome"].unique().tolist()
    figure, axes = panels([RAW], outcomes, order)
    for (_, outcome), axis in axes.items():
        for name, (colour, off, marker) in CLASSES.items():
            rows = raw[(raw["outcome"] == outcome) & (raw["cases"] == name)].set_index("method").loc[order]
            places = pd.Series(range(len(order)), index=order) + off
            axis.hlines(places, rows["q05"], rows["q95"], color=colour, linewidth=0.8)
            axis.hlines(places, rows["q25"], rows["q75"], color=colour, linewidth=2.4)
            axis.plot(rows["q50"], places, color=colour, marker=marker, markersize=3.4, markerfacecolor="white", linestyle="")
        axis.set_xlim(left=0)
        axis.xaxis.set_major_formatter(in_percent)
        axis.set_xlabel("risk given")
    legend(figure, {f"cases {name} the outcome": (colour, marker, "white") for name, (colour, _, marker) in CLASSES.items()})
    return figure

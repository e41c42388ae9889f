"""Figure of transfer gains: what sharing gained or cost each outcome, against zero."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from bench.diagnostics.transfer import HARMED, HELPED, TOO_FEW, UNCLEAR
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.reporting.figures.style import BLACK, BLUE, GREY, ORANGE, dots, legend, panels
from bench.reporting.sections.shown import SHOWN

# A gain without an interval is hollow.
MARKS = {HELPED: (BLUE, "^", BLUE), HARMED: (ORANGE, "v", ORANGE), UNCLEAR: (GREY, "o", GREY), TOO_FEW: (GREY, "o", "white")}


def draw(transfer: pd.DataFrame) -> Figure:
    """Draws one dataset's gains (long form), methods ordered by average gain in AUC; shape and colour say the verdict."""
    first = transfer[(transfer["outcome"] == AVERAGE) & (transfer["metric"] == METRICS[0])]
    order = first.sort_values("gain", ascending=False, kind="stable")["method"].tolist()
    targets = sorted(transfer["outcome"].unique(), key=lambda target: not target.startswith(AVERAGE))
    figure, axes = panels(METRICS, targets, order)
    for (metric, target), axis in axes.items():
        axis.axvline(0, color=BLACK, linewidth=0.8)
        rows = transfer[(transfer["metric"] == metric) & (transfer["outcome"] == target)].set_index("method").loc[order]
        rows["place"] = range(len(rows))
        for verdict, mark in MARKS.items():
            dots(axis, rows[rows["verdict"] == verdict], ("gain", "low", "high"), mark)
        # All are unknown where the test cases of an outcome are of one class.
        known = rows[["gain", "low", "high"]].abs().stack()
        reach = 1.08 * max(0.005, *known)
        axis.set_xlim(-reach, reach)
        axis.set_xlabel(f"gain in {SHOWN[metric]}")
    legend(figure, MARKS)
    return figure

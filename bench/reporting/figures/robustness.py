"""Figure of robustness: what each method loses without a modality."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.reporting.figures.style import BLACK, BLUE, dots, panels
from bench.reporting.sections.shown import SHOWN


def draw(robustness: pd.DataFrame) -> Figure:
    """Draws one dataset's losses (long form) on the average over outcomes, in the order of the table."""
    average = robustness[robustness["outcome"] == AVERAGE]
    order, gone = average["method"].unique().tolist(), average["missing"].unique().tolist()
    figure, axes = panels(METRICS, [f"without {modality}" for modality in gone], order)
    for (metric, target), axis in axes.items():
        rows = average[(average["metric"] == metric) & (average["missing"] == target.removeprefix("without "))]
        rows = rows.set_index("method").reindex(order)
        rows["place"] = range(len(rows))
        axis.axvline(0, color=BLACK, linewidth=0.8)
        dots(axis, rows, ("loss", "low", "high"), (BLUE, "o", BLUE))
        # One scale in a row, so that a modality that matters little looks so.
        values = average.loc[average["metric"] == metric, ["loss", "low", "high"]].to_numpy(np.float64)
        low, high = min(float(np.nanmin(values)), 0.0), max(float(np.nanmax(values)), 0.005)
        axis.set_xlim(low - 0.05 * (high - low), high + 0.05 * (high - low))
        axis.set_xlabel(f"lost in {SHOWN[metric]}")
    return figure

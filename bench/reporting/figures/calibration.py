"""Figure of calibration: the share with the outcome against the risk that was given, by tenths of the cases."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from bench.diagnostics.scaled import SCALES
from bench.reporting.figures.curves import in_percent, lines, named, of, panels
from bench.reporting.figures.style import BLACK
from bench.reporting.sections.picked import SHOWN_SCALES


def draw(curve: pd.DataFrame, picked: Sequence[str]) -> Figure:
    """Draws one dataset's calibration curves (long form), as predicted above, after Platt scaling below, an outcome a column;
    `picked` are drawn in colour and named."""
    outcomes = curve["outcome"].unique().tolist()
    found = panels([SHOWN_SCALES[scale] for scale in SCALES], outcomes, picked)
    for outcome in outcomes:
        points = curve[curve["outcome"] == outcome]
        reach = 1.05 * points[["predicted", "observed"]].max().max()
        for scale in SCALES:
            axes, curves = found.axes[SHOWN_SCALES[scale], outcome], of(points[points["scale"] == scale], "predicted", "observed")
            lines(axes, curves, picked, marker="o")
            axes.plot([0, 1], [0, 1], color=BLACK, linewidth=0.8, zorder=1.5)
            axes.set_xlim(0, reach)
            axes.set_ylim(0, reach)
            axes.xaxis.set_major_formatter(in_percent)
            axes.yaxis.set_major_formatter(in_percent)
            axes.set_xlabel("risk given")
            if outcome == outcomes[0]:
                axes.set_ylabel("share with the outcome")
            if axes in found.last:
                named(axes, curves, picked)
    return found.figure

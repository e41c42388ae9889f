"""Figure of decision curves: net benefit against the risk from which on one would treat."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from bench.diagnostics.scaled import SCALES
from bench.reporting.figures.curves import in_percent, lines, named, of, panels
from bench.reporting.figures.style import GREY
from bench.reporting.sections.picked import PER, SHOWN_SCALES

# Of the height above 0, what is shown below it: harm has no end.
BELOW = 0.22


def draw(decisions: pd.DataFrame, picked: Sequence[str]) -> Figure:
    """Draws one dataset's decision curves (long form), as predicted above, after Platt scaling below, an outcome a column;
    `picked` are drawn in colour and named."""
    outcomes = decisions["outcome"].unique().tolist()
    found = panels([SHOWN_SCALES[scale] for scale in SCALES], outcomes, picked)
    for outcome in outcomes:
        points = decisions[decisions["outcome"] == outcome]
        everyone = points.drop_duplicates("threshold")
        # Where no line is above 0, one case in PER.
        high = PER * points[["net_benefit", "treat_all"]].max().max()
        high = high if high > 0 else 1.0
        for scale in SCALES:
            axes = found.axes[SHOWN_SCALES[scale], outcome]
            curves = of(points[points["scale"] == scale], "threshold", "net_benefit", PER)
            axes.axhline(0, color=GREY, linewidth=0.9)
            axes.plot(everyone["threshold"], PER * everyone["treat_all"], color=GREY, linewidth=0.9, linestyle=(0, (4, 2)))
            lines(axes, curves, picked)
            axes.set_xlim(0, everyone["threshold"].max())
            axes.set_ylim(-BELOW * high, 1.05 * high)
            axes.xaxis.set_major_formatter(in_percent)
            axes.set_xlabel("treated from this risk on")
            if outcome == outcomes[0]:
                axes.set_ylabel(f"net benefit, per {PER:,} cases")
                said = "dashed: treat all\nflat: treat none"
                axes.text(0.98, 0.97, said, transform=axes.transAxes, ha="right", va="top", color=GREY, fontsize=6.5)
            if axes in found.last:
                named(axes, curves, picked)
    return found.figure

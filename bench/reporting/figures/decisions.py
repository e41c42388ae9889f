"""Figure of decision curves: net benefit against the risk from which on one would treat."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from bench.diagnostics.scaled import SCALES
from bench.reporting.figures.curves import lines, named, panels
from bench.reporting.figures.style import GREY
from bench.reporting.sections.picked import PER, SHOWN_SCALES


def draw(decisions: pd.DataFrame, picked: Sequence[str]) -> Figure:
    """Draws one dataset's decision curves (long form), as predicted above, after Platt scaling below, an outcome a column;
    `picked` are drawn in colour and named."""
    outcomes = decisions["outcome"].unique().tolist()
    found = panels([SHOWN_SCALES[scale] for scale in SCALES], outcomes, picked)
    groups = dict(iter(decisions.groupby(["scale", "outcome"], sort=False)))
    for scale in SCALES:
        for outcome in outcomes:
            axes, part = found.axes[SHOWN_SCALES[scale], outcome], groups[scale, outcome]
            methods = part.groupby("method", sort=False)
            curves = {str(name): (one["threshold"].to_numpy(), PER * one["net_benefit"].to_numpy()) for name, one in methods}
            everyone = part.drop_duplicates("threshold")
            high = PER * max(part["net_benefit"].max(), everyone["treat_all"].max())
            axes.axhline(0, color=GREY, linewidth=0.9)
            axes.plot(everyone["threshold"], PER * everyone["treat_all"], color=GREY, linewidth=0.9, linestyle=(0, (4, 2)))
            lines(axes, curves, picked)
            axes.set_xlim(0, everyone["threshold"].max())
            axes.set_ylim(-0.22 * high, 1.05 * high)
            axes.xaxis.set_major_formatter("{x:.0%}")
            axes.set_xlabel("treated from this risk on")
            if outcome == outcomes[0]:
                axes.set_ylabel(f"net benefit, per {PER:,} cases")
                said = "dashed: treat all; flat: treat none"
                axes.text(0.02, 0.02, said, transform=axes.transAxes, color=GREY, fontsize=6.5)
            if axes in found.last:
                named(axes, curves, picked)
    return found.figure

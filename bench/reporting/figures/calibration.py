"""Figure of calibration: the share with the outcome against the risk that was given, by tenths of the cases."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from bench.diagnostics.scaled import SCALES
from bench.reporting.figures.curves import lines, named, panels
from bench.reporting.figures.style import BLACK
from bench.reporting.sections.picked import SHOWN_SCALES


def draw(curve: pd.DataFrame, picked: Sequence[str]) -> Figure:
    """Draws one dataset's calibration curves (long form), as predicted above, after Platt scaling below, an outcome a column;
    `picked` are drawn in colour and named."""
    outcomes = curve["outcome"].unique().tolist()
    found = panels([SHOWN_SCALES[scale] for scale in SCALES], outcomes, picked)
    groups = dict(iter(curve.groupby(["scale", "outcome"], sort=False)))
    for scale in SCALES:
        for outcome in outcomes:
            axes, part = found.axes[SHOWN_SCALES[scale], outcome], groups[scale, outcome]
            methods = part.groupby("method", sort=False)
            curves = {str(name): (one["predicted"].to_numpy(), one["observed"].to_numpy()) for name, one in methods}
            both = pd.concat([groups[other, outcome] for other in SCALES])
            reach = 1.05 * both[["predicted", "observed"]].max().max()
            axes.plot([0, 1], [0, 1], color=BLACK, linewidth=0.7)
            lines(axes, curves, picked, marker="o")
            axes.set_xlim(0, reach)
            axes.set_ylim(0, reach)
            axes.xaxis.set_major_formatter("{x:.0%}" if reach > 0.05 else "{x:.1%}")
            axes.yaxis.set_major_formatter("{x:.0%}" if reach > 0.05 else "{x:.1%}")
            axes.set_xlabel("risk given")
            if outcome == outcomes[0]:
                axes.set_ylabel("share with the outcome")
            if axes in found.last:
                named(axes, curves, picked)
    return found.figure

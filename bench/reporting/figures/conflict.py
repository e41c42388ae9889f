"""Figure of conflict: how often each pair of outcomes pulled apart, method by method."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bench.reporting.figures.style import BLACK, GREY, LETTER
from bench.reporting.grid import short

ROW, COLUMN, FOOT = 0.22, 0.62, 0.15
# Degrees by which the names of the pairs are turned, and their letters at the most.
TURN, LONGEST = 35, 40


def draw(conflict: pd.DataFrame) -> Figure:
    """Draws one dataset's conflict rates (long form): methods down, pairs of outcomes across, the rate in each cell."""
    names = [
        f"{one.replace('_', ' ')} – {other.replace('_', ' ')}"
        for one, other in zip(conflict["outcome"], conflict["other"], strict=True)
    ]
    table = conflict.assign(pair=names).pivot_table(index="method", columns="pair", values="conflict_rate", sort=False)
    rates = table.to_numpy(np.float64)
    left = 0.2 + LETTER * max((len(short(str(name))) for name in table.index), default=0)
    # Turned names reach to the right of the last column and above the first row.
    reach = 0.3 + 0.9 * LETTER * max((len(short(str(name), LONGEST)) for name in table.columns), default=0)
    right, top = reach * np.cos(np.radians(TURN)), reach * np.sin(np.radians(TURN)) + 0.1
    size = left + COLUMN * (rates.shape[1] - 0.5) + right, top + ROW * rates.shape[0] + FOOT
    figure = Figure(figsize=size)
    axis = figure.add_axes((left / size[0], FOOT / size[1], COLUMN * rates.shape[1] / size[0], ROW * rates.shape[0] / size[1]))
    # Cividis reads alike with any colour vision.
    axis.imshow(rates, cmap="cividis_r", vmin=0, vmax=1, aspect="auto")
    axis.set_yticks(range(len(table.index)), [short(str(name)) for name in table.index])
    axis.xaxis.tick_top()
    pairs = [short(str(name), LONGEST) for name in table.columns]
    axis.set_xticks(range(len(pairs)), pairs, rotation=TURN, ha="left", rotation_mode="anchor", fontsize=7)
    for (row, column), rate in np.ndenumerate(rates):
        text, colour = ("–", GREY) if np.isnan(rate) else (f"{100 * rate:.0f} %", "white" if rate > 0.5 else BLACK)
        axis.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.tick_params(length=0)
    return figure

"""Cost: seconds, fits, parameters and memory, beside what they reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bench.evaluation.incomplete import OK
from bench.evaluation.metrics import METRICS
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, duration, number
from bench.reporting.section import Picture, Section
from bench.reporting.sections.shown import rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

READ_COST = (
    "Seconds, trials and fits are summed over folds; parameters are of one fit for all outcomes; memory is the highest of "
    "a method's processes. Times hold for the machine of this run."
)
READ_COST_FIGURE = "Up is better, left is cheaper: a method with another one above and to its left is beaten on both."


def section(contents: Contents) -> Section:
    """What each method took."""

    def draw() -> Figure:
        from bench.reporting.figures import cost

        return cost.draw(contents.cost)

    return Section(
        name="cost",
        title="Cost",
        blocks=(READ_COST, *cost_grids(contents), Picture("cost", draw, READ_COST_FIGURE)),
        tables={"cost": contents.cost},
        caption="Sums over folds; parameters of one fit",
        about="seconds, fits, parameters, memory",
    )


def cost_grids(contents: Contents) -> list[Grid]:
    """Seconds, fits, parameters and memory beside the average scores."""
    heads = ("method", "family", "tuning", "final fits", "fits", "parameters", "peak memory", "average AUC", "average AUPRC")
    rows = []
    for line in rows_of(contents.cost):
        texts = [line["method"], line["family"], duration(line["tune_seconds"]), duration(line["fit_seconds"])]
        texts += [number(line["fits"], 0), number(line["parameters"], 0), number(line["peak_memory_mb"], 0)]
        texts[-1] += "" if pd.isna(line["peak_memory_mb"]) else " MB"
        texts += [number(line[metric]) if line["status"] == OK else line["status"] for metric in METRICS]
        rows.append(tuple(Cell(text) for text in texts))
    return [Grid(f"{contents.record.name}: cost", heads, tuple(rows))]

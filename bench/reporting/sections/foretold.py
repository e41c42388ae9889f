"""Foretold: whether what was logged in training told which outcomes sharing would harm."""

from __future__ import annotations

import pandas as pd

from bench.reporting.grid import Cell, Grid, scored
from bench.reporting.sections.shown import SHOWN, rows_of

READ = (
    "Spearman's rank correlation between what was logged for an outcome (its conflict rate, the length of its gradient) and "
    "the gain that sharing brought it. Clearly negative for the conflict rate: conflict told of harm. An interval that "
    "holds 0: it told nothing. Intervals draw whole methods."
)


def grid(name: str, told: pd.DataFrame) -> Grid:
    """One row a signal, way of ranking and metric; `name`: of the dataset, or of all together."""
    rows = [
        (
            Cell(f"{line['signal'].replace('_', ' ')}, ranked {line['ranked']}"),
            Cell(f"gain in {SHOWN[line['metric']]}"),
            Cell(scored(line["correlation"], line["low"], line["high"], sign=True)),
            Cell(f"{line['points']}"),
            Cell(f"{line['methods']}"),
        )
        for line in rows_of(told)
    ]
    heads = ("logged in training", "against", "rank correlation", "points", "methods")
    return Grid(f"{name}: did training foretell the gain?", heads, tuple(rows))

"""Published: the rows of others, in a block of their own, unranked and unmarked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bench.evaluation.metrics import METRICS
from bench.reporting.grid import Cell, Grid, number

COLUMNS = ("row", "cohort", *METRICS, "source", "note")
TITLE = "Published, on other cohorts"
READ = (
    "Averages over outcomes as their source prints them, of other patients under another protocol: they cannot "
    "be ranked with the rows above, and no figure shows them."
)


def table(plan: Mapping[str, Any]) -> pd.DataFrame:
    """COLUMNS, in the order of the study; empty where it names none."""
    rows = pd.DataFrame(plan.get("published") or [], columns=list(COLUMNS))
    return rows.astype(dict.fromkeys(METRICS, float))


def blocks(rows: pd.DataFrame) -> tuple[Grid, ...]:
    """The table under its note; nothing without rows."""
    return () if rows.empty else (_grid(rows),)


def _grid(rows: pd.DataFrame) -> Grid:
    heads = ("published row", "average AUC", "average AUPRC", "its cohort", "source")
    lines = [
        (line["row"], *(number(line[metric]) for metric in METRICS), line["cohort"], line["source"])
        for line in rows.to_dict("records")
    ]
    said = [f"{row}: {note}." for row, note in zip(rows["row"], rows["note"], strict=True) if isinstance(note, str) and note]
    return Grid(TITLE, heads, tuple(tuple(Cell(text) for text in line) for line in lines), " ".join([READ, *said]))

"""Published: the rows of others, in a block of their own, unranked and unmarked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bench.evaluation.metrics import METRICS
from bench.reporting import latex, markdown
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


def in_markdown(rows: pd.DataFrame, level: int) -> str:
    """The block under a title of this level; empty without rows."""
    if rows.empty:
        return ""
    notes = "".join(f"- {markdown.escape(note)}\n" for note in _notes(rows))
    return f"{'#' * level} {TITLE}\n\n{READ}\n\n{markdown.table(_grid(rows))}" + (f"\n{notes}" if notes else "")


def in_latex(rows: pd.DataFrame) -> str:
    """The block as a table environment; empty without rows."""
    return latex.table(_grid(rows), " ".join([READ, *(f"{note.rstrip('.')}." for note in _notes(rows))])) if len(rows) else ""


def _grid(rows: pd.DataFrame) -> Grid:
    heads = ("published row", "average AUC", "average AUPRC", "its cohort", "source")
    lines = [
        (line["row"], *(number(line[metric]) for metric in METRICS), line["cohort"], line["source"])
        for line in rows.to_dict("records")
    ]
    return Grid(TITLE, heads, tuple(tuple(Cell(text) for text in line) for line in lines))


def _notes(rows: pd.DataFrame) -> list[str]:
    return [f"{row}: {note}" for row, note in zip(rows["row"], rows["note"], strict=True) if isinstance(note, str) and note]

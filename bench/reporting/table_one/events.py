"""Events: how often each outcome is known, happens, and happens together with another."""

from __future__ import annotations

import numpy as np

from bench.reporting.grid import NOTHING, Cell, Grid
from bench.reporting.table_one.withheld import SMALL, is_small, patients_of
from datasets import Cohort


def events(cohort: Cohort) -> Grid:
    """Known cases, events and their share for each outcome, small ones too."""
    rows = []
    for name in cohort.outcome_names:
        y = cohort.outcomes[name].to_numpy()
        known, positive = int((~np.isnan(y)).sum()), int((y == 1).sum())
        share = f"{100 * positive / known:.2f}" if known else NOTHING
        rows.append(tuple(Cell(text) for text in (name, str(known), str(positive), share)))
    return Grid("Outcomes", ("outcome", "cases known", "events", "% of known"), tuple(rows))


def together(cohort: Cohort, patient: np.ndarray) -> tuple[Grid, Grid]:
    """Cases with both outcomes, and P(column | row) in percent, among the cases where both are known.

    The diagonal of the first is the outcome's own events. Off it, one to four patients are withheld in both.
    """
    names = cohort.outcome_names
    columns = ("outcome", *(str(number) for number in range(1, len(names) + 1)))
    both, share = [], []
    for number, row in enumerate(names, start=1):
        first = Cell(f"{number} {row}")
        cells = [_together(cohort, patient, row, column) for column in names]
        both.append((first, *(Cell(count) for count, _ in cells)))
        share.append((first, *(Cell(NOTHING if column == row else text) for column, (_, text) in zip(names, cells, strict=True))))
    return (
        Grid("Cases with both outcomes", columns, tuple(both)),
        Grid("Of the cases with the row's outcome, % with the column's", columns, tuple(share)),
    )


def _together(cohort: Cohort, patient: np.ndarray, row: str, column: str) -> tuple[str, str]:
    a, b = (cohort.outcomes[name].to_numpy() for name in (row, column))
    both, given = (a == 1) & (b == 1), int(((a == 1) & ~np.isnan(b)).sum())
    if row != column and is_small(patients_of(patient, both)):
        return SMALL, SMALL
    return str(int(both.sum())), f"{100 * both.sum() / given:.1f}" if given else NOTHING

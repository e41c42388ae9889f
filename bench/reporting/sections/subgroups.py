"""Subgroups: scores within an age band, a sex, a centre."""

from __future__ import annotations

import pandas as pd

from bench.diagnostics.subgroups import LEAST_PATIENTS, MOST, subgroups
from bench.evaluation.scores import AVERAGE
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, scored
from bench.reporting.section import Section
from bench.reporting.sections.shown import rows_of

READ = (
    "AUC on the test cases of one subgroup alone, with 95 % intervals, unadjusted. A lower AUC in a "
    "subgroup may come of its patients being more alike, not of a worse model; intervals of small subgroups are wide. All "
    f"outcomes and AUPRC are in `subgroups.csv`. Withheld: subgroups of under {LEAST_PATIENTS} tested patients, and outcomes "
    f"that under {LEAST_PATIENTS} of their cases have or have not; beyond the {MOST} largest of a column none is shown."
)
# Columns of a table: more would not fit a page.
WIDTH = 6


def section(contents: Contents) -> Section | None:
    """AUC by subgroup; None where the card names none, or none is large enough."""
    table = subgroups(contents.record, contents.scores)
    grids = [grid for by in table["by"].unique() for grid in _grids(contents, str(by), table[table["by"] == by])]
    if not grids:
        return None
    return Section(
        name="subgroups",
        title="Is it as good for everybody?",
        blocks=(READ, *grids),
        tables={"subgroups": table},
        caption="AUC within a subgroup; 95 % intervals, unadjusted",
        about="scores by age, sex, centre, as the cohort's card names them",
    )


def _grids(contents: Contents, by: str, table: pd.DataFrame) -> list[Grid]:
    """AUC of the average where every subgroup has it, else of the outcome that most subgroups and most patients have."""
    auc = table[table["metric"] == "auc"]
    held = (
        auc.drop_duplicates(["group", "outcome"]).groupby("outcome").agg(groups=("group", "size"), positive=("n_positive", "sum"))
    )
    everywhere = AVERAGE in held.index and held.loc[AVERAGE, "groups"] == auc["group"].nunique()
    rest = held.drop(index=AVERAGE, errors="ignore").sort_values(["groups", "positive"], ascending=False, kind="stable")
    target = AVERAGE if everywhere or rest.empty else str(rest.index[0])
    shown = auc[auc["outcome"] == target]
    lines = {(line["method"], line["group"]): line for line in rows_of(shown)}
    methods = list(shown["method"].unique())
    groups = sorted(shown["group"].unique(), key=lambda group: (not group.startswith("under"), group))
    found = []
    for start in range(0, len(groups), WIDTH):
        part = groups[start : start + WIDTH]
        rows = [
            (Cell(method), *(Cell(scored(*(lines[method, group][key] for key in ("score", "low", "high")))) for group in part))
            for method in methods
        ]
        heads = ("method", *(f"{group} ({lines[methods[0], group]['patients']} patients)" for group in part))
        found.append(Grid(f"{contents.record.name}: AUC of {target} by {by}", heads, tuple(rows)))
    return found

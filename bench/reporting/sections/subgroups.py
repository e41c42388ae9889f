"""Subgroups: scores within an age band, a sex, a centre."""

from __future__ import annotations

from bench.diagnostics.subgroups import LEAST_PATIENTS, MOST, subgroups
from bench.evaluation.scores import AVERAGE
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, scored
from bench.reporting.section import Section
from bench.reporting.sections.shown import rows_of

READ = (
    "AUC on the test cases of one subgroup alone, average over outcomes, with 95 % intervals, unadjusted. A lower AUC in a "
    "subgroup may come of its patients being more alike, not of a worse model; intervals of small subgroups are wide. All "
    f"outcomes and AUPRC are in `subgroups.csv`. Withheld: subgroups of under {LEAST_PATIENTS} tested patients, and outcomes "
    f"that under {LEAST_PATIENTS} of their cases have or have not; beyond the {MOST} largest of a column none is shown."
)
# Columns of a table: more would not fit a page.
WIDTH = 6


def section(contents: Contents) -> Section | None:
    """Average AUC by subgroup; None where the card names none, or none is large enough."""
    table = subgroups(contents.record, contents.scores)
    shown = table[(table["outcome"] == AVERAGE) & (table["metric"] == "auc")]
    grids = []
    for by in shown["by"].unique():
        found = shown[shown["by"] == by]
        lines = {(line["method"], line["group"]): line for line in rows_of(found)}
        groups = sorted(found["group"].unique())
        for start in range(0, len(groups), WIDTH):
            part = groups[start : start + WIDTH]
            rows = [
                (Cell(method), *(Cell(scored(*(lines[method, group][key] for key in ("score", "low", "high")))) for group in part))
                for method in found["method"].unique()
            ]
            counts = {group: lines[found["method"].iloc[0], group]["patients"] for group in part}
            heads = ("method", *(f"{group} ({counts[group]} patients)" for group in part))
            grids.append(Grid(f"{contents.record.name}: average AUC by {by}", heads, tuple(rows)))
    if not grids:
        return None
    return Section(
        name="subgroups",
        title="Is it as good for everybody?",
        blocks=(READ, *grids),
        tables={"subgroups": table},
        caption="AUC within a subgroup, average over outcomes; 95 % intervals, unadjusted",
        about="scores by age, sex, centre, as the cohort's card names them",
    )

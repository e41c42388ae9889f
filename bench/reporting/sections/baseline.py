"""Baseline: every method beside the one that the study names."""

from __future__ import annotations

from typing import Any

from bench.diagnostics.baseline import BETTER, WORSE
from bench.evaluation.metrics import METRICS
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, pages, scored
from bench.reporting.section import Section
from bench.reporting.sections.shown import SHOWN, head, rows_of

READ_BASELINE = (
    "Difference = score of the method − score of the baseline that the study names; absolute, positive is better than the "
    "baseline. In brackets paired 95 % intervals, unadjusted. `better` and `worse` need p < 0.05 after Holm's correction within "
    "one metric, over methods × outcomes (the averages: over methods). From five folds on, `baseline.csv` also holds the "
    "Nadeau–Bengio interval and Holm p (`methods_*`), which speak of the methods."
)


def section(contents: Contents) -> Section | None:
    """Differences to the study's baseline; None where it names none or there are none."""
    if contents.baseline.table.empty:
        return None
    return Section(
        name="baseline",
        title=f"Difference to {contents.baseline.label}",
        blocks=(READ_BASELINE, *baseline_grids(contents)),
        tables={"baseline": contents.baseline.table},
        caption="Score minus that of the baseline; paired 95 % bootstrap intervals, unadjusted; better, worse: Holm p < 0.05",
        about="every method's differences to the study's baseline",
    )


def baseline_grids(contents: Contents) -> list[Grid]:
    """Differences to the study's baseline by outcome in each metric, in the order of the plan; empty where it names none."""
    table = contents.baseline.table
    lines = {(line["metric"], line["method"], line["outcome"]): line for line in rows_of(table)}
    grids = []
    for metric in METRICS if len(table) else ():
        for targets in pages(contents.scores.targets):
            rows = [
                (Cell(method), *(Cell(_against(lines[metric, method, target])) for target in targets))
                for method in table["method"].unique()
            ]
            heads = ("method", *(head(contents, "auc", target) for target in targets))
            title = f"{contents.record.name}: difference to {contents.baseline.label} in {SHOWN[metric]}"
            grids.append(Grid(title, heads, tuple(rows)))
    return grids


def _against(line: dict[str, Any]) -> str:
    said = f" {line['verdict']}" if line["verdict"] in (BETTER, WORSE) else ""
    return scored(line["difference"], line["low"], line["high"], sign=True) + said

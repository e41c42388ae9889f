"""Failures: cells that failed, and cells that were not run."""

from __future__ import annotations

from collections.abc import Sequence

from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid
from bench.reporting.section import Section

HEADS = ("method", "fold", "exception", "said", "where")


def section(contents: Contents) -> Section | None:
    """Cells that failed, then folds that were not run; None where there are neither."""
    record = contents.record
    failed = [
        (method, str(fold), str(failure.get("exception")), str(failure.get("said") or ""), str((failure.get("frames") or [""])[-1]))
        for (method, fold), failure in sorted(record.failed.items())
    ]
    folds = {label: [fold for method, fold in record.missing if method == label] for label in record.plan["methods"]}
    unrun = [
        (label, f"{record.plan['folds'] - len(missing)} of {record.plan['folds']}", ", ".join(map(str, missing)))
        for label, missing in folds.items()
        if missing
    ]
    return listed([table("", HEADS, failed), table("", ("method", "folds tried", "folds not run"), unrun)])


def listed(grids: Sequence[Grid]) -> Section | None:
    """The section of what failed and of what was not run, under the title that fits what there is; None where there is nothing."""
    failed, unrun = (bool(grid.rows) for grid in grids)
    title = "Cells that failed or were not run" if failed and unrun else "Failed cells" if failed else "Cells not run"
    return Section(name="failures", title=title, blocks=tuple(grid for grid in grids if grid.rows)) if failed or unrun else None


def table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Grid:
    """A grid of plain texts."""
    return Grid(title, heads, tuple(tuple(Cell(text) for text in row) for row in rows))

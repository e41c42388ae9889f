"""Failures: cells that failed or were not run."""

from __future__ import annotations

from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid
from bench.reporting.section import Section


def section(contents: Contents) -> Section | None:
    """Cells that failed or were not run; None where there are none."""
    rows = [
        (method, str(fold), str(failure.get("exception")), str(failure.get("said") or ""), str((failure.get("frames") or [""])[-1]))
        for (method, fold), failure in sorted(contents.record.failed.items())
    ]
    rows += [(method, str(fold), "not run", "", "") for method, fold in contents.record.missing]
    if not rows:
        return None
    heads = ("method", "fold", "exception", "said", "where")
    grid = Grid("", heads, tuple(tuple(Cell(text) for text in row) for row in rows))
    return Section(name="failures", title="Failed cells", blocks=(grid,))

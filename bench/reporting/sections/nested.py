"""Nested: composites that get less risk than what they hold."""

from __future__ import annotations

from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, percent
from bench.reporting.section import Section
from bench.reporting.sections.shown import rows_of

READ_NESTED = (
    "A true risk of the composite is never below the risk of something that it holds; a method that says so contradicts itself."
)


def section(contents: Contents) -> Section:
    """Contradictions between nested outcomes; without blocks where none is nested."""
    return Section(
        name="nested",
        title="Nested outcomes",
        blocks=(READ_NESTED, *nested_grids(contents)) if len(contents.nested) else (),
        tables={"nested": contents.nested},
        about="contradictions between nested outcomes",
    )


def nested_grids(contents: Contents) -> list[Grid]:
    """How often the composite got less risk than a component; empty without nested outcomes."""
    if contents.nested.empty:
        return []
    rows = [
        (Cell(line["method"]), Cell(line["composite"]), Cell(line["components"]), Cell(percent(line["share"])))
        for line in rows_of(contents.nested)
    ]
    heads = ("method", "composite", "components", "cases with p(composite) < max p(component)")
    return [Grid(f"{contents.record.name}: nested outcomes", heads, tuple(rows))]

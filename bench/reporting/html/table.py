"""Table: a grid as the page shows it: what is a number, what an interval, what a verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.reporting.grid import Cell, Grid
from bench.reporting.html.value import values
from bench.reporting.html.verdict import TONES
from bench.reporting.printable import printable

# A table of more rows gets a box to filter them.
FILTERED = 8
# Letters of a text that stays on one line.
LINE = 34
_PARTS = re.compile(
    rf"(?P<score>[+−-]?\d[\d.]*)(?: (?P<interval>\([+−-]?\d[\d.]*, [+−-]?\d[\d.]*\)))?(?: (?P<verdict>{'|'.join(TONES)}))?"
)


@dataclass(frozen=True)
class Shown:
    """A cell in its parts; joined by spaces they are its text. `value`: what it is sorted by, as text, empty without one."""

    text: str
    interval: str = ""
    verdict: str = ""
    tone: str = ""
    mark: str = ""
    value: str = ""

    @property
    def long(self) -> bool:
        """Whether a text in a column of words may take several lines."""
        return len(self.text) > LINE


@dataclass(frozen=True)
class Table:
    """`id`: of its title on the page; `numeric`: which columns hold numbers; `filtered`: whether it has a filter."""

    id: str
    title: str
    note: str
    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Shown, ...], ...]
    filtered: bool


def table(grid: Grid, identity: str) -> Table:
    """A grid, ready for the template, which escapes every text."""
    texts = [[row[place].text for row in grid.rows] for place in range(len(grid.columns))]
    columns = [None if grid.words else values(column) for column in texts]
    rows = tuple(
        tuple(_shown(cell, column[line] if column else None) for cell, column in zip(row, columns, strict=True))
        for line, row in enumerate(grid.rows)
    )
    return Table(
        id=identity,
        title=printable(grid.title),
        note=printable(grid.note),
        heads=tuple(map(printable, grid.columns)),
        numeric=tuple(column is not None for column in columns),
        rows=rows,
        filtered=len(rows) > FILTERED,
    )


def _shown(cell: Cell, number: float | None) -> Shown:
    text, value = printable(cell.text), "" if number is None else f"{number:.12g}"
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return Shown(text, mark=cell.mark, value=value)
    score, interval, verdict = (parts[name] or "" for name in ("score", "interval", "verdict"))
    return Shown(score, interval, verdict, TONES.get(verdict, ""), cell.mark, value)

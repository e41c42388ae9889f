"""Show: the parts of Table 1 as plain text of limited width."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.reporting.grid import Grid
from bench.reporting.printable import printable
from bench.reporting.table_one import explained

# Wider lines are hard to follow from a name to its number; in narrower ones a number would be cut.
WIDEST = 100
LEAST_WIDTH = 72
WORDS = ("level", "part")
HEADING = 16
GAP = 2
WIDEST_LEVEL = 34
# More columns than this go on several pages where they must; fewer are kept together.
MOST_WHOLE = 5


def show(console: Console, tables: dict[str, Grid]) -> None:
    """Prints every part under its title, names on the left, numbers on the right; a part that is too wide, on several pages."""
    console.print(Text(text(tables, console.width)), soft_wrap=True)


def text(tables: dict[str, Grid], width: int) -> str:
    """The parts as lines of at most this width, where it is 72 or more."""
    width = min(max(width, LEAST_WIDTH), WIDEST)
    out = io.StringIO()
    paper = Console(file=out, width=width, color_system=None, force_terminal=False, legacy_windows=False)
    for grid in tables.values():
        paper.print("", Text(printable(grid.title)), sep="\n")
        for number, page in enumerate(_pages(grid, width)):
            paper.print(*([""] if number else []), _table(page, width), sep="\n")
    paper.print("", *textwrap.wrap(explained(), width), sep="\n", markup=False, highlight=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _pages(grid: Grid, width: int) -> Iterator[Grid]:
    """The grid; one of many number columns in groups that fit beside the names."""
    groups = [list(range(1, len(grid.columns)))]
    if len(grid.columns) > MOST_WHOLE:
        room = width - min(_size(grid, 0), width // 2) - GAP
        each = max(_size(grid, place) for place in groups[0]) + GAP
        fitting = max(1, (room + GAP) // each)
        groups = [groups[0][start : start + fitting] for start in range(0, len(groups[0]), fitting)]
    for group in groups:
        rows = tuple((row[0], *(row[place] for place in group)) for row in grid.rows)
        yield Grid(grid.title, (grid.columns[0], *(grid.columns[place] for place in group)), rows)


def _size(grid: Grid, place: int) -> int:
    heading = max((len(line) for line in textwrap.wrap(grid.columns[place], HEADING)), default=0)
    return max(heading, *(len(printable(row[place].text)) for row in grid.rows), 1)


def _table(grid: Grid, width: int) -> Table:
    headed = any(grid.columns)
    # The frame of a headed table itself takes one place between columns.
    padding = (0, GAP - 1 if headed else GAP, 0, 0)
    table = Table(box=box.SIMPLE_HEAD if headed else None, show_edge=False, pad_edge=False, padding=padding, show_header=headed)
    sizes = [_size(grid, place) for place in range(len(grid.columns))]
    words = [place for place, column in enumerate(grid.columns) if place == 0 or column in WORDS]
    room = width - sum(size for place, size in enumerate(sizes) if place not in words) - GAP * (len(sizes) - 1)
    beside = min(sizes[1], WIDEST_LEVEL, room // 2) if len(words) > 1 else 0
    first = max(1, min(sizes[0], room - beside))
    given = {0: first, 1: max(1, min(sizes[1], WIDEST_LEVEL, room - first))}
    for place, column in enumerate(grid.columns):
        heading = Text("\n".join(textwrap.wrap(printable(column), HEADING)))
        if place in words:
            table.add_column(heading, width=given[place], overflow="fold")
        else:
            table.add_column(heading, justify="right", no_wrap=True)
    for row in grid.rows:
        name, *rest = (printable(cell.text) for cell in row)
        table.add_row(Text(_broken(name, first)), *(Text(text) for text in rest))
    return table


def _broken(name: str, width: int) -> str:
    """A column's name in lines that end at an underscore or blank where they can."""
    lines = [""]
    for part in re.findall(r"[^_ ]*[_ ]|[^_ ]+", name):
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)

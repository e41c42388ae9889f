"""Told: a comparison as parts under headings, as lines of a terminal, and as Markdown."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.comparison.cases import NOT_COMPARABLE
from bench.comparison.studies import Comparison
from bench.reporting import markdown
from bench.reporting.compared import points, results, setup
from bench.reporting.compared.part import Part, count, listed
from bench.reporting.grid import Cell, Grid
from bench.reporting.markdown import escape
from bench.reporting.printable import printable

LEAST_WIDTH, WIDEST = 40, 100
# Rows of one table of outcomes that a terminal is given.
MOST_ROWS = 40
NAMES = ("method", "outcome", "metric")
WORDS = (*NAMES, "verdict")
# A column of words can be folded to so many letters.
LEAST_WORDS = 11


def told(comparison: Comparison, most: int | None) -> list[tuple[str, list[Part]]]:
    """Parts by dataset; tables of outcomes of more than `most` rows hold what is clear."""
    found = []
    for dataset in comparison.datasets:
        parts = [setup.comparable(dataset.comparable), setup.part(dataset.changes)]
        if dataset.comparable.kind != NOT_COMPARABLE:
            parts += [results.predictions(dataset), results.leaders(dataset), results.scores(dataset, most), results.cost(dataset)]
        found.append((dataset.name, parts))
    for grid in comparison.grids:
        found.append((grid.label, [points.comparable(grid), setup.of_points(grid.changes), points.scores(grid)]))
    return found


def head(comparison: Comparison) -> list[str]:
    """Who is compared with whom, and what is in one of them alone."""
    lines = [f"{letter}: {study.folder}" for letter, study in (("A", comparison.a), ("B", comparison.b))]
    for letter, names in zip("AB", comparison.only, strict=True):
        if names:
            lines.append(f"In {letter} alone, not compared: {count(len(names), 'dataset')} ({listed(names)}).")
    if not comparison.datasets and not comparison.grids:
        lines.append("They have no dataset in common.")
    return lines


def text(comparison: Comparison, width: int) -> str:
    """Lines of at most this width, from 40 to 100."""
    width = min(max(width, LEAST_WIDTH), WIDEST)
    out = head(comparison)
    for name, parts in told(comparison, MOST_ROWS):
        out += ["", name, "=" * len(name)]
        for part in parts:
            if part.lines or part.grids:
                out += ["", part.title]
            for line in part.lines:
                out += _wrapped(line, width)
            for grid in part.grids:
                out += ["", grid.title, *_table(grid, width)]
    return "\n".join(out)


def _table(grid: Grid, width: int) -> list[str]:
    """A table whose words are folded and whose numbers are whole; where these leave no room, a line a row."""
    sizes = [
        max(len(printable(text)) for text in (head, *(row[c].text for row in grid.rows))) for c, head in enumerate(grid.columns)
    ]
    least = [min(size, LEAST_WORDS) if head in WORDS else size for size, head in zip(sizes, grid.columns, strict=True)]
    if sum(least) + 2 * (len(least) - 1) > width:
        return [line for row in grid.rows for line in _wrapped(_in_words(grid.columns, row), width)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in grid.columns:
        words = column in WORDS
        table.add_column(Text(printable(column)), justify="left" if words else "right", overflow="fold", no_wrap=not words)
    for row in grid.rows:
        table.add_row(*(Text(printable(cell.text)) for cell in row))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, force_terminal=False, legacy_windows=False).print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def _in_words(columns: Sequence[str], row: Sequence[Cell]) -> str:
    """`mmoe, average: A 0.835; B 0.770; …`."""
    named = [cell.text for column, cell in zip(columns, row, strict=True) if column in NAMES]
    rest = [f"{column} {cell.text}" for column, cell in zip(columns, row, strict=True) if column not in NAMES]
    return f"{', '.join(named)}: {'; '.join(rest)}"


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(printable(line), width, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def page(comparison: Comparison) -> str:
    """The same in Markdown, every comparison in it."""
    lines = ["# Two studies compared", "", *(f"- {escape(line)}" for line in head(comparison)), ""]
    for name, parts in told(comparison, None):
        lines += [f"## {escape(name)}", ""]
        for part in parts:
            if part.lines or part.grids:
                lines += [f"### {escape(part.title)}", "", *(f"- {escape(line)}" for line in part.lines), ""]
            lines += [markdown.titled([grid], 4) for grid in part.grids]
    return "\n".join(lines)

"""Markdown: grids as GitHub tables, with names that a user gave made harmless."""

from __future__ import annotations

import re

from bench.reporting.grid import Cell, Grid
from bench.reporting.printable import printable

_SPECIAL = re.compile(r"([\\`*{}\[\]#|~$!])")
_EDGE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no line break. Underscores inside words mean nothing and stay."""
    plain = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _EDGE_UNDERSCORE.sub(r"\\_", _SPECIAL.sub(r"\\\1", plain))


def table(grid: Grid) -> str:
    """A grid without its title: best bold, second underlined."""
    lines = ["| " + " | ".join(escape(head) for head in grid.columns) + " |"]
    lines.append("| " + " | ".join(["---", *["---" if grid.words else "---:"] * (len(grid.columns) - 1)]) + " |")
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in grid.rows]
    return "\n".join(lines) + "\n"


def titled(grids: list[Grid], level: int) -> str:
    """Grids, each under its title and its note."""
    notes = [f"{escape(grid.note)}\n\n" if grid.note else "" for grid in grids]
    return "\n".join(f"{'#' * level} {escape(g.title)}\n\n{note}{table(g)}" for g, note in zip(grids, notes, strict=True))


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    return {"best": f"**{text}**", "second": f"<u>{text}</u>"}.get(cell.mark, text)

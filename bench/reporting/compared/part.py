"""Part: something that is told of two studies, before it becomes lines of a terminal or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.reporting.grid import Grid

# More names than this are counted.
NAMED = 12


@dataclass(frozen=True)
class Part:
    """`lines` are plain text, a point each; `grids` stand below them."""

    title: str
    lines: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()


def listed(names: Sequence[str]) -> str:
    """Names, the first NAMED of many."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def count(number: int, what: str) -> str:
    """`1 method`, `2 methods`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"

"""Grid: a table as readers see it, before it becomes Markdown or LaTeX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.evaluation.scores import AVERAGE

NOTHING = "–"
# A page holds a method's name and this many scores with their intervals.
WIDTH = 6


@dataclass(frozen=True)
class Cell:
    """Plain text, not yet escaped; `mark` is best, second or empty."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Grid:
    """A titled table: `columns` are its headings, `rows` have one cell a column; `note`: what must be read before it; `words`: it
    holds sentences and no number to sort by."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    words: bool = False


def number(value: float, digits: int = 3, sign: bool = False) -> str:
    """A number with fixed digits, or a dash where there is none."""
    if math.isnan(value):
        return NOTHING
    return f"{value:{'+' if sign else ''}.{digits}f}"


def scored(value: float, low: float, high: float, sign: bool = False) -> str:
    """A score with its interval, where it has one: `0.871 (0.852, 0.890)`."""
    if math.isnan(low):
        return number(value, sign=sign)
    return f"{number(value, sign=sign)} ({number(low, sign=sign)}, {number(high, sign=sign)})"


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return NOTHING if math.isnan(share) else f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """Seconds in the unit that a reader would use."""
    if math.isnan(seconds):
        return NOTHING
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def pages(targets: Sequence[str]) -> list[tuple[str, ...]]:
    """Targets in groups that fit a page's width, averages first."""
    order = sorted(targets, key=lambda target: not target.startswith(AVERAGE))
    return [tuple(order[start : start + WIDTH]) for start in range(0, len(order), WIDTH)]


def short(text: str, most: int = 34) -> str:
    """A name that leaves room for the rest."""
    return text if len(text) <= most else text[: most - 1] + "…"

"""Findings: what is wrong with a cohort, or worth a look, each with its place; never a value of a patient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

# How a note of a card begins that a check wrote.
NOTE = "Check: "
ROWS, COLUMNS = 5, 20
# From this many columns with the same fault on, they are told in one line.
ALIKE = 4


@dataclass(frozen=True)
class Finding:
    """One thing found. `grave`: an error, which stops; else a warning, which is shown and reported.

    `place`: a file, or what the finding is about; `column` of it, where it is about one; `rows`: the first data rows (from 1, the
    header not counted) of `count`.
    """

    place: str
    what: str
    grave: bool = True
    column: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 0

    @property
    def where(self) -> str:
        column = f", column '{self.column}'" if self.column is not None else ""
        return f"{self.place}{column}{f', {_words(self)}' if self.rows else ''}"

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def error(place: str, what: str, column: str | None = None) -> Finding:
    return Finding(place, what, column=column)


def warning(place: str, what: str, column: str | None = None) -> Finding:
    return Finding(place, what, grave=False, column=column)


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that stop, in the order found, each once."""
    return tuple(dict.fromkeys(finding for finding in findings if finding.grave))


def warnings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that do not stop, in the order found, each once."""
    return tuple(dict.fromkeys(finding for finding in findings if not finding.grave))


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, the same fault of many columns of one file as one: such a fault has one cause and one remedy."""
    alike: dict[tuple[str, str, bool], list[Finding]] = {}
    for finding in findings:
        key = (finding.place, finding.what if finding.rows and finding.column else str(finding), finding.grave)
        alike.setdefault(key, []).append(finding)
    told: list[Finding] = []
    for (place, what, grave), group in alike.items():
        if len(group) < ALIKE:
            told += group
            continue
        named = [f"'{finding.column}' ({_words(finding)})" for finding in group[:COLUMNS]]
        more = f" and {len(group) - COLUMNS} more" if len(group) > COLUMNS else ""
        told.append(Finding(f"{place}, {len(group)} columns", f"{what} Found in {', '.join(named)}{more}.", grave))
    return told


class Tally:
    """Rows of one file with something wrong, batch by batch: one finding for each column and reason, however many rows."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[tuple[str | None, str], tuple[list[int], int]] = {}

    def add(self, column: str | None, what: str, rows: Sequence[int] | np.ndarray) -> None:
        """Takes row numbers; only the first few of each reason are kept."""
        if len(rows):
            kept, count = self._found.get((column, what), ([], 0))
            first = np.partition(rows, ROWS)[:ROWS] if len(rows) > ROWS else rows
            self._found[column, what] = sorted([*kept, *(int(row) for row in first)])[:ROWS], count + len(rows)

    def findings(self) -> list[Finding]:
        """Errors, in the order in which their kinds were first found."""
        return [
            Finding(self.file, what, column=column, rows=tuple(rows), count=count)
            for (column, what), (rows, count) in self._found.items()
        ]


def _words(finding: Finding) -> str:
    more = f" and {finding.count - len(finding.rows):,} more" if finding.count > len(finding.rows) else ""
    return f"data row{'s' if finding.count > 1 else ''} {', '.join(map(str, finding.rows))}{more}"

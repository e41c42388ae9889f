"""Rows: the source's files, and which of their rows belong to a case and were known at the landmark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.eicu_demo.card import CARD, FILES, FOLDER
from datasets.errors import Refused
from datasets.source import Table

STAY = "patientunitstayid"
# Minutes from admission to the unit, as every offset of the source.
LANDMARK = 1440.0


@dataclass(frozen=True)
class Rows:
    """Rows of one file. `case` (rows,): place of the case, below 0 for other stays.

    `time`: minute that a row speaks of, `known`: minute from which it was there to be read; NaN where the source gives none.
    """

    table: Table
    case: np.ndarray
    time: np.ndarray
    known: np.ndarray

    def at_landmark(self) -> Rows:
        """The rows of cases that were known before the landmark; a row without a time is not among them."""
        return self.take((self.case >= 0) & (self.known < LANDMARK))

    def take(self, rows: np.ndarray) -> Rows:
        """These rows, by a mask or by place."""
        return Rows(
            Table(self.table.path, self.table.frame.iloc[_places(rows)]), self.case[rows], self.time[rows], self.known[rows]
        )


def rows(table: Table, stays: np.ndarray, times: tuple[str, ...]) -> Rows:
    """All rows of a table, beside the cases that `stays` identifies.

    `times`: the column of the time that a row speaks of, then those of when it was entered or revised; a row is known from the
    latest of them on.
    """
    minutes = np.stack([table.number(column) for column in times])
    case = pd.Index(stays).get_indexer(pd.Index(table.whole(STAY)))
    return Rows(table, case, minutes[0], minutes.max(axis=0))


def opened(home: Path, name: str) -> Table:
    """A file of the source by the source's own name for it; refuses one that is needed and not there."""
    found = find(home, name)
    if found is None:
        raise Refused(
            f"eicu_demo: {home / FILES[name].path} was looked for (also as {name}.csv.gz, and without .gz) and is not there. "
            f"Get it from {FILES[name].url} (free, {CARD.licence.split(' (')[0]}), or all of {CARD.source}, and put it into "
            f"{home / FOLDER}. The data home is set by --data-home or CLINICAL_MTL_DATA."
        )
    return Table.read(found)


def find(home: Path, name: str) -> Path | None:
    """Where a file lies, under any spelling that the source or a copy of it uses; None where it does not."""
    file = FILES[name]
    for spelling in (file.path, *file.also):
        for path in (home / spelling, home / spelling.removesuffix(".gz")):
            if path.is_file():
                return path
    return None


def _places(rows: np.ndarray) -> np.ndarray:
    return np.flatnonzero(rows) if rows.dtype == np.bool_ else rows

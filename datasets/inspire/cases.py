"""Cases: the operations of INSPIRE, one row each, with their landmark, and how to find them by patient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.errors import Refused
from datasets.source import Table
from datasets.stream import Stream

DAY = 1440.0
COLUMNS = (
    *("op_id", "subject_id", "age", "sex", "weight", "height", "race", "asa", "emop", "department", "antype", "icd10_pcs"),
    *("orin_time", "opstart_time", "opend_time", "admission_time", "discharge_time", "anstart_time", "cpbon_time", "cpboff_time"),
    *("icuin_time", "icuout_time", "inhosp_death_time"),
)


@dataclass(frozen=True)
class Cases:
    """Operations in scrambled order. `landmark` (cases,): end of surgery in minutes. `left_out`: what is not here."""

    table: Table
    landmark: np.ndarray
    left_out: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.landmark)

    @cached_property
    def op_id(self) -> np.ndarray:
        return self.table.key("op_id")

    @cached_property
    def subject(self) -> np.ndarray:
        return self.table.whole("subject_id")

    def minutes(self, column: str) -> np.ndarray:
        """A column of times in minutes, (cases,), NaN where empty."""
        return self.table.number(column)

    def of_operation(self, op_id: np.ndarray) -> np.ndarray:
        """Place of the case of rows that bear an operation's number, -1 = of none."""
        return pd.Index(self.op_id).get_indexer(pd.Index(op_id))

    def of_subject(self, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each row of a patient meets each of the patient's operations: (pairs,) place of the row and of the case."""
        ordered, subjects, first, count = self._by_subject
        found = subjects.get_indexer(pd.Index(subject))
        row = np.flatnonzero(found >= 0)
        times = count[found[row]]
        # Pairs are numbered through; what a row's numbers exceed those of its patient's first case by is the same for all of them.
        begin = first[found[row]] - (np.cumsum(times) - times)
        return np.repeat(row, times), ordered[np.repeat(begin, times) + np.arange(times.sum())]

    @cached_property
    def _by_subject(self) -> tuple[np.ndarray, pd.Index, np.ndarray, np.ndarray]:
        """Cases in order of their patients; the patients; where each one's cases begin, and how many they are."""
        subjects, count = np.unique(self.subject, return_counts=True)
        first = np.cumsum(count) - count
        return np.argsort(self.subject, kind="stable"), pd.Index(subjects), first, count


def operations(path: Path) -> Cases:
    """The operations of operations.csv that have an end."""
    table = Stream(path, COLUMNS).table()
    table.key("op_id")
    ended = ~np.isnan(table.number("opend_time"))
    if not ended.any():
        raise Refused(f"{path}: no operation has an end (opend_time), so that there is no case.")
    kept = Table(path, table.frame[ended])
    ordered = kept.scrambled("inspire", kept.key("op_id"))
    lacking = int((~ended).sum())
    left_out = (f"Left out: {lacking:,} operations have no end of surgery.",) if lacking else ()
    return Cases(ordered, ordered.number("opend_time"), left_out)

"""Cases: the operations of MOVER, one row each, with their landmark."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.errors import Refused
from datasets.mover.moments import seconds
from datasets.source import Table
from datasets.stream import Stream

INPUTS = (
    *("BIRTH_DATE", "SEX", "HEIGHT", "WEIGHT", "ASA_RATING_C", "PRIMARY_ANES_TYPE_NM", "PRIMARY_PROCEDURE_NM"),
    *("HOSP_ADMSN_TIME", "IN_OR_DTTM", "AN_START_DATETIME", "OUT_OR_DTTM"),
)
COLUMNS = ("LOG_ID", "MRN", *INPUTS, "HOSP_DISCH_TIME", "DISCH_DISP", "ICU_ADMIN_FLAG")


@dataclass(frozen=True)
class Cases:
    """Operations in scrambled order. `landmark`, `start` (cases,): seconds; `start` NaN = unknown. `left_out`: what is not here."""

    table: Table
    landmark: np.ndarray
    start: np.ndarray
    left_out: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.landmark)

    @property
    def log_id(self) -> pd.Index:
        return pd.Index(self.table.string("LOG_ID"), dtype=object)

    def moment(self, column: str) -> np.ndarray:
        """A column of dates and times in seconds, NaN where empty. Refuses what is in no known format, by row."""
        return moment(self.table, column)


def operations(path: Path) -> Cases:
    """The operations of patient_information.csv that have a landmark and one patient."""
    table = Stream(path, COLUMNS).table()
    identity = pd.DataFrame({name: table.string(name) for name in ("LOG_ID", "MRN")})
    for name in identity:
        if identity[name].isna().any():
            raise Refused(
                f"{path}: column '{name}', data row {table.frame.index[identity[name].isna()].min()}: the value is empty."
            )
    patients = identity.groupby("LOG_ID")["MRN"].transform("nunique").to_numpy()
    one = _one_each(Table(path, table.frame[patients == 1]))
    timed = one.string("OUT_OR_DTTM").notna().to_numpy()
    kept = Table(path, one.frame[timed])
    left_out = (
        (int(identity["LOG_ID"][patients > 1].nunique()), "operations bear the identifier of more than one patient"),
        (int((~timed).sum()), "operations have no time of leaving the room, most of them done elsewhere"),
    )
    if not len(kept.frame):
        raise Refused(
            f"{path}: no operation has a time of leaving the room (OUT_OR_DTTM) and one patient, so that there is no case."
        )
    digests = [hashlib.sha256(repr(("mover", log_id)).encode()).hexdigest() for log_id in kept.string("LOG_ID")]
    ordered = Table(path, kept.frame.iloc[np.argsort(digests)])
    # Whichever was written of the two beginnings, the earlier where both were.
    start = np.fmin(moment(ordered, "IN_OR_DTTM"), moment(ordered, "AN_START_DATETIME"))
    return Cases(ordered, moment(ordered, "OUT_OR_DTTM"), start, tuple(f"Left out: {n:,} {why}." for n, why in left_out if n))


def moment(table: Table, column: str) -> np.ndarray:
    """A column of dates and times in seconds, NaN where empty. Refuses what is in no known format, by row."""
    return table.parsed(column, seconds, "is not a date and time such as 2/15/18 12:13 or 2018-02-15 12:13:00")


def _one_each(table: Table) -> Table:
    """One row an operation: of several the one with the most inputs, then the first by the content of inputs, then of the rest."""
    text = pd.DataFrame({name: table.string(name).fillna("") for name in COLUMNS})
    filled = -(text[list(INPUTS)] != "").sum(axis=1)
    rest = [name for name in COLUMNS if name not in ("LOG_ID", *INPUTS)]
    order = text.assign(filled=filled).sort_values(["LOG_ID", "filled", *INPUTS, *rest]).index
    first = order[~text.loc[order, "LOG_ID"].duplicated().to_numpy()]
    return Table(table.path, table.frame.iloc[first])

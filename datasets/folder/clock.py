"""Clock: where the landmark of each case lies on the clock of the files, and how far from it a time is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datasets.folder import cells
from datasets.folder.cells import Read
from datasets.folder.parts import SECONDS

IS_DATE = "is a date, but [landmark] at is a number; let it name the column that holds each case's landmark as a date"
IS_NUMBER = "is a number, but [landmark] at names a column of dates; times must be dates too"

HOURS_MINUTES = 'is written as hours and minutes; write it as one number, such as 7.5 with unit = "h", or as a date with its time'


@dataclass(frozen=True)
class Clock:
    """`at` (cases,): the landmark, float64 or datetime64[us], NaN or NaT where unknown. `unit`: of times that are numbers."""

    at: np.ndarray
    unit: str | None

    @property
    def dated(self) -> bool:
        return self.at.dtype.kind == "M"

    @property
    def seconds(self) -> float | None:
        """Of one unit of `since`; None where nobody has said the unit."""
        return 1.0 if self.dated else SECONDS[self.unit] if self.unit else None

    @property
    def whole_days(self) -> bool:
        """Whether no landmark has a time of day."""
        known = self.at[~np.isnat(self.at)] if self.dated else self.at[:0]
        return bool(len(known)) and bool((known == known.astype("datetime64[D]")).all())

    def since(self, times: pa.Array, place: np.ndarray, missing: tuple[str, ...], decimal: str = ".") -> Read:
        """Time from the landmark of the case at `place` to each time: (rows,) float64, positive after it, NaN where unknown."""
        is_date = cells.kind(times, missing, decimal) == "dates"
        said = ~np.asarray(times.is_null().to_numpy(zero_copy_only=False), dtype=bool)
        if is_date != self.dated and cells.text(times, missing).null_count != len(times):
            return Read(np.full(len(times), np.nan), {IS_DATE if is_date else IS_NUMBER: said})
        if not self.dated:
            read = cells.numbers(times, missing, decimal)
            strange = read.wrong.get(cells.NOT_A_NUMBER)
            if strange is not None and strange.any():
                hours = cells.hours_and_minutes(times, missing)
                read = Read(read.values, {why: mask & ~hours for why, mask in read.wrong.items()} | {HOURS_MINUTES: hours})
            return Read(read.values - self.at[place], read.wrong)
        read = cells.dates(times, missing)
        passed = (read.values - self.at[place]) / np.timedelta64(1, "us")
        return Read(passed / 1e6, read.wrong)

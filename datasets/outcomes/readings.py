"""Readings: measurements of one variable over time, from which events are told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Readings:
    """One value a case and moment, in order of case and minute: place of the case, minute, value; all (readings,)."""

    case: np.ndarray
    minute: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, case: np.ndarray, minute: np.ndarray, value: np.ndarray, at_once: str) -> Readings:
        """From measurements in any order. Several of one case and minute become one by `at_once`: median, max or sum."""
        frame = pd.DataFrame({"case": case, "minute": minute, "value": np.asarray(value, dtype=np.float64)})
        # Ordered by value too: a sum of floats depends on its order, and nothing may depend on that of a file.
        frame = frame.sort_values(["case", "minute", "value"])
        one = frame.groupby(["case", "minute"], as_index=False)["value"].agg(at_once)
        return cls(one["case"].to_numpy(np.int64), one["minute"].to_numpy(np.int64), one["value"].to_numpy(np.float64))

    def only(self, rows: np.ndarray) -> Readings:
        """Those that a mask (readings,) marks."""
        return Readings(self.case[rows], self.minute[rows], self.value[rows])

    def before(self, minute: int) -> Readings:
        """Those earlier than a minute."""
        return self.only(self.minute < minute)

    def since(self, minute: int) -> Readings:
        """Those at a minute and later."""
        return self.only(self.minute >= minute)

    def has(self, cases: int) -> np.ndarray:
        """Which cases have a reading: (cases,) bool."""
        return np.bincount(self.case, minlength=cases) > 0

"""Latest: measurements in long form (case, time, variable, value) become the last value of each, piece by piece."""

from __future__ import annotations

import numpy as np


class Latest:
    """The last value of each variable in each case, and its time: both (cases, variables) float64, NaN = never measured.

    Takes any number of pieces in any order. Of two values of one moment the higher stays, whatever the file's order.
    """

    def __init__(self, cases: int, variables: int) -> None:
        self._shape = (cases, variables)
        self._time = np.full(cases * variables, -np.inf)
        self._value = np.full(cases * variables, -np.inf)

    def add(self, case: np.ndarray, time: np.ndarray, variable: np.ndarray, value: np.ndarray) -> None:
        """Takes measurements, all (measurements,). Left out: a place below 0, a time or value that is NaN."""
        kept = (case >= 0) & (variable >= 0) & ~np.isnan(time) & ~np.isnan(value)
        place = np.ravel_multi_index((case[kept], variable[kept]), self._shape)
        time, value = time[kept], value[kept]
        order = np.lexsort((value, time, place))
        place, time, value = place[order], time[order], value[order]
        last = np.append(place[1:] != place[:-1], True) if len(place) else np.zeros(0, dtype=bool)
        place, time, value = place[last], time[last], value[last]
        newer = (time > self._time[place]) | ((time == self._time[place]) & (value > self._value[place]))
        self._time[place[newer]], self._value[place[newer]] = time[newer], value[newer]

    @property
    def time(self) -> np.ndarray:
        return np.where(np.isinf(self._time), np.nan, self._time).reshape(self._shape)

    @property
    def value(self) -> np.ndarray:
        return np.where(np.isinf(self._time), np.nan, self._value).reshape(self._shape)

"""Grid: measurements in long form (case, time, channel, value) become series on bins of equal width, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.cohort import Series


@dataclass(frozen=True)
class Channel:
    """One measured variable: its name, unit, and the range outside which a value is taken for an artefact and left out."""

    name: str
    unit: str
    low: float = -np.inf
    high: float = np.inf


class Grid:
    """Means of what is measured in each bin [times[i], times[i] + width) of each case; NaN where nothing is.

    Takes any number of pieces, so that a file of any size can be streamed; memory holds 12 bytes a case, bin and channel.
    """

    def __init__(self, cases: int, channels: Sequence[Channel], times: np.ndarray, width: float, time_unit: str = "h") -> None:
        self.channels = tuple(channels)
        self.times, self.width, self.time_unit = np.asarray(times, dtype=np.float64), float(width), time_unit
        self._shape = (cases, len(self.times), len(self.channels))
        self._sum = np.zeros(np.prod(self._shape), dtype=np.float64)
        self._count = np.zeros(len(self._sum), dtype=np.int32)

    def add(self, case: np.ndarray, time: np.ndarray, channel: np.ndarray, value: np.ndarray) -> None:
        """Takes measurements: place of the case, time in the grid's unit, place of the channel, value; all (measurements,).

        Left out: a place below 0 (a case or variable that is not wanted), a time outside all bins, a value that is NaN or
        outside its channel's range.
        """
        case, channel = np.asarray(case, dtype=np.int64), np.asarray(channel, dtype=np.int64)
        step = np.floor((np.asarray(time, dtype=np.float64) - self.times[0]) / self.width)
        value = np.asarray(value, dtype=np.float64)
        low, high = (np.array([getattr(c, side) for c in self.channels])[channel] for side in ("low", "high"))
        kept = (case >= 0) & (channel >= 0) & (step >= 0) & (step < len(self.times)) & (value >= low) & (value <= high)
        place = np.ravel_multi_index((case[kept], step[kept].astype(np.int64), channel[kept]), self._shape)
        np.add.at(self._sum, place, value[kept])
        np.add.at(self._count, place, 1)

    def series(self) -> Series:
        """The series of all cases, from what was taken so far."""
        mean = np.full(len(self._sum), np.nan, dtype=np.float32)
        seen = self._count > 0
        mean[seen] = self._sum[seen] / self._count[seen]
        names, units = (tuple(getattr(c, part) for c in self.channels) for part in ("name", "unit"))
        return Series(mean.reshape(self._shape), names, units, self.times, self.time_unit)

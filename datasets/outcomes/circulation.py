"""Circulation: hypotension by mean arterial pressure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.outcomes.known import where_known
from datasets.outcomes.onset import onset
from datasets.outcomes.readings import Readings

LOW_PRESSURE = 65.0
LONGEST_PAUSE = 120
FEWEST_HOURS = 6


def mean_pressure(invasive: Readings, cuff: Readings) -> Readings:
    """One mean arterial pressure a moment: the invasive one, else that of the cuff at a minute without an invasive one."""
    line, other = (pd.MultiIndex.from_arrays([r.case, r.minute]) for r in (invasive, cuff))
    alone = cuff.only(~other.isin(line))
    case, minute, value = (np.concatenate([getattr(r, part) for r in (invasive, alone)]) for part in ("case", "minute", "value"))
    return Readings.of(case, minute, value, at_once="median")


def hypotension(pressure: Readings, cases: int) -> np.ndarray:
    """Mean arterial pressure below 65 mmHg at two readings in a row, at most 120 minutes apart. float32 (cases,).

    `pressure`: mmHg, of the span that is asked about. One low reading alone is no event: a damped or flushed line and a
    slipped cuff give such. Unknown where there is no event and fewer than 6 clock hours of the span hold a reading.
    Source of the bound: Surviving Sepsis Campaign 2021 (Evans L et al., Intensive Care Med 2021;47:1181-1247), which aims
    at 65 mmHg. Two readings, 120 minutes and 6 hours are this benchmark's own.
    """
    case, minute, low = pressure.case, pressure.minute, pressure.value < LOW_PRESSURE
    pair = low[1:] & low[:-1] & (np.diff(case) == 0) & (np.diff(minute) <= LONGEST_PAUSE)
    event = np.bincount(case[1:][pair], minlength=cases) > 0
    opens = (np.diff(case, prepend=-1) != 0) | (np.diff(minute // 60, prepend=-1) != 0)
    watched = np.bincount(case[opens], minlength=cases) >= FEWEST_HOURS
    return where_known(event | watched, event)


def new_hypotension(pressure: Readings, cases: int, landmark: int) -> np.ndarray:
    """Hypotension among the readings from the landmark (minutes) on, in those without it before. float32 (cases,)."""
    return onset(hypotension(pressure.before(landmark), cases), hypotension(pressure.since(landmark), cases))

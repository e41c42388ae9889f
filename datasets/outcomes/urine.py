"""Urine: oliguria by volume, body weight and time."""

from __future__ import annotations

import numpy as np

from datasets.outcomes.known import where_known
from datasets.outcomes.onset import onset
from datasets.outcomes.readings import Readings

LEAST_FLOW = 0.5
SPAN = 12 * 60
LONGEST_PAUSE = 6 * 60


def oliguria(urine: Readings, weight: np.ndarray) -> np.ndarray:
    """Urine below 0.5 mL/kg/h over 12 hours or more. float32 (cases,).

    `urine`: mL passed since the entry before, of the span that is asked about; `weight` (cases,): kg. From each entry we look
    back to the last one that lies 12 hours or more earlier: what was passed between the two, over weight and their distance, is the
    flow. The first entry of a span opens it and its volume, from a time unknown, is not counted. A pause of more than 6 hours
    between entries is not spanned: urine may have been passed and not written down. Unknown without a weight, and where no
    two entries span 12 hours, so wherever no urine was written down.
    Source: KDIGO Clinical Practice Guideline for Acute Kidney Injury, Kidney Int Suppl 2012;2:1-138, urine output criterion
    of stage 2 (0.5 mL/kg/h for 12 hours or more; stage 1 asks for 6, which over half of intensive care patients meet within a
    day). The longest pause is this benchmark's own.
    """
    kilograms = np.asarray(weight, dtype=np.float64)
    case, minute, total = urine.case, urine.minute, np.cumsum(urine.value)
    # One rising key for case and minute, so that one search serves all cases.
    stride = int(minute.max(initial=0)) + SPAN + 1
    key = case * stride + minute
    opened = np.searchsorted(key, key - SPAN, side="right") - 1
    start = np.maximum(opened, 0)
    breaks = np.cumsum(np.diff(minute, prepend=minute[:1]) > LONGEST_PAUSE)
    spanned = (opened >= 0) & (case[start] == case) & (breaks[start] == breaks)
    case, start, end = case[spanned], start[spanned], np.flatnonzero(spanned)
    hours = (minute[end] - minute[start]) / 60
    # A hair of room: a flow of exactly 0.5 is not below it, however its decimals were added up.
    low = total[end] - total[start] < LEAST_FLOW * kilograms[case] * hours * (1 - 1e-9)
    seen, event = np.bincount(case, minlength=len(kilograms)) > 0, np.bincount(case[low], minlength=len(kilograms)) > 0
    return where_known(seen & (kilograms > 0), event)


def new_oliguria(urine: Readings, weight: np.ndarray, landmark: int) -> np.ndarray:
    """Oliguria among the entries from the landmark (minutes) on, in those without it before. float32 (cases,)."""
    return onset(oliguria(urine.before(landmark), weight), oliguria(urine.since(landmark), weight))

"""Timed: outcomes from moments on one clock, all float64 (cases,) in one unit, NaN = did not happen or is not recorded."""

from __future__ import annotations

import numpy as np

from datasets.outcomes.known import where_known


def icu_after(end: np.ndarray, into: np.ndarray, out: np.ndarray, discharge: np.ndarray) -> np.ndarray:
    """Any time in intensive care after surgery and before discharge, planned or not. float32 (cases,).

    `end`: end of surgery, `into`, `out`: the stay in intensive care that the source gives with the operation; no entry means
    none. A stay that began before surgery counts when it goes on after it; one of a later admission does not. Unknown where
    the discharge is missing or before the end of surgery, and where a stay began before it and has no end.
    Source: this benchmark's own reading of the times.
    """
    none, never_left = np.isnan(into), np.isnan(out)
    here = into <= discharge
    after = here & ((into > end) | (out > end))
    known = (discharge >= end) & (none | ~here | after | ~never_left)
    return where_known(known, after)


def death_in_stay(end: np.ndarray, death: np.ndarray, discharge: np.ndarray, slack: float) -> np.ndarray:
    """Death before discharge from the stay of the operation. float32 (cases,).

    `death`: moment of a death in hospital in this or another stay; none means that there was none. Within `slack` after the
    discharge it belongs to the stay, as the two are recorded with different precision. Unknown where the discharge is missing
    or before the end of surgery, and where the death comes before that end: such a patient is not at risk.
    """
    died = ~np.isnan(death)
    known = (discharge >= end) & ~(died & (death < end))
    return where_known(known, died & (death <= discharge + slack))

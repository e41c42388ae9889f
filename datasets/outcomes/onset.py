"""Onset: an event counts as new only in those who were seen to be without it before."""

from __future__ import annotations

import numpy as np

from datasets.outcomes.known import where_known


def onset(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """`after` where `before` is 0, else unknown; both (cases,) of 1, 0, NaN. float32 (cases,).

    Who had the event before the landmark is not at risk of its onset, and who was not watched before it is not known to be:
    neither is a negative.
    """
    was, becomes = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    return where_known((was == 0) & ~np.isnan(becomes), becomes == 1)

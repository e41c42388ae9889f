"""Known: an outcome is 1 or 0 where it is known, NaN elsewhere."""

from __future__ import annotations

import numpy as np


def where_known(known: np.ndarray, event: np.ndarray) -> np.ndarray:
    """float32 (cases,): 1 or 0 as `event` says where `known`, NaN elsewhere."""
    return np.where(known, event, np.nan).astype(np.float32)

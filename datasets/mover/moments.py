"""Moments: dates and times as MOVER writes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

# patient_information writes 2/15/18 12:13, the flowsheets 2018-02-15 12:13:00; a table saved again may bear either.
FORMATS = ("%Y-%m-%d %H:%M:%S", "%m/%d/%y %H:%M", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S")


def seconds(text: pd.Series) -> np.ndarray:
    """Strings as seconds since 1970 by the clock on the wall, float64; NaN where one is in none of the formats."""
    found = np.full(len(text), np.nan)
    left = np.flatnonzero(text.notna().to_numpy())
    for style in FORMATS:
        if not len(left):
            break
        moment = pd.to_datetime(text.iloc[left], format=style, errors="coerce").to_numpy(dtype="datetime64[s]")
        read = ~np.isnat(moment)
        found[left[read]] = moment[read].astype(np.int64)
        left = left[~read]
    return found

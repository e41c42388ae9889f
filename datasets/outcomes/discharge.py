"""Discharge: how long a stay in intensive care was, and where those who lived went to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.outcomes.known import where_known


def long_icu_stay(days: np.ndarray, limit: float = 3.0) -> np.ndarray:
    """A stay in intensive care of more than `limit` days from its beginning. float32 (cases,); unknown where missing or negative.

    Those who died early had a short stay and count as such: read it beside death. The bound is this benchmark's own.
    """
    stay = np.asarray(days, dtype=np.float64)
    return where_known(stay >= 0, stay > limit)


def not_home(died: np.ndarray, place: pd.Series, home: str = "Home") -> np.ndarray:
    """Left hospital alive, but not for home. float32 (cases,); unknown for the dead, for whom the question does not arise.

    `died`: 1, 0, NaN. `place`: where to, in the source's words, missing where not recorded, which is unknown too.
    """
    known = (np.asarray(died) == 0) & place.notna().to_numpy()
    return where_known(known, place.ne(home).to_numpy(dtype=bool, na_value=False))

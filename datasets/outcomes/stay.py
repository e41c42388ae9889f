"""Stay: intensive care, death, long stay."""

from __future__ import annotations

import numpy as np

from datasets.outcomes.known import where_known


def icu_stay(days: np.ndarray) -> np.ndarray:
    """Any stay in intensive care, planned or not: more than 0 days. float32 (cases,); unknown where missing or negative.

    Source: `icu_days` of the VitalDB open dataset (Lee HC et al., Sci Data 2022;9:279).
    """
    stay = np.asarray(days, dtype=np.float64)
    return where_known(stay >= 0, stay > 0)


def death(flag: np.ndarray) -> np.ndarray:
    """Death before discharge as recorded: 1 or 0. float32 (cases,); anything else is unknown."""
    died = np.asarray(flag, dtype=np.float64)
    return where_known((died == 0) | (died == 1), died == 1)


def death_or_long_stay(flag: np.ndarray, days: np.ndarray, limit: float = 14.0) -> np.ndarray:
    """Death before discharge, or a stay of more than `limit` days. float32 (cases,).

    `days`: counted from where the cohort's card says, such as the end of surgery or the admission.
    A death ends a stay early, so that long stay alone would count the gravest course as the best. A negative stay is
    unknown, yet a recorded death decides, and so does a long stay where death is not recorded.
    Source: a composite of this benchmark's own; no guideline fixes the bound of 14 days.
    """
    died, stay = death(flag), np.asarray(days, dtype=np.float64)
    event = (died == 1) | (stay > limit)
    return where_known(event | ((died == 0) & (stay >= 0)), event)

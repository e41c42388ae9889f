"""Groups: the subgroup of every case, kept beside the plan so that reports need no cohort."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from datasets import Cohort

# Years at which the bands of age begin.
AGES = (50, 65, 80)
# Other numbers stand for themselves where they take so few values, else they are cut into parts of equal size.
FEW, PARTS = 6, 3


def groups(cohort: Cohort, rows: np.ndarray) -> pd.DataFrame:
    """One line a case of `rows`: row, then a column of words for each column that the card names for subgroups, and for the centre;
    null where a value is missing."""
    found: dict[str, object] = {"row": rows.astype(np.int64)}
    for name in cohort.card.subgroups:
        if cohort.tabular is not None and name in cohort.tabular:
            column = cohort.tabular[name].iloc[rows]
            found[name] = _bands(name, column) if pd.api.types.is_numeric_dtype(column) else _named(column)
    if cohort.centre is not None:
        found["centre"] = np.array([f"{code}" for code in cohort.centre[rows]], dtype=object)
    return pd.DataFrame(found)


def _named(column: pd.Series) -> np.ndarray:
    return np.array([None if pd.isna(value) else str(value) for value in column], dtype=object)


def _bands(name: str, column: pd.Series) -> np.ndarray:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    seen = np.unique(values[~np.isnan(values)])
    if name.split("_")[0] == "age":
        between = [f"{low} to {high - 1}" for low, high in pairwise(AGES)]
        return _cut(values, np.array(AGES, dtype=np.float64), [f"under {AGES[0]}", *between, f"{AGES[-1]} and over"])
    if len(seen) <= FEW:
        return _cut(values, seen[1:], [f"{value:g}" for value in seen])
    bounds = np.unique(np.nanquantile(values, np.arange(1, PARTS) / PARTS))
    between = [f"{low:g} to under {high:g}" for low, high in pairwise(bounds)]
    return _cut(values, bounds, [f"under {bounds[0]:g}", *between, f"{bounds[-1]:g} and over"])


def _cut(values: np.ndarray, bounds: np.ndarray, words: list[str]) -> np.ndarray:
    place = np.searchsorted(bounds, values, side="right")
    return np.array([None if np.isnan(value) else words[n] for value, n in zip(values, place, strict=True)], dtype=object)

"""Complications: what each row of the anaesthetist's list says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datasets.mover.cases import Cases
from datasets.outcomes.complications import NONE
from datasets.stream import Stream

COLUMNS = ("LOG_ID", "Element_abbr", "SMRTDTA_ELEM_VALUE")
# The row that every operation has: its class, or None, stands in the value.
GENERAL = "an post-op complications"
UNSAID = frozenset({"", "unknown"})


def listed(path: Path, cases: Cases) -> tuple[np.ndarray, np.ndarray]:
    """Place of the case (rows,), -1 = of none, and the class that the row names: lower case, `none`, or "" = says nothing."""
    case, kind = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=object)]
    for batch in Stream(path, COLUMNS):
        columns = batch.columns.to_pandas()
        case.append(batch.place("LOG_ID", cases.log_id))
        kind.append(classes(columns["Element_abbr"], columns["SMRTDTA_ELEM_VALUE"]))
    return np.concatenate(case), np.concatenate(kind)


def classes(element: pd.Series, value: pd.Series) -> np.ndarray:
    """The class that rows name, (rows,) of str.

    A class's own row stands for it whatever its value says, but for None; what stands in a general row's value is a class.
    """
    element, value = (part.astype("str").fillna("").str.strip().str.lower() for part in (element, value))
    said = value.where(element == GENERAL, element.where(value != NONE, NONE))
    return said.where(~said.isin(UNSAID), "").to_numpy(dtype=object)

"""Diagnoses: codes of before the day of surgery as text, and those around it for the outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from datasets.errors import Refused
from datasets.inspire.cases import DAY, Cases
from datasets.stream import Stream

COLUMNS = ("subject_id", "chart_time", "icd10_cm")
LOOK_BACK, LAST_DAY = 180, 30


@dataclass(frozen=True)
class Diagnoses:
    """Entries of patients with an operation: place of the case, days since that of surgery (0 = the same), code; (entries,).

    Of entries further off than the days looked at, a case keeps one or a few, without day and code, to show that it has a list.
    """

    case: np.ndarray
    day: np.ndarray
    code: np.ndarray

    def before(self, cases: int) -> pd.Series:
        """Codes of the 180 days before the day of surgery, sorted, each once: one text a case."""
        rows = (self.day < 0) & (self.day >= -LOOK_BACK)
        frame = pd.DataFrame({"case": self.case[rows], "code": self.code[rows]}).drop_duplicates().sort_values(["case", "code"])
        return frame.groupby("case")["code"].agg(" ".join).reindex(range(cases)).fillna("").astype("str")


def entries(path: Path, cases: Cases) -> Diagnoses:
    """Reads diagnosis.csv in batches; memory holds the entries near an operation. Days end at midnight."""
    case, day, code = [np.zeros(0, dtype=np.int64)], [np.zeros(0)], [np.zeros(0, dtype=object)]
    today = np.floor(cases.landmark / DAY)
    for batch in Stream(path, COLUMNS):
        time = batch.number("chart_time")
        lacking = np.isnan(time) | batch.missing("icd10_cm")
        if lacking.any():
            raise Refused(f"{path}: data row {batch.row[lacking].min()}: a diagnosis needs a chart_time and an icd10_cm.")
        row, place = cases.of_subject(batch.number("subject_id"))
        since = np.floor(time[row] / DAY) - today[place]
        near = (since >= -LOOK_BACK) & (since <= LAST_DAY)
        far = np.unique(place[~near])
        case += [place[near], far]
        day += [since[near], np.full(len(far), np.nan)]
        code += [_categories(batch.columns.column("icd10_cm"))[row[near]], np.full(len(far), "", dtype=object)]
    return Diagnoses(np.concatenate(case), np.concatenate(day), np.concatenate(code))


def _categories(codes: pa.Array) -> np.ndarray:
    """ICD-10 categories (rows,): three characters are what the source gives, a longer code is cut to its category."""
    encoded = codes.dictionary_encode()
    words = np.array([word.strip().upper()[:3] for word in encoded.dictionary.to_pylist()], dtype=object)
    return words[encoded.indices.to_numpy(zero_copy_only=False)]

"""Labs: last values before the end of surgery, and creatinine around it, from a file of any size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.inspire.cases import DAY, Cases
from datasets.latest import Latest
from datasets.stream import Stream

COLUMNS = ("subject_id", "chart_time", "item_name", "value")
LOOK_BACK = 180 * DAY
WEEK = 7 * DAY
ITEMS = (
    *("hb", "hct", "wbc", "platelet", "seg", "lymphocyte", "ptinr", "aptt", "fibrinogen", "d_dimer", "sodium", "potassium"),
    *("chloride", "calcium", "ica", "phosphorus", "bun", "creatinine", "glucose", "hba1c", "albumin", "total_protein", "ast"),
    *("alt", "alp", "total_bilirubin", "crp", "lactate", "ck", "ckmb", "troponin_i", "troponin_t", "ph", "pao2", "paco2"),
    *("hco3", "be", "sao2"),
)
# The source spells it so.
SPELLED = {"lacate": "lactate"}
NAMES = pd.Index(ITEMS, dtype=object)
CREATININE = ITEMS.index("creatinine")


@dataclass(frozen=True)
class Labs:
    """`tabular`: last value of each item before the landmark and the hours since, one row a case.

    `baseline`, `highest` (cases,): creatinine in mg/dL, last before surgery or as it began, and highest after it and within
    7 days.
    """

    tabular: pd.DataFrame
    baseline: np.ndarray
    highest: np.ndarray


def tests(path: Path, cases: Cases) -> Labs:
    """Reads labs.csv once, in batches."""
    last, baseline, highest = Latest(len(cases), len(ITEMS)), Latest(len(cases), 1), np.full(len(cases), -np.inf)
    start = cases.minutes("opstart_time")
    for batch in Stream(path, COLUMNS):
        item = batch.place("item_name", NAMES, _spelled)
        batch, item = batch.where(item >= 0), item[item >= 0]
        row, case = cases.of_subject(batch.number("subject_id"))
        item = item[row]
        time, value = batch.number("chart_time")[row], batch.number("value")[row]
        recent = time >= cases.landmark[case] - LOOK_BACK
        before = recent & (time < cases.landmark[case])
        last.add(case[before], time[before], item[before], value[before])
        creatinine = (item == CREATININE) & ~np.isnan(value)
        pre = creatinine & recent & (time <= start[case])
        baseline.add(case[pre], time[pre], np.zeros(int(pre.sum()), dtype=np.int64), value[pre])
        post = creatinine & (time > cases.landmark[case]) & (time <= cases.landmark[case] + WEEK)
        np.maximum.at(highest, case[post], value[post])
    found = {name: last.value[:, i] for i, name in enumerate(ITEMS)}
    found |= {f"{name}_hours": (cases.landmark - last.time[:, i]) / 60 for i, name in enumerate(ITEMS)}
    tabular = pd.DataFrame(found).astype(np.float32).add_prefix("lab_")
    return Labs(tabular, baseline.value[:, 0], np.where(np.isinf(highest), np.nan, highest))


def _spelled(item: str) -> str:
    return SPELLED.get(item.lower(), item.lower())

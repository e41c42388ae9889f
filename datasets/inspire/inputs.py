"""Inputs: what the table of operations says of one at the end of surgery."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.inspire.cases import Cases

CATEGORIES = {"sex": "sex", "race": "race", "department": "department", "anaesthesia": "antype"}


def tabular(cases: Cases) -> pd.DataFrame:
    """One row a case: the patient, and how long things took until the landmark; each reads one case alone."""
    table, end, start = cases.table, cases.landmark, cases.minutes("opstart_time")
    height, weight = (_above_zero(table.number(name)) for name in ("height", "weight"))
    bypass_on, bypass_off = cases.minutes("cpbon_time"), np.fmin(cases.minutes("cpboff_time"), end)
    columns = {
        "age": table.number("age"),
        "height": height,
        "weight": weight,
        "bmi": weight / (height / 100) ** 2,
        "asa": _above_zero(table.number("asa")),
        "emergency": table.number("emop"),
        "hours_admission_to_surgery": _forward(cases.minutes("admission_time"), start) / 60,
        "minutes_anaesthesia_to_incision": _forward(cases.minutes("anstart_time"), start),
        "minutes_surgery": _forward(start, end),
        "minutes_in_room": _forward(cases.minutes("orin_time"), end),
        "minutes_bypass": np.where(bypass_on < end, _forward(bypass_on, bypass_off), 0),
    }
    frame = pd.DataFrame(columns).astype(np.float32)
    for name, column in CATEGORIES.items():
        values = table.string(column)
        frame[name] = pd.Categorical(values, categories=sorted(values.dropna().unique()))
    return frame


def operation(cases: Cases) -> pd.Series:
    """Code of the operation, department and kind of anaesthesia, as one text a case."""
    code, department, anaesthesia = (cases.table.string(column).fillna("") for column in ("icd10_pcs", "department", "antype"))
    return (code + " " + department + " " + anaesthesia).str.split().str.join(" ")


def _above_zero(value: np.ndarray) -> np.ndarray:
    return np.where(value > 0, value, np.nan)


def _forward(first: np.ndarray, then: np.ndarray) -> np.ndarray:
    """Minutes from one moment to another; NaN where they stand the wrong way round."""
    passed = then - first
    return np.where(passed >= 0, passed, np.nan)

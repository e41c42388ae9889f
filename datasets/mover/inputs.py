"""Inputs: what the information on an operation says of it when the patient leaves the room."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.mover.cases import Cases

KG_PER_OUNCE = 0.028349523125
CM_PER_INCH = 2.54
HEIGHT = r"^(\d+)\s*'\s*(\d+(?:\.\d+)?)?\s*\"?$"
CATEGORIES = {"sex": "SEX", "anaesthesia": "PRIMARY_ANES_TYPE_NM"}


def centimetres(text: pd.Series) -> np.ndarray:
    """Heights such as `5' 10.5` in cm, float64; NaN where one is not of feet and inches."""
    parts = text.str.extract(HEIGHT)
    feet, inches = (pd.to_numeric(parts[i]).to_numpy(dtype=np.float64) for i in (0, 1))
    return (12 * feet + np.nan_to_num(inches)) * CM_PER_INCH


def tabular(cases: Cases) -> pd.DataFrame:
    """One row a case: the patient, and how long things took until the landmark; each reads one case alone."""
    table = cases.table
    height = table.parsed("HEIGHT", centimetres, "is not a height in feet and inches such as 5' 10")
    weight = table.number("WEIGHT") * KG_PER_OUNCE
    in_room = cases.moment("IN_OR_DTTM")
    columns = {
        "age": table.number("BIRTH_DATE"),
        "height_cm": height,
        "weight_kg": weight,
        "bmi": weight / np.where(height > 0, height / 100, np.nan) ** 2,
        "asa": table.number("ASA_RATING_C"),
        "hours_admission_to_room": _forward(cases.moment("HOSP_ADMSN_TIME"), in_room) / 3600,
        "minutes_in_room": _forward(in_room, cases.landmark) / 60,
        "minutes_anaesthesia": _forward(cases.moment("AN_START_DATETIME"), cases.landmark) / 60,
    }
    frame = pd.DataFrame(columns).astype(np.float32)
    for name, column in CATEGORIES.items():
        values = table.string(column)
        frame[name] = pd.Categorical(values, categories=sorted(values.dropna().unique()))
    return frame


def text(cases: Cases) -> pd.DataFrame:
    """The name of the operation."""
    return pd.DataFrame({"procedure": cases.table.string("PRIMARY_PROCEDURE_NM").fillna("")})


def _forward(first: np.ndarray, then: np.ndarray) -> np.ndarray:
    """Seconds from one moment to another; NaN where they stand the wrong way round."""
    passed = then - first
    return np.where(passed >= 0, passed, np.nan)

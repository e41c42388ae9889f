"""Example: made-up patients for the template: tables, notes and series in the layout that a folder wants."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd

CASES, PATIENTS = 160, 150
FIRST = np.datetime64("2024-01-08T08:00")
DIAGNOSES = ("gastric cancer", "colon cancer", "hip fracture", "gallstones", "inguinal hernia", "aortic aneurysm")


def example() -> dict[str, str]:
    """The content of cases.csv, notes.csv and series.csv; the same whenever it is called."""
    random = np.random.default_rng(20240108)
    frail = random.normal(size=CASES)
    case = [f"op{number:04d}" for number in random.permutation(9_000)[:CASES]]
    patient = np.append(np.arange(PATIENTS), random.choice(PATIENTS, CASES - PATIENTS, replace=False))
    end = FIRST + (np.sort(random.uniform(0, 300 * 1440, CASES))).astype("timedelta64[m]")
    kidney = random.random(CASES) < 1 / (1 + np.exp(1.3 - 1.2 * frail))
    icu = random.random(CASES) < 1 / (1 + np.exp(1.3 - 1.2 * frail))
    cases = pd.DataFrame(
        {
            "case_id": case,
            "patient_id": [f"p{number:03d}" for number in patient],
            "hospital": random.choice(["north", "south"], CASES),
            "admitted": _days(end - random.integers(1, 9, CASES) * 1440),
            "surgery_end": _minutes(end),
            "surgeon": random.choice(["a", "b", "c"], CASES),
            "age": np.clip(62 + 9 * frail + random.normal(0, 9, CASES), 19, 95).round().astype(int),
            "sex": random.choice(["f", "m"], CASES),
            "asa": np.clip((2.3 + 0.6 * frail + random.normal(0, 0.5, CASES)).round(), 1, 4).astype(int),
            "emergency": (random.random(CASES) < 0.2).astype(int),
            "diagnosis": random.choice(DIAGNOSES, CASES),
            "creatinine": _some(random, np.exp(-0.1 + 0.25 * frail + random.normal(0, 0.2, CASES)).round(2)),
            "lactate": np.exp(0.3 + 0.3 * frail + random.normal(0, 0.3, CASES)).round(1),
            "lactate_time": _minutes(end - random.integers(5, 240, CASES)),
            "any_complication": (kidney | icu).astype(int),
            "kidney_injury": kidney.astype(int),
            "unplanned_icu": icu.astype(int),
        }
    )
    return {
        "cases.csv": _csv(cases),
        "notes.csv": _csv(_notes(random, case, end, frail)),
        "series.csv": _csv(_series(random, case, end, frail)),
    }


def _notes(random: np.random.Generator, case: list[str], end: np.ndarray, frail: np.ndarray) -> pd.DataFrame:
    rows = []
    for number, name in enumerate(case):
        weak = frail[number] + random.normal(0, 0.7) > 0.3
        breath = "Short of breath on one flight of stairs." if weak else "Climbs two flights of stairs without a stop."
        rows.append((name, _minutes(end[number] - 1440), "admission", f"{breath} No fever."))
        if random.random() < 0.8:
            course = "noradrenaline needed throughout" if frail[number] + random.normal(0, 0.7) > 0.5 else "stable, no vasopressor"
            rows.append((name, _minutes(end[number] - 20), "anaesthesia", f'Course: {course}; team: "as planned".'))
    return pd.DataFrame(rows, columns=["case_id", "time", "kind", "text"])


def _series(random: np.random.Generator, case: list[str], end: np.ndarray, frail: np.ndarray) -> pd.DataFrame:
    parts = []
    for number, name in enumerate(case):
        minutes = np.arange(-115, 0, 15) + random.integers(0, 10, 8)
        for variable, mean, slope in (("heart_rate", 74, 7), ("mean_pressure", 82, -6)):
            value = (mean + slope * frail[number] + random.normal(0, 5, len(minutes))).round()
            when = _minutes(end[number] + minutes)
            parts.append(pd.DataFrame({"case_id": name, "time": when, "variable": variable, "value": value.astype(int)}))
    return pd.concat(parts)


def _some(random: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """The values, one in ten missing."""
    return np.where(random.random(len(values)) < 0.1, np.nan, values)


def _minutes(when: np.ndarray) -> np.ndarray:
    return np.char.replace(np.datetime_as_string(when, unit="m"), "T", " ")


def _days(when: np.ndarray) -> np.ndarray:
    return np.datetime_as_string(when, unit="D")


def _csv(frame: pd.DataFrame) -> str:
    text = io.StringIO()
    frame.to_csv(text, index=False)
    return text.getvalue()

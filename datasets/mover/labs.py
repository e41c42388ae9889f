"""Labs: last values before the landmark, and creatinine around the operation, from a file of any size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.errors import Refused
from datasets.latest import Latest
from datasets.mover.cases import Cases
from datasets.mover.moments import seconds
from datasets.stream import Batch, Stream, numbers

WEEK = 7 * 86_400.0
# Stands for a result in words, and for none.
NO_NUMBER = 9_999_999.0
UNREADABLE_AT_MOST = 0.01
COLUMNS = ("LOG_ID", "Lab Code", "Observation Value", "Collection Datetime")
# LOINC codes of one quantity in one unit, in blood; which of them the hospital uses is not documented.
CODES = {
    "haemoglobin": ("718-7",),
    "haematocrit": ("4544-3", "20570-8"),
    "leucocytes": ("6690-2", "26464-8"),
    "platelets": ("777-3", "26515-7"),
    "sodium": ("2951-2",),
    "potassium": ("2823-3",),
    "chloride": ("2075-0",),
    "bicarbonate": ("2028-9", "1963-8"),
    "urea_nitrogen": ("3094-0",),
    "creatinine": ("2160-0", "38483-4"),
    "glucose": ("2345-7", "2339-0"),
    "calcium": ("17861-6",),
    "magnesium": ("19123-9",),
    "phosphate": ("2777-1",),
    "albumin": ("1751-7", "61151-7"),
    "alt": ("1742-6", "1743-4"),
    "ast": ("1920-8", "30239-8"),
    "bilirubin": ("1975-2",),
    "inr": ("6301-6", "34714-6"),
    "aptt": ("14979-9", "3173-2"),
    "lactate": ("2524-7", "32693-4"),
    "ph": ("2744-1",),
    "pco2": ("2019-8",),
    "po2": ("2703-7",),
}
VARIABLES = tuple(CODES)
CREATININE = VARIABLES.index("creatinine")


@dataclass(frozen=True)
class Labs:
    """`tabular`: last value of each laboratory test before the landmark and the hours since, one row a case.

    `baseline`, `highest` (cases,): creatinine in mg/dL, last at or before the start of the operation, and highest after the
    landmark and within 7 days of it. `left_out`: what could not be read.
    """

    tabular: pd.DataFrame
    baseline: np.ndarray
    highest: np.ndarray
    left_out: tuple[str, ...]


def tests(path: Path, cases: Cases) -> Labs:
    """Reads patient_labs.csv once, in batches."""
    codes = pd.Index([code for known in CODES.values() for code in known], dtype=object)
    variable_of = np.array([i for i, known in enumerate(CODES.values()) for _ in known])
    last, baseline, highest = Latest(len(cases), len(VARIABLES)), Latest(len(cases), 1), np.full(len(cases), -np.inf)
    log_id, wanted, untimed, no_number = cases.log_id, 0, 0, 0
    stream = Stream(path, COLUMNS, torn_allowed=True)
    for batch in stream:
        code = batch.place("Lab Code", codes)
        batch, code = batch.where(code >= 0), code[code >= 0]
        case = batch.place("LOG_ID", log_id)
        batch, case, variable = batch.where(case >= 0), case[case >= 0], variable_of[code[case >= 0]]
        time, value = batch.parsed("Collection Datetime", seconds), _values(batch)
        wanted, untimed = wanted + len(batch), untimed + int(np.isnan(time).sum())
        no_number += int(np.isnan(value).sum())
        landmark, start = cases.landmark[case], cases.start[case]
        before = time < landmark
        last.add(case[before], time[before], variable[before], value[before])
        creatinine = (variable == CREATININE) & ~np.isnan(value)
        pre = creatinine & (time <= start)
        baseline.add(case[pre], time[pre], np.zeros(int(pre.sum()), dtype=np.int64), value[pre])
        post = creatinine & (time > landmark) & (time <= landmark + WEEK)
        np.maximum.at(highest, case[post], value[post])
    if untimed > UNREADABLE_AT_MOST * wanted:
        raise Refused(f"{path}: column 'Collection Datetime': {untimed:,} of {wanted:,} values are no date and time that is known.")
    found = {name: last.value[:, i] for i, name in enumerate(VARIABLES)}
    found |= {f"{name}_hours": (cases.landmark - last.time[:, i]) / 3600 for i, name in enumerate(VARIABLES)}
    counts = ((stream.torn, "rows with too many or too few cells"), (untimed, "without a time"), (no_number, "without a number"))
    return Labs(
        pd.DataFrame(found).astype(np.float32).add_prefix("lab_"),
        baseline.value[:, 0],
        np.where(np.isinf(highest), np.nan, highest),
        tuple(f"Left out of the laboratory values: {n:,} {why}." for n, why in counts if n),
    )


def _values(batch: Batch) -> np.ndarray:
    value = batch.parsed("Observation Value", numbers)
    return np.where(np.isfinite(value) & (value != NO_NUMBER), value, np.nan)

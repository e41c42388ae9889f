"""Kidney: acute injury by creatinine."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.outcomes.known import where_known
from datasets.outcomes.onset import onset
from datasets.outcomes.readings import Readings

DIALYSIS_CREATININE = 4.0
RATIO = 1.5
RISE = 0.3
RISE_WITHIN = 48 * 60


def kidney_injury(baseline: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Acute kidney injury by the creatinine ratio: highest / baseline >= 1.5. float32 (cases,).

    `baseline`: last serum creatinine before surgery, mg/dL. `highest`: highest after the landmark and within 7 days of it,
    mg/dL. Unknown where either is missing or not above 0, and where the baseline exceeds 4 mg/dL: it then speaks of
    dialysis, or of a failure that a ratio cannot grade. The criteria on a rise of 0.3 mg/dL within 48 h and on urine output
    are not used. Source: KDIGO Clinical Practice Guideline for Acute Kidney Injury, Kidney Int Suppl 2012;2:1-138.
    """
    before, after = np.asarray(baseline, dtype=np.float64), np.asarray(highest, dtype=np.float64)
    known = (before > 0) & (before <= DIALYSIS_CREATININE) & (after > 0)
    # A product of decimals such as 1.5 × 0.7 lies above 1.05: a hair of room keeps exact ratios on the injured side.
    injured = after >= RATIO * before * (1 - 1e-12)
    return where_known(known, injured)


def new_kidney_injury(creatinine: Readings, cases: int, landmark: int) -> np.ndarray:
    """Acute kidney injury by creatinine from the landmark (minutes) on, in those without it before. float32 (cases,).

    `creatinine`: mg/dL, all that was measured in one span of at most 48 hours around the landmark. A reading shows injury when
    it is at least 0.3 mg/dL above, or at least 1.5 times, the lowest one before it. Both criteria serve: all readings lie
    within 48 hours of each other, which the rise asks for, and a rise alone misses injury of the lowest creatinines.
    Unknown where none was measured before the landmark, or none from it on; where a reading before it shows injury (not
    at risk); and where the lowest before it exceeds 4 mg/dL, as in `kidney_injury`. Urine output is not used, and the usual
    creatinine of the patient is not known: injury that was complete at the first reading is not seen.
    Source: KDIGO Clinical Practice Guideline for Acute Kidney Injury, Kidney Int Suppl 2012;2:1-138, with the lowest earlier
    reading as reference, as in the MIMIC code repository (Johnson AEW et al., J Am Med Inform Assoc 2018;25:32-39).
    """
    if len(creatinine.minute) and np.ptp(creatinine.minute) > RISE_WITHIN:
        raise ValueError("creatinine spans more than 48 hours: a rise of 0.3 mg/dL would not be one within 48 hours.")
    by_case = pd.Series(creatinine.value).groupby(creatinine.case)
    lowest = by_case.cummin().groupby(creatinine.case).shift().to_numpy()
    # Decimals such as 1.2 − 0.9 lie a hair below 0.3: room on the side of injury.
    shows = (creatinine.value >= lowest + RISE - 1e-9) | (creatinine.value >= RATIO * lowest - 1e-9)
    before, injured = creatinine.before(landmark), creatinine.only(shows)
    baseline = np.full(cases, np.inf)
    np.minimum.at(baseline, before.case, before.value)
    measured = before.has(cases) & (baseline > 0) & (baseline <= DIALYSIS_CREATININE)
    return onset(
        where_known(measured, injured.before(landmark).has(cases)),
        where_known(creatinine.since(landmark).has(cases), injured.since(landmark).has(cases)),
    )

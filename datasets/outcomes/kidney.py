"""Kidney: acute injury by creatinine."""

from __future__ import annotations

import numpy as np

from datasets.outcomes.known import where_known

DIALYSIS_CREATININE = 4.0


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
    injured = after >= 1.5 * before * (1 - 1e-12)
    return where_known(known, injured)

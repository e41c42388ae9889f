"""Labels: the four outcomes, the same for both landmarks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets import outcomes
from datasets.source import Table

DAY = 86_400.0
# The source marks an admission or discharge it does not know by an offset of about 117 years.
LONGEST_STAY = 3_650 * DAY


def outcomes_of(cases: Table, labs: Table) -> pd.DataFrame:
    """Kidney injury, stay in intensive care, death or long stay, death: float32, one row a case, NaN = unknown."""
    end = cases.number("opend")
    baseline, highest = _creatinine(labs, cases.key("caseid"), cases.number("opstart"), end)
    stay = (cases.number("dis") - end) / DAY
    stay[stay > LONGEST_STAY / DAY] = np.nan
    died = cases.number("death_inhosp")
    return pd.DataFrame(
        {
            "kidney_injury": outcomes.kidney_injury(baseline, highest),
            "icu_stay": outcomes.icu_stay(cases.number("icu_days")),
            "death_or_long_stay": outcomes.death_or_long_stay(died, stay),
            "death": outcomes.death(died),
        }
    )


def _creatinine(labs: Table, case: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Last creatinine before surgery, and highest after it and within 7 days, mg/dL: (cases,) each, NaN = not measured."""
    tests = pd.DataFrame({"case": labs.whole("caseid"), "time": labs.number("dt"), "value": labs.number("result")}).dropna()
    # Two results of one moment: the higher stands last, whatever the file's order.
    tests = tests.merge(pd.DataFrame({"case": case, "start": start, "end": end})).sort_values(["case", "time", "value"])
    baseline = tests[tests["time"] <= tests["start"]].groupby("case")["value"].last()
    week = tests[(tests["time"] > tests["end"]) & (tests["time"] <= tests["end"] + 7 * DAY)]
    highest = week.groupby("case")["value"].max()
    return baseline.reindex(case).to_numpy(dtype=np.float64), highest.reindex(case).to_numpy(dtype=np.float64)

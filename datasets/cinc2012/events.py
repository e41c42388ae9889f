"""Events: the outcomes, from how a stay ended and from what was measured in the 24 hours after the early landmark."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets import outcomes
from datasets.cinc2012.inputs import admission_weight
from datasets.cinc2012.stays import Stays

DAY = 24 * 60


def end_of_stay(stays: Stays) -> pd.DataFrame:
    """Death in hospital, and death or a stay of more than 14 days from admission."""
    died, days = stays.ends["In-hospital_death"].to_numpy(), stays.ends["Length_of_stay"].to_numpy()
    return pd.DataFrame({"death_or_long_stay": outcomes.death_or_long_stay(died, days), "death": outcomes.death(died)})


def next_day(stays: Stays) -> pd.DataFrame:
    """Kidney injury, ventilation, hypotension and oliguria from 24:00 to 48:00 in those without it before."""
    cases = len(stays)
    pressure = outcomes.mean_pressure(stays.readings("MAP"), stays.readings("NIMAP"))
    ventilated = stays.readings("MechVent", "max")
    ventilated = ventilated.only(ventilated.value == 1)
    before = outcomes.ventilation(ventilated.before(DAY).has(cases), stays.recorded(0, DAY))
    after = outcomes.ventilation(ventilated.since(DAY).has(cases), stays.recorded(DAY, 2 * DAY + 1))
    return pd.DataFrame(
        {
            "kidney_injury": outcomes.new_kidney_injury(stays.readings("Creatinine", "max"), cases, DAY),
            "new_ventilation": outcomes.new_ventilation(before, after),
            "hypotension": outcomes.new_hypotension(pressure, cases, DAY),
            "oliguria": outcomes.new_oliguria(stays.readings("Urine", "sum"), weight(stays), DAY),
        }
    )


def weight(stays: Stays) -> np.ndarray:
    """Weight at admission, else the first that was measured in the first 24 hours, kg: (stays,), NaN = unknown."""
    known, later = admission_weight(stays), stays.readings("Weight").before(DAY)
    stay, first = np.unique(later.case, return_index=True)
    missing = np.isnan(known[stay])
    known[stay[missing]] = later.value[first[missing]]
    return known

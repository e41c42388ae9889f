"""Definitions of outcomes, each with its source: pure functions on arrays, 1, 0 and NaN = unknown. One family a file."""

from datasets.outcomes.circulation import hypotension, mean_pressure, new_hypotension
from datasets.outcomes.complications import new_diagnosis, recorded
from datasets.outcomes.diagnosis import entered_later, names
from datasets.outcomes.discharge import long_icu_stay, not_home
from datasets.outcomes.infarction import complication, death_by_cause
from datasets.outcomes.kidney import kidney_injury, new_kidney_injury
from datasets.outcomes.onset import onset
from datasets.outcomes.readings import Readings
from datasets.outcomes.stay import death, death_or_long_stay, icu_stay
from datasets.outcomes.timed import death_in_stay, icu_after
from datasets.outcomes.urine import new_oliguria, oliguria
from datasets.outcomes.ventilation import new_ventilation, ventilation

__all__ = [
    "Readings",
    "complication",
    "death",
    "death_by_cause",
    "death_in_stay",
    "death_or_long_stay",
    "entered_later",
    "hypotension",
    "icu_after",
    "icu_stay",
    "kidney_injury",
    "long_icu_stay",
    "mean_pressure",
    "names",
    "new_diagnosis",
    "new_hypotension",
    "new_kidney_injury",
    "new_oliguria",
    "new_ventilation",
    "not_home",
    "oliguria",
    "onset",
    "recorded",
    "ventilation",
]

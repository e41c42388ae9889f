"""Diagnosis: which entries of a list of diagnoses name a condition, and whether one was made after the landmark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from datasets.errors import unknown
from datasets.outcomes.known import where_known


@dataclass(frozen=True)
class Condition:
    """Entries that `named` finds and `but` does not: patterns on the path of a diagnosis, parts divided by `|`, any case."""

    named: str
    but: str | None = None


CONDITIONS: Mapping[str, Condition] = {
    # The heading holds hypoxaemia, hypercapnia, ARDS, arrest and failure to wean too; chronic failure alone is a past illness.
    "respiratory_failure": Condition(
        r"(?:^|\|)respiratory failure(?:\||$)|acute respiratory failure",
        r"\|(?:chronic respiratory failure|pulmonary aspiration)(?:\||$)",
    ),
    # Inflammation without a known infection (SIRS) and septic arthritis are not sepsis.
    "sepsis": Condition(r"\|(?:sepsis|septic shock|due to sepsis)(?:\||$)|\(sirs\)\|due to infectious process"),
    "kidney_injury": Condition(r"acute renal failure|acute kidney injury|acute tubular necrosis"),
    # The heading "shock / hypotension" also holds sepsis, dehydration and plain hypotension: it is not enough, the entry must
    # name a shock, dependence on vasopressors, or sepsis with circulatory failure. Spinal shock is a loss of reflexes.
    "shock": Condition(r"shock(?! / )|pressor dependent|circulatory system failure", r"\|spinal shock"),
}


def names(condition: str, paths: pd.Series) -> np.ndarray:
    """Which entries name a condition: (entries,) bool; an empty path names none.

    The paths are those of the eICU programme's diagnosis list, which are also coded in ICD-9 (Pollard TJ et al., Sci Data
    2018;5:180178). That sepsis is infection with a systemic response, and shock circulatory failure, follows the definitions
    in use when they were entered, 2014-2015 (Levy MM et al., Crit Care Med 2003;31:1250; Cecconi M et al., Intensive Care Med
    2014;40:1795). The choice of entries is this benchmark's own.
    """
    if condition not in CONDITIONS:
        raise unknown("condition", condition, CONDITIONS)
    found = CONDITIONS[condition]
    named = paths.str.contains(found.named, flags=re.IGNORECASE, na=False)
    if found.but is not None:
        named &= ~paths.str.contains(found.but, flags=re.IGNORECASE, na=False)
    return named.to_numpy(dtype=bool)


def entered_later(cases: int, case: np.ndarray, time: np.ndarray, named: np.ndarray, landmark: float) -> np.ndarray:
    """Whether an entry that names the condition was made at or after the landmark: float32 (cases,), new or continuing.

    `case`, `time`, `named` (entries,): place of the case (below 0: of no case), time in the landmark's unit, what `names` gives.
    Cases without any entry, at whatever time, are unknown: nobody kept a list of diagnoses for them.
    """
    case, own = np.asarray(case, dtype=np.int64), np.asarray(case) >= 0
    listed, later = np.zeros(cases, dtype=bool), np.zeros(cases, dtype=bool)
    listed[case[own]] = True
    later[case[own & np.asarray(named, dtype=bool) & (np.asarray(time) >= landmark)]] = True
    return where_known(listed, later)

"""Inputs: what a case's table and texts hold at either landmark; each reads one case alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.source import Table
from datasets.vitaldb.labels import LONGEST_STAY

# Known before surgery.
PLANNED = ("sex", "department", "optype", "approach", "position", "ane_type", "preop_ecg", "preop_pft")
BEFORE = (
    *("age", "height", "weight", "bmi", "asa", "emop", "preop_htn", "preop_dm"),
    *("preop_hb", "preop_plt", "preop_pt", "preop_aptt", "preop_na", "preop_k", "preop_gluc", "preop_alb", "preop_ast"),
    *("preop_alt", "preop_bun", "preop_cr", "preop_ph", "preop_hco3", "preop_be", "preop_pao2", "preop_paco2", "preop_sao2"),
)
# Known only once it is under way: airway, tubes and lines, and what was given and lost.
PLACED = ("cormack", "airway", "dltubesize", "iv1", "iv2", "aline1", "aline2", "cline1", "cline2")
DURING = (
    *("tubesize", "lmasize", "intraop_ebl", "intraop_uo", "intraop_rbc", "intraop_ffp", "intraop_crystalloid"),
    *("intraop_colloid", "intraop_ppf", "intraop_mdz", "intraop_ftn", "intraop_rocu", "intraop_vecu", "intraop_eph"),
    *("intraop_phe", "intraop_epi", "intraop_ca"),
)
TEXT = {"diagnosis": "dx", "operation": "opname"}


def before_surgery(cases: Table) -> pd.DataFrame:
    """Tabular columns known when the patient enters surgery; times of surgery and anaesthesia are not read.

    `hours_admission_to_theatre` ends where the record begins (`casestart`, from which the source counts all seconds).
    """
    numbers = _numbers(cases, BEFORE)
    numbers["hours_admission_to_theatre"] = _waited(-cases.number("adm"))
    return _frame(cases, numbers, PLANNED)


def at_the_end(cases: Table) -> pd.DataFrame:
    """Tabular columns known at the end of surgery; durations end there."""
    start, end = cases.number("opstart"), cases.number("opend")
    numbers = _numbers(cases, BEFORE + DURING)
    numbers["hours_admission_to_surgery"] = _waited(start - cases.number("adm"))
    numbers["minutes_anaesthesia_to_incision"] = (start - cases.number("anestart")) / 60
    numbers["minutes_surgery"] = (end - start) / 60
    return _frame(cases, numbers, PLANNED + PLACED)


def names(cases: Table) -> pd.DataFrame:
    """Diagnosis and operation as recorded, one text column each, "" = none."""
    return pd.DataFrame({name: cases.string(column).fillna("") for name, column in TEXT.items()})


def _numbers(cases: Table, columns: tuple[str, ...]) -> dict[str, np.ndarray]:
    found = {name: cases.number(name, capped=name == "age").astype(np.float32) for name in columns}
    found["emergency"] = found.pop("emop")
    return found


def _waited(seconds: np.ndarray) -> np.ndarray:
    """Hours from admission on; NaN where the source does not know it."""
    return np.where((seconds >= 0) & (seconds <= LONGEST_STAY), seconds / 3600, np.nan)


def _frame(cases: Table, numbers: dict[str, np.ndarray], categories: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(numbers).astype(np.float32)
    for name in categories:
        values = cases.string(name)
        frame[name] = pd.Categorical(values, categories=sorted(values.dropna().unique()))
    return frame

"""Complications: those that a list of the anaesthetist names, and new diagnoses entered after surgery."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
import pandas as pd

from datasets.outcomes.known import where_known

NONE = "none"
PULMONARY = ("respiratory",)

# ICD-10 categories. Respiratory infection, respiratory failure, pleural effusion, atelectasis and bronchospasm (both in J98),
# pneumothorax, aspiration pneumonitis: the parts of the EPCO definition; with ARDS and respiratory disorders after procedures.
PULMONARY_CODES = frozenset(
    {"J12", "J13", "J14", "J15", "J16", "J17", "J18", "J69", "J80", "J90", "J91", "J93", "J95", "J96", "J98"}
)
# Complications of care by chapter, and what EPCO counts beside the lungs: infection, sepsis, infarction, arrest, embolism and
# thrombosis, stroke, delirium, kidney failure.
COMPLICATION_CODES = PULMONARY_CODES | frozenset(
    {
        *("T80", "T81", "T82", "T83", "T84", "T85", "T86", "T87", "T88"),
        *("E89", "G97", "H59", "H95", "I97", "K91", "M96", "N99"),
        *("A40", "A41", "N39", "I21", "I46", "I26", "I80", "I82", "I60", "I61", "I63", "I64", "F05", "N17"),
    }
)


def recorded(cases: int, case: np.ndarray, kind: np.ndarray, wanted: tuple[str, ...] | None = None) -> np.ndarray:
    """Whether a list of complications names one, of the classes wanted or of any. float32 (cases,).

    `case`, `kind` (rows,): place of the case (below 0: of no case), and the class or classes that a row names in lower case,
    `none` where it says that there was none, "" where it says nothing. `wanted`: words of which one must stand in the name.
    Unknown: a case without a row that says something.
    Source: the eleven classes of the MOVER repository (Samad M et al., JAMIA Open 2023;6:ooad084); pulmonary = respiratory.
    """
    said = np.array([bool(word) for word in kind], dtype=bool)
    named = np.array(
        [word not in ("", NONE) and (wanted is None or any(part in word for part in wanted)) for word in kind], dtype=bool
    )
    return where_known(_any(cases, case, said), _any(cases, case, named))


def new_diagnosis(
    cases: int,
    case: np.ndarray,
    day: np.ndarray,
    code: np.ndarray,
    wanted: Container[str],
    last_day: np.ndarray,
    earlier: int = 180,
) -> np.ndarray:
    """Whether a diagnosis of the wanted ICD-10 categories was first entered after the day of surgery. float32 (cases,).

    `case`, `day`, `code` (entries,): place of the case (below 0: of no case), days since that of surgery (0 = the same day,
    which cannot be told into before and after), category of three characters. `last_day` (cases,): last day looked at, NaN =
    unknown. First: the same category was not entered in the `earlier` days up to and including that of surgery. Unknown:
    a case without any entry at whatever day, for whom nobody kept a list, and one without a last day.
    Source of the choice of categories: EPCO definitions (Jammer I et al., Eur J Anaesthesiol 2015;32:88-105), coded by this
    benchmark.
    """
    frame = pd.DataFrame({"case": case, "day": day, "code": code})[np.asarray(case) >= 0]
    old = frame[(frame["day"] <= 0) & (frame["day"] >= -earlier)][["case", "code"]].drop_duplicates()
    after = frame[(frame["day"] > 0) & (frame["day"] <= last_day[frame["case"].to_numpy(dtype=np.int64)])]
    after = after[[word in wanted for word in after["code"]]]
    merged = after.merge(old, how="left", on=["case", "code"], indicator=True)
    first = merged.loc[merged["_merge"] == "left_only", "case"].to_numpy(dtype=np.int64)
    listed = _any(cases, frame["case"].to_numpy(dtype=np.int64), np.ones(len(frame), dtype=bool))
    return where_known(listed & ~np.isnan(last_day), _any(cases, first, np.ones(len(first), dtype=bool)))


def _any(cases: int, case: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Which cases have a row that a mask marks: (cases,) bool."""
    found = np.zeros(cases, dtype=bool)
    found[case[rows & (case >= 0)]] = True
    return found

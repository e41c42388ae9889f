"""Private: inputs that may say who a patient is, by their name or because nearly every case has its own value."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from datasets.checks.findings import Finding
from datasets.checks.places import Places
from datasets.cohort import Cohort

# Of those who have a value: from this share on, and with this many of them, a value is nearly one's own.
NEARLY_ALL = 0.9
FEWEST = 20

_PERSON = (
    r"(patient|pat|pt|case|person|subject|client|first|last|middle|maiden|family|given|full|fore|sur|mothers?|fathers?|next of kin)"
)
_NUMBER = r"(id|ids|nr|no|num|number|code|identifier|key)"
_KINDS = {
    "a name": rf"name|{_PERSON} ?names?|initials",
    "a date of birth": r"(date ?of ?birth|birth ?(date|day)|dob|born( on)?)",
    "a record number": rf"mrn|ssn|nhs( {_NUMBER})?|csn|fin|uid|uuid|guid|(social|national) .*{_NUMBER}|social security|"
    rf"(medical|health|hospital|patient|pat|case|caseid|record|subject|person|encounter|visit|stay|admission|hadm|insurance|"
    rf"account|chart|accession|passport)( record)? ?{_NUMBER}|(patientid|recordid|subjectid|caseid|stayid|hadmid)",
    "a telephone number": r"((tele|cell ?)?phone|mobile|fax)( ?(number|no|nr))?|tel",
    "an address": r"((home|street|postal|mailing|e ?mail|ip) ?)?address|e ?mail|street( ?name)?|zip( ?code)?|post(al)? ?code",
}


def identifying(cohort: Cohort, said: frozenset[str], where: Places) -> Iterator[Finding]:
    """Inputs that look like identifiers. What its owner has `said` to be an input is only warned of, by its name."""
    names = [("tabular", name) for name in (() if cohort.tabular is None else cohort.tabular)]
    names += [("text", name) for name in (() if cohort.text is None else cohort.text)]
    suspected = set()
    for part, name in names:
        kind = kind_by_name(str(name))
        if kind is None:
            continue
        suspected.add(name)
        if name in said:
            yield where.warning(part, name, f"is named like {kind}; it is an input because its kind was said.")
        else:
            yield where.error(part, name, f"is named like {kind}; {_remedy(part)}.")
    for name, column in () if cohort.tabular is None else cohort.tabular.items():
        if name in said or name in suspected:
            continue
        own, cases = nearly_own(column, cohort.patient)
        if own and pd.api.types.is_numeric_dtype(column):
            what = f"nearly each of {cases:,} patients has a whole number of their own, as in a record number"
            yield where.error("tabular", name, f"{what}; list the column under `ignore`, or under `numbers` if it is measured.")
        elif own:
            what = f"nearly each of {cases:,} patients has a text of their own, as in a name or record number"
            yield where.error("tabular", name, f"{what}; list the column under `ignore`, or under `text` if it is a note.")


def kind_by_name(name: str) -> str | None:
    """Which kind of identifier a column's name means, told from its words; None where it means none."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = re.sub(r"[\W_]+", " ", words).strip().lower()
    return next((kind for kind, pattern in _KINDS.items() if re.fullmatch(pattern, words)), None)


def nearly_own(column: pd.Series, patient: np.ndarray) -> tuple[bool, int]:
    """Whether nearly every patient has a value that nobody else has (text, or whole numbers), and how many have a value."""
    has = column.notna().to_numpy()
    values = column[has]
    if pd.api.types.is_numeric_dtype(column) and not (values == np.floor(values)).all():
        return False, 0
    patients = len(pd.unique(patient[has]))
    if patients < FEWEST:
        return False, patients
    return values.nunique() >= NEARLY_ALL * patients, patients


def _remedy(part: str) -> str:
    if part == "text":
        return "list the column under `ignore`, or give the field another name if it is a note"
    return "list the column under `ignore`, or under its kind (`numbers`, `categories`) if it is none"

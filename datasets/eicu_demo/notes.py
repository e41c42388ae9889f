"""Notes: entries of the source's structured forms, whose paths are written as words, one note field a kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
import pandas as pd

from datasets.eicu_demo.rows import Rows, rows
from datasets.source import Table


@dataclass(frozen=True)
class Kind:
    """One note field. `path`: columns that make the path. `value`: its last part, where that may hold the separator itself.

    `reading`: a column that, where it is a number, makes the row a measurement and no finding. `skip`: paths (a pattern) that
    only tell how the form was used.
    """

    field: str
    file: str
    times: tuple[str, ...]
    path: tuple[str, ...]
    separator: str = "|"
    value: str | None = None
    reading: str | None = None
    skip: str | None = None


# A form's own page and menu names; what a person chose stands below them.
_SCAFFOLD = {
    *("notes", "Progress Notes", "Procedure Notes", "Past History", "Organ Systems", "Systems", "Physical Exam", "Shared"),
    *("admission diagnosis", "All Diagnosis", "Diagnosis", "Organ System"),
}
_MENU = re.compile(r'Obtain Options$|^Print "')
_MARK = re.compile(r"\s*\([RA]\)(?=\s|$)")
_UNUSED = (
    r"/View and Save/|/View Options/|/Include Rx/|/Skip Screen Options|/Billing Options/|/Source of Patient Information"
    r"|Obtain Options/Performed|/GCS/Score/scored$"
)

KINDS = (
    Kind("admission_diagnosis", "admissionDx", ("admitdxenteredoffset",), ("admitdxpath",)),
    Kind(
        "past_history",
        "pastHistory",
        ("pasthistoryoffset", "pasthistoryenteredoffset"),
        ("pasthistorypath",),
        separator="/",
        value="pasthistoryvalue",
        skip=_UNUSED,
    ),
    Kind(
        "notes",
        "note",
        ("noteoffset", "noteenteredoffset"),
        ("notepath",),
        separator="/",
        value="notevalue",
        skip=_UNUSED,
    ),
    Kind(
        "examination",
        "physicalExam",
        ("physicalexamoffset",),
        ("physicalexampath",),
        separator="/",
        value="physicalexamvalue",
        reading="physicalexamtext",
        skip=_UNUSED,
    ),
    Kind("diagnoses", "diagnosis", ("diagnosisoffset",), ("diagnosisstring",)),
    Kind("treatments", "treatment", ("treatmentoffset",), ("treatmentstring",)),
    Kind("care_plan", "carePlanGeneral", ("cplitemoffset",), ("cplgroup", "cplitemvalue")),
)


def field(kind: Kind, table: Table, stays: np.ndarray) -> pd.Series:
    """The note of each case, "" where there is none: (cases,) strings.

    Its entries known before the landmark are sentences, in order of entry, ties by their words, each once.
    """
    known = rows(table, stays, kind.times).at_landmark()
    told = pd.DataFrame({"case": known.case, "known": known.known, "sentence": _sentences(kind, known)}).dropna()
    told = told.sort_values(["case", "known", "sentence"]).drop_duplicates(["case", "sentence"])
    notes = {case: " ".join(sentences) for case, sentences in told.groupby("case")["sentence"]}
    return pd.Series([notes.get(case, "") for case in range(len(stays))], dtype="str")


def _sentences(kind: Kind, known: Rows) -> list[str | None]:
    parts = [known.table.string(column) for column in kind.path]
    told = np.logical_and.reduce([part.notna().to_numpy() for part in parts])
    path = reduce(lambda above, below: above + kind.separator + below, parts)
    if kind.skip is not None:
        told &= ~path.str.contains(kind.skip, na=False).to_numpy(dtype=bool)
    if kind.reading is not None:
        told &= pd.to_numeric(known.table.string(kind.reading), errors="coerce").isna().to_numpy()
    value = known.table.string(kind.value).fillna("") if kind.value is not None else pd.Series("", index=path.index)
    return [sentence(p, v, kind.separator) if t else None for p, v, t in zip(path, value, told, strict=True)]


@lru_cache(maxsize=1 << 16)
def sentence(path: str, value: str, separator: str) -> str | None:
    """A path as words: `a|b|c` becomes `a, b: c.`; None where nothing but the form itself is left.

    The last part stands behind a colon, so that a denial such as `Allergies: No.` reads as one.
    """
    above = path.removesuffix(value) if value else path
    # With blanks on both sides it is a word of the form, not its separator: `shock / hypotension`.
    parts = re.split(rf"(?<! ){re.escape(separator)}(?! )", above)
    if above != path:
        parts.append(value)
    kept = list(_told(parts))
    if not kept:
        return None
    words = f"{', '.join(kept[:-1])}: {kept[-1]}" if len(kept) > 1 else kept[0]
    return f"{words.replace('O.R.', 'operating room').rstrip('.')}."


def _told(parts: Iterable[str]) -> Iterable[str]:
    """The parts that tell something, a repeated one once."""
    last = ""
    for part in parts:
        words = " ".join(_MARK.sub("", part).split()).rstrip(":")
        if words and words not in _SCAFFOLD and not _MENU.search(words) and words.casefold() != last:
            yield words
            last = words.casefold()

"""Notes: any number a case, joined in the order of their times, one text per case and note field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datasets.checks.findings import Finding, Tally, warning
from datasets.folder import cells
from datasets.folder.clock import Clock
from datasets.folder.description import Description
from datasets.folder.files import opened
from datasets.folder.parts import Notes
from datasets.folder.streams import Rows, before_landmark

UNKNOWN_KIND = '`kinds` does not list what the cell says; add it there, or say unknown_kinds = "leave_out" for this file.'


def read_notes(
    folder: Path, description: Description, cases: pd.Index, clock: Clock | None, found: list[Finding]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """One string column per note field, one row a case, "" = no note; and the files of each field.

    Notes of one moment stand in the order of their text, so that the order of rows in the file changes nothing.
    """
    fields = list(dict.fromkeys(field for said in description.notes for field in said.fields))
    parts = [pd.DataFrame({"place": [], "since": [], "field": [], "text": []})]
    files: dict[str, list[str]] = {field: [] for field in fields}
    for said in description.notes:
        for field in said.fields:
            files[field].append(said.file)
        parts += _read(folder, description, said, fields, cases, clock, found)
    whole = pd.concat(parts[1:] or parts, ignore_index=True).sort_values(["field", "place", "since", "text"])
    joined = whole.groupby(["field", "place"])["text"].agg("\n".join)
    found_text = {}
    for number, field in enumerate(fields):
        text = np.full(len(cases), "", dtype=object)
        mine = joined.index.get_level_values("field") == number
        text[joined.index.get_level_values("place")[mine].to_numpy(dtype=np.int64)] = joined[mine].to_numpy(dtype=object)
        found_text[field] = text
    frame = pd.DataFrame(found_text, index=range(len(cases)), dtype="str")
    return frame, {field: ", ".join(dict.fromkeys(names)) for field, names in files.items()}


def _read(
    folder: Path,
    description: Description,
    said: Notes,
    fields: list[str],
    cases: pd.Index,
    clock: Clock | None,
    found: list[Finding],
) -> list[pd.DataFrame]:
    source = opened(folder, said.file, said.separator, found)
    case = said.case or description.columns.case
    columns = [said.text, *([said.kind] if said.kind else [])]
    if source is None or [name for name in (case, said.time, *columns) if source.lacks(name, found)]:
        return []
    tally = Tally(said.file)
    parts, left_out = [], 0
    for rows in before_landmark(source, said, columns, case, cases, clock, description.missing, found):
        field, strange = _field(said, rows, fields, description.missing)
        left_out += int(strange.sum())
        if said.unknown_kinds == "refuse":
            tally.add(said.kind, UNKNOWN_KIND, rows.row[strange])
        text = cells.strings(rows.cells[said.text], description.missing)
        frame = pd.DataFrame({"place": rows.place, "since": rows.since, "field": field, "text": text})
        parts.append(frame[~strange & ~np.isnan(rows.since) & frame["text"].notna().to_numpy()])
    found.extend(tally.findings())
    if left_out and said.unknown_kinds == "leave_out":
        found.append(warning(said.file, f"{left_out:,} notes are of kinds that `kinds` does not list; left out."))
    return parts


def _field(said: Notes, rows: Rows, fields: list[str], missing: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Place of each note's field in `fields`, and which have none."""
    if said.kind is None:
        return np.full(len(rows.row), fields.index(said.fields[0])), np.zeros(len(rows.row), dtype=bool)
    listed = pd.Index(said.kinds, dtype=object).get_indexer(pd.Index(cells.strings(rows.cells[said.kind], missing), dtype=object))
    return np.array([fields.index(kind) for kind in said.kinds])[listed], listed < 0

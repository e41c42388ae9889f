"""Cohort of a folder: everything read, everything told; a cohort only where nothing grave was found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from datasets.checks import NOTE, Finding, check, errors, warnings
from datasets.checks.findings import error, gathered, warning
from datasets.checks.public import public
from datasets.cohort import Card, Cohort
from datasets.errors import Refused
from datasets.folder.clock import Clock
from datasets.folder.description import FILE, Description, described
from datasets.folder.echo import without_echo
from datasets.folder.files import opened
from datasets.folder.inputs import Inputs, read_inputs
from datasets.folder.notes import read_notes
from datasets.folder.series import read_series
from datasets.folder.tables import Tables, read_tables

MIDNIGHT = (
    "no landmark has a time of day, so each is taken as the start of its day: what is timed later on that day is left out, "
    "and what bears the day without a time counts as known."
)


@dataclass(frozen=True)
class Examined:
    """What a folder holds and what was found in it. `cohort`: None where it cannot be made; of use only without errors."""

    cohort: Cohort | None
    findings: tuple[Finding, ...]


def card_of(description: Description) -> Card:
    """The card as the description has it, before any file is read."""
    units = [f"{name} {unit}" for table in description.tables for name, unit in table.units.items()]
    return Card(
        name=description.name,
        title=description.title,
        source=description.source,
        licence=description.licence,
        citation=description.citation,
        landmark=description.landmark.text,
        outcomes=dict(description.outcomes),
        reference=description.columns.reference,
        procedure=description.columns.procedure,
        subgroups=description.columns.subgroups,
        nested=dict(description.nested),
        synthetic=description.synthetic,
        notes=(f"Units: {', '.join(units)}.",) if units else (),
    )


def examined(folder: Path) -> Examined:
    """Reads a folder whole. Refuses a description that cannot be used; all else that is wrong is told in `findings`."""
    description = described(folder)
    found: list[Finding] = []
    tables = read_tables(folder, description, found)
    cases = pd.Index([], dtype=object) if tables is None else tables.cases
    clock = None if tables is None else _clock(description, tables, found)
    if tables is None:
        # Without cases every note would be one of an unknown case; only whether its file can be opened is still told.
        for part in (*description.notes, *description.series):
            opened(folder, part.file, part.separator, found)
        return Examined(None, (*errors(gathered(found)), *warnings(found)))
    inputs = read_inputs(description, tables, clock, found)
    notes, note_files = read_notes(folder, description, cases, clock, found)
    series, variable_files = read_series(folder, description, cases, clock, found)
    outcomes = {name: tables.flags(name, found) for name in description.outcomes}
    text = pd.concat([inputs.text, notes], axis=1)
    cohort = Cohort(
        card=card_of(description),
        outcomes=pd.DataFrame({name: y for name, y in outcomes.items() if y is not None}, index=range(len(cases))),
        tabular=inputs.tabular if inputs.tabular.shape[1] else None,
        text=text if text.shape[1] else None,
        series=series,
        **_beside(description, tables, found),
    )
    found += [*_references(description, inputs), *_procedure(description, (*inputs.tabular, *text))]
    files = {"tabular": inputs.files, "text": inputs.files | note_files, "series": variable_files}
    files["outcomes"] = {name: tables.columns[name].table.file for name in description.outcomes if name in tables.columns}
    found = without_echo(found, check(cohort, said=inputs.said, files=files), description)
    told = (*errors(gathered(found)), *warnings(found))
    noted = (f"{NOTE}{public(finding)}" for finding in warnings(found))
    card = replace(cohort.card, notes=(*cohort.card.notes, *noted))
    return Examined(replace(cohort, card=card, tabular=_short(cohort.tabular)), told)


def load(folder: Path) -> Cohort:
    """The cohort of a folder; warnings stand in its card's notes, counts of a few left away. Refuses, all at once, what is wrong
    in the folder."""
    found = examined(folder)
    grave = errors(found.findings)
    if grave or found.cohort is None:
        heading = f"dataset folder {folder}: {len(grave)} error{'s' if len(grave) != 1 else ''}"
        raise Refused("\n".join([f"{heading}; nothing was started.", *(f"  {finding}" for finding in grave)]))
    return found.cohort


def _clock(description: Description, tables: Tables, found: list[Finding]) -> Clock | None:
    at = description.landmark.at
    if not isinstance(at, str):
        return Clock(np.full(len(tables.cases), at), description.landmark.unit)
    values = tables.dates_or_numbers(at, found)
    if values is None:
        return None
    clock = Clock(values, description.landmark.unit)
    unknown = int(np.isnat(values).sum() if clock.dated else np.isnan(values).sum())
    file = tables.columns[at].table.file
    timed = description.notes or description.series or any(table.times or table.measured for table in description.tables)
    if unknown and timed:
        found.append(error(file, f"{unknown:,} of {len(values):,} cases have no landmark; nothing timed can be read for them.", at))
    if clock.whole_days and (description.notes or description.series):
        found.append(warning(file, MIDNIGHT, at))
    return clock


def _beside(description: Description, tables: Tables, found: list[Finding]) -> dict[str, Any]:
    """Patient, time, centre, official test cases and scores, each (cases,) or (cases, scores)."""
    columns = description.columns
    patient = tables.codes(columns.patient, found) if columns.patient else None
    official = tables.flags(columns.official, found) if columns.official else None
    if official is not None and np.isnan(official).any():
        what = f"{int(np.isnan(official).sum()):,} cases are neither 1 (kept for testing) nor 0."
        found.append(error(tables.columns[str(columns.official)].table.file, what, columns.official))
    scores = {name: values for name in columns.scores if (values := tables.numbers(name, found)) is not None}
    return {
        "patient": np.arange(len(tables.cases)) if patient is None else patient,
        "time": _days(tables.dates_or_numbers(columns.time, found), columns.time, tables, found) if columns.time else None,
        "centre": tables.codes(columns.centre, found) if columns.centre else None,
        "official": None if official is None else official == 1,
        "reference": pd.DataFrame(scores).astype(np.float32) if scores else None,
    }


def _days(time: np.ndarray | None, name: str, tables: Tables, found: list[Finding]) -> np.ndarray | None:
    """Times as numbers; dates as days since the first one, so that no date is kept."""
    if time is None:
        return None
    found_days = (time - np.nanmin(time)) / np.timedelta64(1, "D") if time.dtype.kind == "M" else time
    unknown = int(np.isnan(found_days).sum())
    if unknown:
        what = f"{unknown:,} cases have no time; a temporal split refuses the cohort."
        found.append(warning(tables.columns[name].table.file, what, name))
    return np.asarray(found_days, dtype=np.float64)


def _references(description: Description, inputs: Inputs) -> list[Finding]:
    what = "is no input of a table; `reference` names inputs that a bedside rule would use, `scores` what is no input"
    absent = [name for name in description.columns.reference if name not in inputs.tabular]
    found = [error(f"{FILE}, columns.reference", f"'{name}' {what}.") for name in absent]
    what = "is no input of a table; `subgroups` names inputs by which reports part the patients"
    absent = [name for name in description.columns.subgroups if name not in inputs.tabular]
    return [*found, *(error(f"{FILE}, columns.subgroups", f"'{name}' {what}.") for name in absent)]


def _procedure(description: Description, inputs: Collection[str]) -> list[Finding]:
    name = description.columns.procedure
    if name is None or name in inputs:
        return []
    what = "is no input; `procedure` names the column of a table, or the note field, that says the procedure or reason of admission"
    return [error(f"{FILE}, columns.procedure", f"'{name}' {what}.")]


def _short(tabular: pd.DataFrame | None) -> pd.DataFrame | None:
    if tabular is None:
        return None
    return tabular.astype({name: np.float32 for name, column in tabular.items() if column.dtype == np.float64})

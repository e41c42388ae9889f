"""Absent: how many cases have nothing of a modality, a note field or a channel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.reporting.grid import Cell, Grid
from bench.reporting.table_one.withheld import SMALL, is_small, patients_of
from datasets import Cohort

# Notes and series of so many cases are in memory at once.
CASES_AT_ONCE = 4096


def absences(cohort: Cohort, patient: np.ndarray) -> Grid:
    """Cases without tables, notes and series, and per note field and channel; one to four patients are withheld."""
    rows = []
    for modality, part, gone in _parts(cohort):
        cases, patients = int(gone.sum()), patients_of(patient, gone)
        texts = (SMALL, SMALL) if is_small(patients) else (str(cases), f"{100 * cases / len(cohort):.1f}")
        rows.append(tuple(Cell(text) for text in (modality, part, *texts)))
    return Grid("Cases with nothing of a modality", ("modality", "part", "cases without", "%"), tuple(rows))


def _parts(cohort: Cohort) -> Iterator[tuple[str, str, np.ndarray]]:
    """Modality, part of it, and which cases have nothing of that: (cases,) bool."""
    if cohort.tabular is not None:
        yield "tabular", "all columns", ~cohort.present("tabular")
    if cohort.text is not None:
        pieces = (cohort.text.iloc[rows] for rows in _pieces(len(cohort)))
        fields = np.concatenate([piece.apply(lambda notes: notes.fillna("").str.strip().eq("")).to_numpy() for piece in pieces])
        yield "text", "all notes", np.asarray(fields.all(axis=1))
        if fields.shape[1] > 1:
            yield from (("text", str(name), fields[:, i]) for i, name in enumerate(cohort.text))
    if cohort.series is not None:
        values = cohort.series.values
        channels = np.concatenate([np.isnan(values[rows]).all(axis=1) for rows in _pieces(len(cohort))])
        yield "series", "all channels", np.asarray(channels.all(axis=1))
        yield from (("series", name, channels[:, i]) for i, name in enumerate(cohort.series.channels))


def _pieces(cases: int) -> Iterator[slice]:
    yield from (slice(start, start + CASES_AT_ONCE) for start in range(0, cases, CASES_AT_ONCE))

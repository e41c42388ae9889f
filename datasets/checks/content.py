"""Content: outcomes that cannot be learned, modalities and columns that hold nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from datasets.checks.findings import Finding, error, warning
from datasets.checks.places import Places
from datasets.cohort import Cohort

INPUTS = {"tabular": "no table has a column that is an input", "text": "no case has a note", "series": "no case has a measurement"}


def outcomes(cohort: Cohort, where: Places) -> Iterator[Finding]:
    """Outcomes without both classes, twice the same, or against what the card says that they hold."""
    if len(cohort.outcome_names) < 2:
        yield error("outcomes", f"there are {len(cohort.outcome_names)}; at least 2 are needed to learn any together.")
    for name, y in cohort.outcomes.items():
        known = y.dropna()
        if known.empty:
            yield where.error("outcomes", name, "is unknown for every case.")
        elif known.nunique() == 1:
            yield where.error("outcomes", name, f"has one class: every known case is {int(known.iloc[0])}; leave it out.")
    for one, other in combinations(cohort.outcome_names, 2):
        if cohort.outcomes[one].equals(cohort.outcomes[other]):
            yield where.warning("outcomes", other, f"is the same as '{one}' in every case.")
    for whole, parts in cohort.card.nested.items():
        for part in parts:
            if whole in cohort.outcomes and part in cohort.outcomes:
                against = int(((cohort.outcomes[part] == 1) & (cohort.outcomes[whole] == 0)).sum())
                if against:
                    yield where.warning("outcomes", whole, f"is 0 in {against:,} cases whose '{part}', which it holds, is 1.")


def contents(cohort: Cohort, where: Places) -> Iterator[Finding]:
    """Modalities without a case, columns without a value or with one value alone, cases without any input."""
    if not cohort.modalities:
        yield error("inputs", "there is no input at all: no table column, note or series.")
        return
    present = {modality: cohort.present(modality) for modality in cohort.modalities}
    for modality, cases in present.items():
        if not cases.any():
            yield error(modality, f"is empty: {INPUTS[modality]}; take it out of the description, or see what was left out.")
    bare = ~np.any(list(present.values()), axis=0)
    if bare.any() and not bare.all():
        yield warning("inputs", f"{int(bare.sum()):,} of {len(cohort):,} cases have nothing in any modality.")
    for name, column in _frame(cohort.tabular) if "tabular" in present else ():
        values = column.dropna().nunique()
        if values < 2:
            what = "has no value in any case" if values == 0 else "has one value in all cases that have any"
            yield where.warning("tabular", name, f"{what}; it says nothing.")
    for name, column in _frame(cohort.text):
        if present["text"].any() and not column.fillna("").str.strip().ne("").any():
            yield where.warning("text", name, "has no note in any case; it says nothing.")
    if cohort.series is not None and present["series"].any():
        for place, channel in enumerate(cohort.series.channels):
            if np.isnan(cohort.series.values[:, :, place]).all():
                yield where.warning("series", channel, "is measured in no case; it says nothing.")


def _frame(frame: pd.DataFrame | None) -> Iterator[tuple[object, pd.Series]]:
    return iter(()) if frame is None else iter(frame.items())

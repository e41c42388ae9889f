"""Odd cohorts: what real ones hold and a clean one does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from datasets import Cohort


def with_gaps(cohort: Cohort, seed: int = 0) -> Cohort:
    """A tenth of the table's cells, of the notes and of the measurements are missing; by turns a case has no table, no note and no
    series at all, the first three beginning."""
    rng, turn = np.random.default_rng(seed), np.arange(len(cohort)) % 9
    tabular, text, series = cohort.tabular, cohort.text, cohort.series
    if tabular is not None:
        tabular = tabular.mask((rng.random(tabular.shape) < 0.1) | (turn == 0)[:, None])
    if text is not None:
        text = text.mask((rng.random(text.shape) < 0.1) | (turn == 1)[:, None], "")
    if series is not None:
        gone = (rng.random(series.values.shape) < 0.1) | (turn == 2)[:, None, None]
        series = replace(series, values=np.where(gone, np.float32(np.nan), series.values))
    return replace(cohort, tabular=tabular, text=text, series=series)


def with_new_categories(cohort: Cohort) -> Cohort | None:
    """Every category is one that was never met before; None where there is no column of categories."""
    table = cohort.tabular
    names = [] if table is None else [str(name) for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    if table is None or not names:
        return None
    return replace(cohort, tabular=table.assign(**{name: pd.Categorical(["never met before"] * len(cohort)) for name in names}))


def as_others(cohort: Cohort) -> Cohort:
    """The same inputs, told of other patients, times and centres, and kept for testing or not the other way round."""
    last = len(cohort) + 1_000_000
    return replace(
        cohort,
        patient=last - np.arange(len(cohort), dtype=cohort.patient.dtype),
        time=None if cohort.time is None else cohort.time[::-1].copy(),
        centre=None if cohort.centre is None else cohort.centre + 1,
        official=None if cohort.official is None else ~cohort.official,
    ).known_as(cohort.inputs_key)


def unlike(cohort: Cohort) -> Cohort:
    """As many cases unlike all others, every outcome of them unknown: numbers and measurements a thousand times as large, and
    categories and words that nobody else has."""
    new, series, text = with_new_categories(cohort), cohort.series, cohort.text
    tabular = (new or cohort).tabular
    if tabular is not None:
        numbers = tabular.select_dtypes("number")
        tabular = tabular.assign(**{str(name): (numbers[name] + 1) * 1000 for name in numbers}).astype(numbers.dtypes.to_dict())
    if text is not None:
        text = pd.DataFrame("nowhere else written words", index=text.index, columns=text.columns).astype(text.dtypes)
    if series is not None:
        series = replace(series, values=(series.values + 1) * np.float32(1000))
    outcomes = pd.DataFrame(np.float32(np.nan), index=cohort.outcomes.index, columns=cohort.outcomes.columns, dtype=np.float32)
    return replace(as_others(cohort), tabular=tabular, text=text, series=series, outcomes=outcomes)


def with_unknown(cohort: Cohort, outcome: str, share: float, seed: int = 0) -> Cohort:
    """An outcome is unknown for a share of cases, drawn at random."""
    y = cohort.outcomes[outcome].mask(np.random.default_rng(seed).random(len(cohort)) < share)
    return replace(cohort, outcomes=cohort.outcomes.assign(**{outcome: y})).known_as(cohort.inputs_key)


def of_one_class(cohort: Cohort, outcome: str) -> Cohort:
    """Nobody has the outcome."""
    return replace(cohort, outcomes=cohort.outcomes.assign(**{outcome: np.float32(0)})).known_as(cohort.inputs_key)

"""Alone: one input that by itself tells an outcome nearly without fault, as what was written down after it does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from datasets.checks.findings import Finding
from datasets.checks.places import Places
from datasets.cohort import Cohort

TOO_GOOD = 0.98
# Fewer cases of a class, and chance alone comes that far now and then.
FEWEST = 5
MOST_CASES = 50_000


def telling_alone(cohort: Cohort, where: Places) -> Iterator[Finding]:
    """Warns of each input and outcome with an AUC above TOO_GOOD either way: the value, or whether there is one."""
    # Evenly spaced, as the order of cases may mean something.
    rows = np.arange(0, len(cohort), max(1, len(cohort) // MOST_CASES))
    outcomes = {str(name): y.to_numpy(dtype=np.float64)[rows] for name, y in cohort.outcomes.items()}
    for part, name, how, values in _inputs(cohort, rows):
        scores = _aucs(values, outcomes) if isinstance(values, np.ndarray) else _category_aucs(values, outcomes)
        for outcome, auc in scores.items():
            if auc > TOO_GOOD:
                what = f"{how} alone tells the outcome '{outcome}' with AUC {auc:.3f}; was it known at the landmark?"
                yield where.warning(part, name, what)


def _inputs(cohort: Cohort, rows: np.ndarray) -> Iterator[tuple[str, str, str, np.ndarray | pd.Series]]:
    """Part, name, what of it, and its values for these cases: numbers (NaN = missing), or categories."""
    for name, column in () if cohort.tabular is None else cohort.tabular.items():
        taken = column.iloc[rows]
        yield "tabular", str(name), "whether it has a value", taken.notna().to_numpy(dtype=np.float64)
        if pd.api.types.is_numeric_dtype(column):
            yield "tabular", str(name), "its value", taken.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            yield "tabular", str(name), "its category", taken
    for name, column in () if cohort.text is None else cohort.text.items():
        written = column.iloc[rows].fillna("").str.strip().ne("")
        yield "text", str(name), "whether there is a note", written.to_numpy(dtype=np.float64)
    if cohort.series is None:
        return
    for place, channel in enumerate(cohort.series.channels):
        values = cohort.series.values[rows, :, place]
        seen = ~np.isnan(values)
        count = seen.sum(axis=1)
        yield "series", channel, "how often it is measured", count.astype(np.float64)
        mean = np.where(seen, values, 0.0).sum(axis=1, dtype=np.float64) / np.where(count > 0, count, np.nan)
        yield "series", channel, "its mean", mean


def _aucs(values: np.ndarray, outcomes: dict[str, np.ndarray]) -> dict[str, float]:
    """AUC of a number for each outcome, either way round, over the cases that have both; left out with too few of a class."""
    order = np.argsort(values, kind="stable")
    order = order[: int((~np.isnan(values)).sum())]
    ordered = values[order]
    group = np.cumsum(np.append(0, ordered[1:] != ordered[:-1])) if len(ordered) else np.zeros(0, dtype=np.int64)
    found = {}
    for name, outcome in outcomes.items():
        y = outcome[order]
        ill, well = np.bincount(group, y == 1), np.bincount(group, y == 0)
        if min(ill.sum(), well.sum()) >= FEWEST:
            below = np.cumsum(well) - well
            auc = float((ill * (below + well / 2)).sum() / (ill.sum() * well.sum()))
            found[name] = max(auc, 1 - auc)
    return found


def _category_aucs(values: pd.Series, outcomes: dict[str, np.ndarray]) -> dict[str, float]:
    """AUC of a category's share of events, each case scored by the others of its category and never by its own outcome.

    score_i = (Σ_{j≠i} y_j + mean) / (n_category − 1 + 1): a category of one says nothing, however many of them there are.
    """
    code = pd.factorize(values)[0]
    found = {}
    for name, outcome in outcomes.items():
        has = (code >= 0) & ~np.isnan(outcome)
        y, at = outcome[has], code[has]
        if not has.any():
            continue
        events, cases = np.bincount(at, y), np.bincount(at)
        score = (events[at] - y + y.mean()) / cases[at]
        # Only this way round: to leave a case out turns a useless category around.
        ranks = pd.Series(score).rank().to_numpy()
        ill = int(y.sum())
        if min(ill, len(y) - ill) >= FEWEST:
            found[name] = float((ranks[y == 1].sum() - ill * (ill + 1) / 2) / (ill * (len(y) - ill)))
    return found

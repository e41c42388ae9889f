"""Draws: what every method scored and gained on each dataset of a grid, one draw of a point at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.diagnostics.transfer import Pairs, pairs
from bench.evaluation.around import Around, around, mean, normal
from bench.evaluation.incomplete import Incomplete
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, LEAST_POSITIVES
from bench.evaluation.statistics import standard_error
from bench.evaluation.tested import Fold, Tested, tested
from bench.protocol.seeds import seed
from bench.store import DatasetRecord

# What comes after the columns of the grid's axes.
COLUMNS = ("draw", "method", "outcome", "metric", "score", "low", "high", "twin", "gain", "gain_low", "gain_high", "gain_error")


@dataclass(frozen=True)
class Drawn:
    """One dataset of a grid, scored. `cases`: train, valid and test of the first fold; `versions` of libraries; `prevalence` by
    outcome, on test; `pairs`: methods with their twins; `incomplete` as in the scores."""

    table: pd.DataFrame
    cases: dict[str, int]
    versions: tuple[str, ...]
    prevalence: dict[str, float]
    pairs: Pairs
    incomplete: dict[str, Incomplete]


def drawn(record: DatasetRecord, outcomes: Sequence[str]) -> Drawn:
    """Scores and gains of the complete methods on these outcomes and their average, absolute, positive is good.

    Mean over seeds, then folds. `low`, `high`: ± 1.96 bootstrap standard errors over patients, paired for gains, unadjusted; they
    speak of these fitted models. AUPRC under LEAST_POSITIVES test positives gets none.
    """
    read = tested(record)
    found = pairs(record, read)
    places = [read.outcomes.index(outcome) for outcome in outcomes]
    whole = len(read.methods) > 0
    parts = [_fold(record, read, number, fold, places) for number, fold in read.folds.items()] if whole else []
    lines = _lines(record, read, found, outcomes, _with_average(mean(parts)), _few(read, places)) if parts else []
    metas = [cell.meta for cell in record.cells.values()]
    versions = {f"{name} {number}" for meta in metas for name, number in meta.get("versions", {}).items()}
    y = [np.concatenate([fold.y[place] for fold in read.folds.values()]) for place in places] if read.folds else []
    return Drawn(
        pd.DataFrame(lines, columns=["grid", "dataset", *record.plan["grid"]["axes"], *COLUMNS]),
        dict(metas[0]["cases"]) if metas else {},
        tuple(sorted(versions)),
        {outcome: float(np.nanmean(known)) for outcome, known in zip(outcomes, y, strict=False)},
        found,
        dict(read.incomplete),
    )


def _fold(record: DatasetRecord, read: Tested, number: int, fold: Fold, places: list[int]) -> Around:
    """Rows: methods, each the mean over its seeds."""
    p = np.stack([fold.tuned[method][:, places] for method in read.methods])
    drawn_by = seed(record.plan["protocol"]["seed"], record.name, "", number, "bootstrap/patients")
    found = around(fold.y[places], p.reshape(-1, *p.shape[2:]), fold.patient, drawn_by)
    shape = len(METRICS), len(p), p.shape[1]
    return Around(*(part.reshape(*shape, *part.shape[2:]).mean(axis=2) for part in (found.points, found.draws)))


def _with_average(found: Around) -> Around:
    return Around(*(np.concatenate([part, part.mean(axis=2, keepdims=True)], axis=2) for part in (found.points, found.draws)))


def _few(read: Tested, places: list[int]) -> list[bool]:
    """Which targets have too few test positives for an interval of AUPRC."""
    positive = [sum(int((fold.y[place] == 1).sum()) for fold in read.folds.values()) for place in places]
    return [*(count < LEAST_POSITIVES for count in positive), False]


def _lines(
    record: DatasetRecord, read: Tested, found: Pairs, outcomes: Sequence[str], scored: Around, few: Sequence[bool]
) -> list[tuple[Any, ...]]:
    place = record.plan["grid"]
    start = (place["label"], record.name, *place["axes"].values(), place["draw"])
    lines = []
    for m, metric in enumerate(METRICS):
        for r, method in enumerate(read.methods):
            twin = found.twins.get(method)
            for t, target in enumerate((*outcomes, AVERAGE)):
                hidden = metric == "auprc" and few[t]
                value, draws = float(scored.points[m, r, t]), scored.draws[m, r, t]
                score, gain = (value, *_around(value, draws, hidden)[:2]), (np.nan,) * 4
                if twin is not None:
                    other = read.methods.index(twin)
                    more = value - float(scored.points[m, other, t])
                    gain = (more, *_around(more, draws - scored.draws[m, other, t], hidden))
                lines.append((*start, method, target, metric, *score, twin or "", *gain))
    return lines


def _around(value: float, draws: np.ndarray, hidden: bool) -> tuple[float, float, float]:
    """Bounds and standard error of a value; none where it hangs on too few positives."""
    if hidden:
        return np.nan, np.nan, np.nan
    interval = normal(value, draws)
    return interval.low, interval.high, standard_error(draws)

"""Contents: what several sections of a report say of one dataset, computed once from its stored records."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.diagnostics.baseline import Baseline, baseline
from bench.diagnostics.transfer import Pairs, delta_m, pairs, transfer
from bench.evaluation.cost import cost_table
from bench.evaluation.defaults import default_table
from bench.evaluation.leader import Leader, leader, visible_differences
from bench.evaluation.metrics import METRICS
from bench.evaluation.nested import incoherence
from bench.evaluation.scores import Scores, score
from bench.evaluation.table import main_table
from bench.reporting import published
from bench.store import DatasetRecord


@dataclass(frozen=True)
class Contents:
    """Tables in long form, one dataset's. `leaders` and `visible` by metric, `visible` then by target."""

    record: DatasetRecord
    scores: Scores
    main: pd.DataFrame
    pairs: Pairs
    transfer: pd.DataFrame
    delta_m: pd.DataFrame
    baseline: Baseline
    published: pd.DataFrame
    cost: pd.DataFrame
    default: pd.DataFrame
    nested: pd.DataFrame
    leaders: dict[str, Leader | None]
    visible: dict[str, dict[str, float]]


def gather(record: DatasetRecord) -> Contents:
    """Computes everything that is told of one dataset; refuses records whose cells disagree."""
    scores = score(record)
    found = pairs(record, scores)
    return Contents(
        record=record,
        scores=scores,
        main=main_table(record, scores),
        pairs=found,
        transfer=transfer(record, scores, found.twins),
        delta_m=delta_m(record, scores, found.twins),
        baseline=baseline(record, scores),
        published=published.table(record.plan),
        cost=cost_table(record, scores),
        default=default_table(record, scores),
        nested=incoherence(record, scores),
        leaders={metric: leader(scores, metric) for metric in METRICS},
        visible={metric: visible_differences(scores, metric) for metric in METRICS},
    )

"""Baseline: how every method differs from the one that the study names."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.diagnostics.transfer import HARMED, HELPED, transfer
from bench.evaluation.scores import Scores
from bench.store import DatasetRecord

BETTER, WORSE = "better", "worse"


@dataclass(frozen=True)
class Baseline:
    """The baseline's label, None where the study names none; why there are no differences to it, None where there are; `table`:
    one line a method, target and metric, in the order of the plan."""

    label: str | None
    left_out: str | None
    table: pd.DataFrame


def baseline(record: DatasetRecord, scores: Scores) -> Baseline:
    """Differences M_t(method) − M_t(baseline) of the complete methods, absolute, positive is good, as `transfer` gives gains:
    paired 95 % intervals, unadjusted; Holm within one metric; `better` and `worse` where p_holm < 0.05."""
    label = record.plan.get("baseline")
    left_out = None
    if label is not None and label in scores.incomplete:
        left_out = "it is not complete"
    elif label is not None and label not in scores.methods:
        left_out = record.plan.get("methods_left_out", {}).get(label, "it is not in the study")
    others = [method for method in scores.methods if method != label] if label in scores.methods else []
    found = transfer(record, scores, dict.fromkeys(others, str(label)))
    table = found.rename(columns={"twin": "baseline", "gain": "difference"})
    table["verdict"] = table["verdict"].replace({HELPED: BETTER, HARMED: WORSE})
    return Baseline(label, left_out, table)

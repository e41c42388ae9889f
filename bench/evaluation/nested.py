"""Nested outcomes: how often a method gives the composite less risk than one of the outcomes it holds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.evaluation.scores import Scores
from bench.evaluation.tested import tested
from bench.store import DatasetRecord

COLUMNS = ("dataset", "method", "composite", "components", "share")


def incoherence(record: DatasetRecord, scores: Scores) -> pd.DataFrame:
    """Share of test cases with p(composite) < max p(component), which no true risk can have: mean over seeds, then folds.

    Components that were left out of the study are not looked at. No line for outcomes that are not nested.
    """
    read = tested(record)
    lines = []
    for composite, components in (record.cohort["card"].get("nested") or {}).items():
        inside = [o for o in components if o in read.outcomes]
        if composite not in read.outcomes or not inside:
            continue
        whole, parts = read.outcomes.index(composite), [read.outcomes.index(o) for o in inside]
        for method in scores.methods:
            shares = [
                float((p[:, whole] < p[:, parts].max(axis=1)).mean()) for p in (fold.tuned[method] for fold in read.folds.values())
            ]
            lines.append((record.name, method, composite, " ".join(inside), float(np.mean(shares))))
    return pd.DataFrame(lines, columns=list(COLUMNS))

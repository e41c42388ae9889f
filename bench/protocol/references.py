"""References: what is known about a dataset's test cases without any method, kept beside the plan for reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bench.protocol import large_n


def references(
    dataset: str, settings: Mapping[str, Any], truth: Any, sides: pd.DataFrame, outcomes: Sequence[str]
) -> dict[str, Any]:
    """Expected AUC and AUPRC on each fold's test cases, by reference and outcome: `oracle` (the true risks) and, where they were
    made, `large_n` (risks by plain methods from 100,000 further patients); empty without a truth."""
    if truth is None:
        return {}
    risks = truth.risks
    scores = {"large_n": large_n.predictions(dataset, settings), "oracle": risks}
    rows = sides.loc[sides["side"] == "test", "row"]
    return {
        name: {outcome: _by_fold(risks[outcome], score[outcome], sides) for outcome in outcomes}
        for name, score in scores.items()
        if score is not None and rows.max() < len(score)
    }


def _by_fold(risk: pd.Series, score: pd.Series, sides: pd.DataFrame) -> list[dict[str, float]]:
    from datasets.expected import expected_auc, expected_auprc

    found = []
    for fold, part in sides[sides["side"] == "test"].groupby("fold"):
        rows = part["row"].to_numpy()
        r, s = risk.to_numpy()[rows], score.to_numpy()[rows]
        found.append({"fold": int(str(fold)), "auc": expected_auc(r, s), "auprc": expected_auprc(r, s)})
    return found

"""References: what is known about a dataset's test cases without any method, kept beside the plan for reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from datasets.registry import entry


def references(dataset: str, settings: Mapping[str, Any], sides: pd.DataFrame, outcomes: Sequence[str]) -> dict[str, Any]:
    """Expected AUC and AUPRC of the true risks on each fold's test cases, by reference and outcome; empty without a truth."""
    found = entry(dataset)
    if found.truth is None:
        return {}
    from datasets.expected import expected_auc, expected_auprc

    risks = found.truth(**settings).risks
    oracle: dict[str, list[dict[str, float]]] = {outcome: [] for outcome in outcomes}
    for fold, part in sides[sides["side"] == "test"].groupby("fold"):
        rows = part["row"].to_numpy()
        for outcome in outcomes:
            risk = risks[outcome].to_numpy()[rows]
            oracle[outcome].append({"fold": int(str(fold)), "auc": expected_auc(risk), "auprc": expected_auprc(risk)})
    return {"oracle": oracle}

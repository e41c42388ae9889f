"""Clinical score: what a bedside rule reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from datasets import Cohort
from methods.base import Run
from methods.registry import register
from methods.tabular.logistic import Logistic

if TYPE_CHECKING:
    import optuna


@register("clinical_score", family="tabular", modalities=("tabular",), per_outcome=True, effort=0.05, card=("reference",))
class ClinicalScore(Logistic):
    """Logistic regression on what the card names as clinical reference (ASA, age, emergency) and on clinical scores (SAPS, SOFA).

    Gaps are filled with the median and marked, categories are columns of their own, all from train. `C`: inverse strength of the
    L2 penalty, on the sum of the cases' losses; the default hardly penalises a handful of columns.
    """

    def __init__(self, C: float = 1.0) -> None:
        super().__init__(C=C)

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"C": trial.suggest_float("C", 1e-3, 100.0, log=True)}

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:
        """Fits on train; raises ValueError where train holds neither a reference column nor a score, or an outcome cannot be
        learned."""
        return super().fit(bedside(train), bedside(valid), run)

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return super().predict_proba(bedside(cohort))


def bedside(cohort: Cohort) -> Cohort:
    """The same cases with a table of the card's reference columns and the clinical scores, and with nothing else."""
    table = cohort.tabular if cohort.tabular is not None else pd.DataFrame(index=range(len(cohort)))
    named = table[[name for name in cohort.card.reference if name in table]]
    scores = cohort.reference if cohort.reference is not None else pd.DataFrame(index=range(len(cohort)))
    both = pd.concat([named.add_prefix("card."), scores.add_prefix("score.")], axis=1)
    return replace(cohort, tabular=both if both.shape[1] else None, text=None, series=None)

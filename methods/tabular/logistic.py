"""L2-regularised logistic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from datasets import Cohort
from methods.base import Run
from methods.columns import TEXT_CHOICES, Matrix, fit_matrix
from methods.registry import register
from methods.tabular.per_outcome import PerOutcome

if TYPE_CHECKING:
    import optuna


@register("logistic", family="tabular", per_outcome=True, effort=0.1)
class Logistic(PerOutcome):
    """L2 logistic regression on standardised columns, one model per outcome.

    `C`: inverse strength of the penalty, on the sum of the cases' losses. `text`: how notes become columns.
    """

    def __init__(self, C: float = 0.01, text: str = "marked") -> None:
        self.C = C
        self.text = text

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {
            "C": trial.suggest_float("C", 1e-5, 10.0, log=True),
            "text": trial.suggest_categorical("text", TEXT_CHOICES),
        }

    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:  # noqa: ARG002
        from sklearn.linear_model import LogisticRegression

        self.matrix: Matrix = fit_matrix(self.columns, train, run.shared)
        known = ~np.isnan(y)
        model = LogisticRegression(C=self.C, max_iter=2000, tol=1e-5)
        return model.fit(self.matrix.rows(train)[known], y[known].astype(np.int64))

    def predict_outcome(self, model: Any, cohort: Cohort) -> np.ndarray:
        # Row sums, not a matrix product, which adds up in another order for another number of rows.
        return expit((self.matrix.rows(cohort) * model.coef_[0]).sum(axis=1) + model.intercept_[0])

    def size_of(self, model: Any) -> int:
        return int(model.coef_.size + model.intercept_.size)

"""One model for all outcomes: what trees shared over outcomes have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from scipy.special import expit

from datasets import Cohort
from methods.base import Method, Run
from methods.columns import Columns
from methods.tabular.per_outcome import some_columns
from methods.tabular.trees.labels import label, learnable


class AllOutcomes(Method):
    """Fits one model for all outcomes; a case takes part with those of its outcomes that are known."""

    text: str

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:
        """Fits on train, stops on valid; raises ValueError where train holds no input, or an outcome has one class in train
        or is never known in valid."""
        self.columns: Columns = some_columns(train, self.text, run)
        self.outcomes = len(train.outcome_names)
        for name in train.outcome_names:
            learnable(name, label(train, name), label(valid, name))
        self.model = self.fit_outcomes(train, _labels(train), valid, _labels(valid), run)
        return self

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        if not len(cohort):
            return np.empty((0, self.outcomes))
        return expit(np.asarray(self.logits(self.model, cohort), dtype=np.float64).reshape(len(cohort), self.outcomes))

    @abstractmethod
    def fit_outcomes(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        """The model; `y` (cases, outcomes) of 1, 0, NaN = unknown. Cases with no known outcome train nothing."""

    @abstractmethod
    def logits(self, model: Any, cohort: Cohort) -> np.ndarray:
        """Log-odds (cases, outcomes) of a model of `fit_outcomes`."""


def _labels(cohort: Cohort) -> np.ndarray:
    return np.column_stack([label(cohort, name) for name in cohort.outcome_names])

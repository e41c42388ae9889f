"""One model per outcome: what boosted trees and logistic regression share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np

from datasets import Cohort
from methods.base import Method, Run
from methods.columns import Columns, fit_columns
from methods.tabular.trees.labels import label, learnable


class PerOutcome(Method):
    """Fits one model for each outcome on the cases where it is known."""

    text: str

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:
        """Fits on train, stops on valid; raises ValueError where train holds no input, or an outcome has one class in train
        or is never known in valid."""
        self.columns: Columns = some_columns(train, self.text, run)
        self.models: list[Any] = []
        for name in train.outcome_names:
            y, y_valid = label(train, name), label(valid, name)
            learnable(name, y, y_valid)
            self.models.append(self.fit_outcome(train, y, valid, y_valid, run))
        return self

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        if not self.models or not len(cohort):
            return np.empty((len(cohort), len(self.models)))
        p = np.column_stack([np.asarray(self.predict_outcome(model, cohort), dtype=np.float64) for model in self.models])
        return np.clip(p, 0.0, 1.0)

    def size(self) -> int:
        """Number of coefficients or leaves over all outcomes."""
        return sum(self.size_of(model) for model in self.models)

    @abstractmethod
    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        """The model of one outcome; `y` (cases,) of 1, 0, NaN = unknown."""

    @abstractmethod
    def predict_outcome(self, model: Any, cohort: Cohort) -> np.ndarray:
        """Probabilities (cases,) of a model of `fit_outcome`."""

    @abstractmethod
    def size_of(self, model: Any) -> int:
        """Number of coefficients or leaves of a model of `fit_outcome`."""


def some_columns(train: Cohort, text: str, run: Run) -> Columns:
    """Columns fitted on train; raises ValueError where it holds no input."""
    columns = fit_columns(train, text, run.shared, run.text_encoder, run.device)
    if columns.frame(train).shape[1] == 0:
        raise ValueError("train holds no input at all: no number, category, word or measurement.")
    return columns

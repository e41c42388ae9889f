"""XGBoost: gradient-boosted trees grown level by level."""

from __future__ import annotations

from typing import Any

import numpy as np

from datasets import Cohort
from methods.base import Run
from methods.registry import register
from methods.tabular.per_outcome import PerOutcome
from methods.tabular.trees.xgboost_settings import BINS, XGBoostSettings


@register("xgboost", family="tabular", per_outcome=True, effort=0.8)
class XGBoost(XGBoostSettings, PerOutcome):
    """XGBoost (Chen and Guestrin, KDD 2016), one model per outcome, stopped on the log-loss of valid."""

    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        import xgboost

        fitted, watched = self._binned(train, y, valid, y_valid, run)
        booster = xgboost.train(
            {**self.params(run.seed), "objective": "binary:logistic"},
            fitted,
            num_boost_round=self.rounds,
            evals=[(watched, "valid")],
            early_stopping_rounds=self.patience,
            verbose_eval=False,
        )
        # The trees after the best round are dropped, so that prediction and size speak of the chosen ones.
        return booster[: booster.best_iteration + 1]

    def _binned(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> tuple[Any, Any]:
        """Binned train and valid with this outcome's labels; the bins are kept for every fit on the same known cases."""
        import xgboost

        known, known_valid = ~np.isnan(y), ~np.isnan(y_valid)
        key = ("xgboost", *self.columns.key, valid.inputs_key, known.tobytes(), known_valid.tobytes())
        if key not in run.shared:
            settings: dict[str, Any] = {**BINS, "enable_categorical": True}
            fitted = xgboost.QuantileDMatrix(self.columns.numbered(train)[known], **settings)
            run.shared[key] = (
                fitted,
                xgboost.QuantileDMatrix(self.columns.numbered(valid)[known_valid], ref=fitted, **settings),
            )
        fitted, watched = run.shared[key]
        fitted.set_label(y[known])
        watched.set_label(y_valid[known_valid])
        return fitted, watched

    def predict_outcome(self, model: Any, cohort: Cohort) -> np.ndarray:
        import xgboost

        rows = xgboost.DMatrix(self.columns.numbered(cohort), nthread=1, enable_categorical=True)
        return np.asarray(model.predict(rows))

    def size_of(self, model: Any) -> int:
        return sum(tree.count("leaf=") for tree in model.get_dump())

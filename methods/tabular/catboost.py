"""CatBoost: gradient-boosted symmetric trees with ordered statistics of categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from datasets import Cohort
from methods.base import Run
from methods.registry import register
from methods.tabular.per_outcome import PerOutcome
from methods.tabular.trees.catboost_settings import CatBoostSettings, pool


@register("catboost", family="tabular", per_outcome=True, effort=0.9)
class CatBoost(CatBoostSettings, PerOutcome):
    """CatBoost (Prokhorenkova et al., NeurIPS 2018), one model per outcome, stopped on the log-loss of valid."""

    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        import catboost

        model = catboost.CatBoost({**self.params(run.seed), "loss_function": "Logloss"})
        # Pools are not kept between fits: a pool carries its labels for good, and no other outcome may meet them.
        known, known_valid = ~np.isnan(y), ~np.isnan(y_valid)
        fitted = pool(self.columns.numbered(train)[known], y[known])
        watched = pool(self.columns.numbered(valid)[known_valid], y_valid[known_valid])
        model.fit(fitted, eval_set=watched, early_stopping_rounds=self.patience)
        return model

    def predict_outcome(self, model: Any, cohort: Cohort) -> np.ndarray:
        return np.asarray(model.predict(pool(self.columns.numbered(cohort)), prediction_type="Probability", thread_count=1))[:, 1]

    def size_of(self, model: Any) -> int:
        return int(np.sum(model.get_tree_leaf_counts()))

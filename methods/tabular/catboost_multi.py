"""CatBoost with trees that all outcomes share."""

from __future__ import annotations

from typing import Any

import numpy as np

from datasets import Cohort
from methods.base import Run
from methods.registry import register
from methods.tabular.all_outcomes import AllOutcomes
from methods.tabular.trees.catboost_settings import CatBoostSettings, pool

# One Newton step a tree where CatBoost takes ten: as good on valid, and a masked loss, which Python has to work out case by case
# in every step, is then affordable.
ONE_STEP = {"leaf_estimation_method": "Newton", "leaf_estimation_iterations": 1, "leaf_estimation_backtracking": "No"}


# CatBoost's statistics of categories are those of the first outcome alone (permuted outcomes showed it), so none is asked for.
ONE_HOT = {"one_hot_max_size": 65_535}


@register("catboost_multi", family="tabular", twin="catboost", effort=1.5)
class CatBoostMulti(CatBoostSettings, AllOutcomes):
    """CatBoost (Prokhorenkova et al., NeurIPS 2018) with loss `MultiLogloss`: each tree is split once for all outcomes.

    Stopped on the mean over outcomes of the log-loss of valid. Where an outcome is unknown for some case the same loss over known
    ones takes its place: leaf values are those of the known cases alone. Splits are scored, as always in CatBoost, by a leaf's
    gradients over its number of cases, in which a case counts for all outcomes if it is known for one.
    """

    def fit_outcomes(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        import catboost

        some, some_valid = (~np.isnan(part).all(axis=1) for part in (y, y_valid))
        y, y_valid = y[some], y_valid[some_valid]
        loss: dict[str, Any] = {"loss_function": "MultiLogloss"}
        if np.isnan(y).any() or np.isnan(y_valid).any():
            from methods.tabular.trees.masked import UNKNOWN, KnownLogLoss, MaskedLogLoss

            loss = {"loss_function": MaskedLogLoss(y.shape[1]), "eval_metric": KnownLogLoss()}
            y, y_valid = (np.nan_to_num(part, nan=UNKNOWN) for part in (y, y_valid))
        model = catboost.CatBoost({**self.params(run.seed), **ONE_STEP, **ONE_HOT, **loss})
        fitted = pool(self.columns.numbered(train)[some], y)
        watched = pool(self.columns.numbered(valid)[some_valid], y_valid)
        model.fit(fitted, eval_set=watched, early_stopping_rounds=self.patience)
        return model

    def logits(self, model: Any, cohort: Cohort) -> np.ndarray:
        rows = pool(self.columns.numbered(cohort))
        return np.asarray(model.predict(rows, prediction_type="RawFormulaVal", thread_count=1))

    def size(self) -> int:
        """Number of values in leaves: one an outcome in each."""
        return self.outcomes * int(np.sum(self.model.get_tree_leaf_counts()))

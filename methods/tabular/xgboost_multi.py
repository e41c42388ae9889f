"""XGBoost with trees that all outcomes share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from datasets import Cohort
from methods.base import Run
from methods.registry import register
from methods.tabular.all_outcomes import AllOutcomes
from methods.tabular.trees.labels import log_loss
from methods.tabular.trees.xgboost_settings import BINS, XGBoostSettings


@register("xgboost_multi", family="tabular", twin="xgboost", effort=0.8)
class XGBoostMulti(XGBoostSettings, AllOutcomes):
    """XGBoost (Chen and Guestrin, KDD 2016) with vector leaves: each tree is split once for all outcomes.

    A split's gain is the sum over outcomes t of ½ [G_L² / (H_L + λ) + G_R² / (H_R + λ) − G² / (H + λ)] (their eq. 7), a leaf holds
    −G_t / (H_t + λ) for each (eq. 5), with g = p − y and h = p (1 − p), both 0 where the outcome is unknown. Stopped on the mean
    over outcomes of the log-loss of valid. Vector leaves take no categories: each category is a column of its own. A leaf in which
    an outcome's H is below `min_child_weight` holds 0 for that outcome, where XGBoost with one outcome would not split.
    """

    def fit_outcomes(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        import xgboost

        # A case without a known outcome would still move the bins and the draws of `subsample`.
        some, some_valid = (~np.isnan(part).all(axis=1) for part in (y, y_valid))
        fitted, watched = self._binned(train, some, valid, some_valid, run)
        y, y_valid = y[some], y_valid[some_valid]

        def derivatives(logits: np.ndarray, _: Any) -> tuple[np.ndarray, np.ndarray]:
            p = expit(logits.reshape(y.shape).astype(np.float64))
            known = ~np.isnan(y)
            # XGBoost's own binary:logistic keeps h above 1e-16.
            return np.where(known, p - y, 0.0), np.where(known, np.maximum(p * (1 - p), 1e-16), 0.0)

        def loss(logits: np.ndarray, _: Any) -> tuple[str, float]:
            return "log_loss", log_loss(logits.reshape(y_valid.shape).astype(np.float64), y_valid)

        booster = xgboost.train(
            {
                **self.params(run.seed),
                "multi_strategy": "multi_output_tree",
                "num_target": y.shape[1],
                "base_score": logit(np.nanmean(y, axis=0)).tolist(),
                "disable_default_eval_metric": True,
            },
            fitted,
            num_boost_round=self.rounds,
            obj=derivatives,
            custom_metric=loss,
            evals=[(watched, "valid")],
            early_stopping_rounds=self.patience,
            maximize=False,
            verbose_eval=False,
        )
        return booster[: booster.best_iteration + 1]

    def _binned(self, train: Cohort, some: np.ndarray, valid: Cohort, some_valid: np.ndarray, run: Run) -> tuple[Any, Any]:
        """Binned train and valid, without labels; kept for every fit on the same cases."""
        import xgboost

        key = ("xgboost_multi", *self.columns.key, valid.inputs_key, some.tobytes(), some_valid.tobytes())
        if key not in run.shared:
            fitted = xgboost.QuantileDMatrix(one_hot(self.columns.frame(train))[some], **BINS)
            watched = xgboost.QuantileDMatrix(one_hot(self.columns.frame(valid))[some_valid], ref=fitted, **BINS)
            run.shared[key] = fitted, watched
        return run.shared[key]

    def logits(self, model: Any, cohort: Cohort) -> np.ndarray:
        import xgboost

        rows = xgboost.DMatrix(one_hot(self.columns.frame(cohort)), nthread=1)
        return np.asarray(model.predict(rows, output_margin=True))

    def size(self) -> int:
        """Number of values in leaves: one an outcome in each."""
        return self.outcomes * sum(tree.count("leaf=") for tree in self.model.get_dump())


def one_hot(frame: pd.DataFrame) -> np.ndarray:
    """float32 (cases, width): numbers as they are, 1 or 0 for each category, NaN for all of a column whose category is missing."""
    parts = []
    for _, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = column.cat.codes.to_numpy()[:, None]
            hot = (codes == np.arange(len(column.cat.categories))).astype(np.float32)
            parts.append(np.where(codes < 0, np.float32(np.nan), hot))
        else:
            parts.append(column.to_numpy(dtype=np.float32)[:, None])
    return np.concatenate(parts, axis=1)

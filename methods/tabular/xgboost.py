"""XGBoost: gradient-boosted trees grown level by level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from datasets import Cohort
from methods.base import Run
from methods.columns import TEXT_CHOICES
from methods.registry import register
from methods.tabular.per_outcome import PerOutcome

if TYPE_CHECKING:
    import optuna


@register("xgboost", family="tabular", per_outcome=True, effort=0.8)
class XGBoost(PerOutcome):
    """XGBoost (Chen and Guestrin, KDD 2016), one model per outcome, stopped on the log-loss of valid.

    `rounds`: most trees; training stops after `patience` without a better log-loss. The rest bear XGBoost's names.
    """

    def __init__(
        self,
        learning_rate: float = 0.05,
        max_depth: int = 4,
        min_child_weight: float = 2.0,
        subsample: float = 0.8,
        colsample_bytree: float = 0.5,
        reg_alpha: float = 1e-3,
        reg_lambda: float = 1.0,
        text: str = "marked",
        rounds: int = 600,
        patience: int = 50,
    ) -> None:
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.reg_alpha = reg_alpha
        self.reg_lambda = reg_lambda
        self.text = text
        self.rounds = rounds
        self.patience = patience

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
            "max_depth": trial.suggest_int("max_depth", 2, 8),
            "min_child_weight": trial.suggest_float("min_child_weight", 0.5, 50.0, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.1, 1.0),
            "reg_alpha": trial.suggest_float("reg_alpha", 1e-4, 10.0, log=True),
            "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 100.0, log=True),
            "text": trial.suggest_categorical("text", TEXT_CHOICES),
        }

    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        import xgboost

        fitted, watched = self._binned(train, y, valid, y_valid, run)
        params = {name: getattr(self, name) for name in self.parameter_names() if name not in ("text", "rounds", "patience")}
        booster = xgboost.train(
            {**params, "objective": "binary:logistic", "tree_method": "hist", "max_bin": 256, "nthread": 1, "seed": run.seed},
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
            settings = {"max_bin": 256, "nthread": 1, "enable_categorical": True}
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

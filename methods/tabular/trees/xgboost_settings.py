"""Settings of XGBoost, the same for trees of one outcome and of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from methods.base import Method
from methods.columns import TEXT_CHOICES

if TYPE_CHECKING:
    import optuna

BINS = {"max_bin": 256, "nthread": 1}


class XGBoostSettings(Method):
    """XGBoost's parameters under its own names; `rounds`: most trees; `patience`: rounds without a better loss on valid."""

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

    def params(self, seed: int) -> dict[str, Any]:
        """What XGBoost is told whatever the objective."""
        named = {name: getattr(self, name) for name in self.parameter_names() if name not in ("text", "rounds", "patience")}
        return {**named, "tree_method": "hist", **BINS, "seed": seed}

"""Settings and rows of CatBoost, the same for trees of one outcome and of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from methods.base import Method
from methods.columns import TEXT_CHOICES

if TYPE_CHECKING:
    import optuna

# A quarter of the borders, and no combinations of categories: no worse on valid for thousands of cases, and in less time.
COARSE = {"border_count": 64, "max_ctr_complexity": 1}


class CatBoostSettings(Method):
    """CatBoost's parameters under its own names; `rounds`: most trees; `patience`: rounds without a better loss on valid."""

    def __init__(
        self,
        learning_rate: float = 0.05,
        depth: int = 5,
        l2_leaf_reg: float = 3.0,
        random_strength: float = 1.0,
        subsample: float = 0.8,
        rsm: float = 0.3,
        text: str = "marked",
        rounds: int = 600,
        patience: int = 50,
    ) -> None:
        self.learning_rate = learning_rate
        self.depth = depth
        self.l2_leaf_reg = l2_leaf_reg
        self.random_strength = random_strength
        self.subsample = subsample
        self.rsm = rsm
        self.text = text
        self.rounds = rounds
        self.patience = patience

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
            "depth": trial.suggest_int("depth", 2, 6),
            "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 0.5, 100.0, log=True),
            "random_strength": trial.suggest_float("random_strength", 0.1, 10.0, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "rsm": trial.suggest_float("rsm", 0.1, 0.5),
            "text": trial.suggest_categorical("text", TEXT_CHOICES),
        }

    def params(self, seed: int) -> dict[str, Any]:
        """What CatBoost is told whatever the objective."""
        named = {name: getattr(self, name) for name in self.parameter_names() if name not in ("text", "rounds", "patience")}
        return {
            **named,
            "bootstrap_type": "Bernoulli",
            "iterations": self.rounds,
            **COARSE,
            "random_seed": seed,
            "thread_count": 1,
            "allow_writing_files": False,
            "logging_level": "Silent",
        }


def pool(frame: pd.DataFrame, y: np.ndarray | None = None) -> Any:
    """CatBoost's form of rows of columns, with labels (cases,) or (cases, outcomes) that hold no NaN."""
    import catboost

    categorical = [str(name) for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    # Codes, of which -1 says missing, rather than names: no name can then be taken for a missing one.
    codes: dict[str, Any] = {name: frame[name].cat.codes.astype(np.int32) for name in categorical}
    return catboost.Pool(frame.assign(**codes), y, cat_features=categorical)

"""CatBoost: gradient-boosted symmetric trees with ordered statistics of categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from datasets import Cohort
from methods.base import Run
from methods.columns import TEXT_CHOICES
from methods.registry import register
from methods.tabular.per_outcome import PerOutcome

if TYPE_CHECKING:
    import optuna

# A quarter of the borders, and no combinations of categories: no worse on valid for thousands of cases, and in less time.
COARSE = {"border_count": 64, "max_ctr_complexity": 1}


@register("catboost", family="tabular", per_outcome=True, effort=0.9)
class CatBoost(PerOutcome):
    """CatBoost (Prokhorenkova et al., NeurIPS 2018), one model per outcome, stopped on the log-loss of valid.

    `rounds`: most trees; training stops after `patience` without a better log-loss. The rest bear CatBoost's names.
    """

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

    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        import catboost

        params = {name: getattr(self, name) for name in self.parameter_names() if name not in ("text", "rounds", "patience")}
        model = catboost.CatBoost(
            {
                **params,
                "loss_function": "Logloss",
                "bootstrap_type": "Bernoulli",
                "iterations": self.rounds,
                **COARSE,
                "random_seed": run.seed,
                "thread_count": 1,
                "allow_writing_files": False,
                "logging_level": "Silent",
            }
        )
        # Pools are not kept between fits: a pool carries its labels for good, and no other outcome may meet them.
        model.fit(self._pool(train, y), eval_set=self._pool(valid, y_valid), early_stopping_rounds=self.patience)
        return model

    def _pool(self, cohort: Cohort, y: np.ndarray | None = None) -> Any:
        import catboost

        frame = self.columns.numbered(cohort)
        categorical = [str(name) for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
        # Codes, of which -1 says missing, rather than names: no name can then be taken for a missing one.
        codes: dict[str, Any] = {name: frame[name].cat.codes.astype(np.int32) for name in categorical}
        frame = frame.assign(**codes)
        if y is None:
            return catboost.Pool(frame, cat_features=categorical)
        known = ~np.isnan(y)
        return catboost.Pool(frame[known], y[known], cat_features=categorical)

    def predict_outcome(self, model: Any, cohort: Cohort) -> np.ndarray:
        return np.asarray(model.predict(self._pool(cohort), prediction_type="Probability", thread_count=1))[:, 1]

    def size_of(self, model: Any) -> int:
        return int(np.sum(model.get_tree_leaf_counts()))

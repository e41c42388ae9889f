"""LightGBM: gradient-boosted trees grown leaf by leaf."""

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

# What decides the bins; held fixed so that trials and outcomes share them, and rows that no leaf could keep stay in.
BINNING = {"max_bin": 255, "feature_pre_filter": False, "num_threads": 1, "verbosity": -1, "data_random_seed": 1}


@register("lightgbm", family="tabular", per_outcome=True, effort=0.6)
class LightGBM(PerOutcome):
    """LightGBM (Ke et al., NeurIPS 2017), one model per outcome, stopped on the log-loss of valid.

    `rounds`: most trees; training stops after `patience` without a better log-loss. The rest bear LightGBM's names.
    """

    def __init__(
        self,
        learning_rate: float = 0.05,
        num_leaves: int = 15,
        min_child_samples: int = 20,
        subsample: float = 0.8,
        colsample_bytree: float = 0.5,
        reg_alpha: float = 1e-3,
        reg_lambda: float = 1.0,
        text: str = "marked",
        rounds: int = 600,
        patience: int = 50,
    ) -> None:
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
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
            "num_leaves": trial.suggest_int("num_leaves", 3, 63, log=True),
            "min_child_samples": trial.suggest_int("min_child_samples", 5, 200, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.1, 1.0),
            "reg_alpha": trial.suggest_float("reg_alpha", 1e-4, 10.0, log=True),
            "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 100.0, log=True),
            "text": trial.suggest_categorical("text", TEXT_CHOICES),
        }

    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        import lightgbm

        fitted, watched = self._binned(train, y, valid, y_valid, run)
        params = {name: getattr(self, name) for name in self.parameter_names() if name not in ("text", "rounds", "patience")}
        return lightgbm.train(
            {
                **BINNING,
                **params,
                "objective": "binary",
                "subsample_freq": 1,
                "seed": run.seed,
                "deterministic": True,
                "force_row_wise": True,
            },
            fitted,
            num_boost_round=self.rounds,
            valid_sets=[watched],
            callbacks=[lightgbm.early_stopping(self.patience, verbose=False)],
        )

    def _binned(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> tuple[Any, Any]:
        """Binned train and valid with this outcome's labels; the bins are kept for every fit on the same known cases."""
        import lightgbm

        known, known_valid = ~np.isnan(y), ~np.isnan(y_valid)
        key = ("lightgbm", *self.columns.key, valid.inputs_key, known.tobytes(), known_valid.tobytes())
        if key not in run.shared:
            fitted = lightgbm.Dataset(self.columns.numbered(train)[known], label=y[known], params=BINNING).construct()
            watched = fitted.create_valid(
                self.columns.numbered(valid)[known_valid], label=y_valid[known_valid], params=BINNING
            ).construct()
            run.shared[key] = fitted, watched
        fitted, watched = run.shared[key]
        return fitted.set_label(y[known]), watched.set_label(y_valid[known_valid])

    def predict_outcome(self, model: Any, cohort: Cohort) -> np.ndarray:
        return np.asarray(model.predict(self.columns.numbered(cohort), num_threads=1))

    def size_of(self, model: Any) -> int:
        trees = model.dump_model(num_iteration=model.best_iteration)["tree_info"]
        return sum(int(tree["num_leaves"]) for tree in trees)

"""Methods as strangers bring them: one that keeps the contract, and many that break it in one way each."""

from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from sklearn.linear_model import LogisticRegression

from datasets import Cohort
from methods import Method, Run


class Honest(Method):
    """Logistic regression on numbers and on the sexes seen in train, gaps filled with the median."""

    def __init__(self, C: float = 1.0, steps: int = 2) -> None:
        self.C = C
        self.steps = steps

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"C": trial.suggest_float("C", 0.01, 100.0, log=True)}

    def rows(self, cohort: Cohort) -> np.ndarray:
        table = cohort.tabular
        if table is None:
            return np.zeros((len(cohort), len(self.median)))
        numbers = table.select_dtypes("number").to_numpy(np.float64)
        filled = np.where(np.isnan(numbers), self.median[: numbers.shape[1]], numbers)
        return np.column_stack([filled, (table["sex"] == "female").to_numpy(np.float64)])

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        for step in range(self.steps):
            run.report(step, 0.5)
        self.learn(train)
        return self

    def learn(self, train: Cohort) -> None:
        numbers = np.zeros((len(train), 1)) if train.tabular is None else train.tabular.select_dtypes("number").to_numpy(np.float64)
        self.median = np.append(np.nanmedian(numbers, axis=0), 0.0)
        x = self.rows(train)
        self.mean, self.spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
        self.models = [self.model(x, self.known(train.outcomes[name].to_numpy(np.float64))) for name in train.outcome_names]

    def known(self, y: np.ndarray) -> np.ndarray:
        return y

    def model(self, x: np.ndarray, y: np.ndarray) -> LogisticRegression:
        known = ~np.isnan(y)
        return LogisticRegression(C=self.C).fit(((x - self.mean) / self.spread)[known], y[known])

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        x = (self.rows(cohort) - self.mean) / self.spread
        z = np.column_stack([(x * m.coef_[0]).sum(axis=1) + m.intercept_[0] for m in self.models])
        return 1 / (1 + np.exp(-z))


class Shapeless(Honest):
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return super().predict_proba(cohort)[:, 0]


class NotANumber(Honest):
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return np.full_like(super().predict_proba(cohort), np.nan)


class Logits(Honest):
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p = super().predict_proba(cohort)
        return np.log(p / (1 - p))


class Short(Honest):
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return super().predict_proba(cohort).astype(np.float32)


class Reading(Honest):
    """Reads outcomes where it is asked for predictions, and crashes as there are none."""

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return cohort.outcomes[["outcome_1"]].to_numpy(np.float64)


class Silent(Honest):
    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        super().fit(train, valid, run)


class Deaf(Honest):
    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        try:
            return super().fit(train, valid, run)
        except Exception:
            return super().fit(train, valid, Run())


class Translating(Honest):
    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        try:
            return super().fit(train, valid, run)
        except optuna.TrialPruned:
            raise RuntimeError("training failed") from None


class Seeding(Honest):
    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        np.random.seed(run.seed)
        return super().fit(train, valid, run)


class SeedingTorch(Honest):
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        import torch

        torch.manual_seed(0)
        return super().predict_proba(cohort)


class Drawing(Honest):
    def model(self, x: np.ndarray, y: np.ndarray) -> LogisticRegression:
        return super().model(x + 0.01 * np.random.normal(size=x.shape), y)


class Sharing(Honest):
    """Keeps what it learned under a key that does not name what it was learned from."""

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        self.kept = run.shared.setdefault("scale", float(train.tabular["lactate"].iloc[0]) * len(train.outcome_names))
        return super().fit(train, valid, run)

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return super().predict_proba(cohort) * (0.99 + 0.001 * np.tanh(self.kept))


class Elsewhere(Honest):
    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"penalty": trial.suggest_float("penalty", 0.1, 1.0)}


class Outside(Honest):
    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"C": trial.suggest_float("C", 2.0, 3.0)}


class Unfittable(Honest):
    """Some of its search space cannot be fitted."""

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"C": trial.suggest_float("C", -100.0, 1.0)}


class AnyName(Honest):
    def __init__(self, C: float = 1.0, **others: Any) -> None:
        super().__init__(C)


class Changing(Honest):
    def __init__(self, C: float = 1.0) -> None:
        super().__init__(max(C, 1.0))


class Normalising(Honest):
    """Standardises by the cases of the call."""

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        if len(cohort):
            x = self.rows(cohort)
            self.mean, self.spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
        return super().predict_proba(cohort)


class InOrder(Honest):
    """Takes the place of a case for a finding."""

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return super().predict_proba(cohort) * (1 - 0.1 * np.arange(len(cohort))[:, None] / 10_000)


class ByPatient(Honest):
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return super().predict_proba(cohort) * (1 - 0.1 * (cohort.patient % 2)[:, None])


class Peeking(Honest):
    """Takes the outcomes where it finds them."""

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p = super().predict_proba(cohort)
        return p if not cohort.outcomes.shape[1] else np.nan_to_num(cohort.outcomes.to_numpy(np.float64), nan=0.5)


class Knowing(Honest):
    """Believes a rule that it brought along more than what it is taught."""

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p = super().predict_proba(cohort)
        level = np.zeros(len(cohort)) if cohort.tabular is None else cohort.tabular["lactate"].fillna(0).to_numpy(np.float64)
        p[:, 1:] = 0.9 * p[:, 1:] + 0.1 / (1 + np.exp(-10 * level))[:, None] if p.shape[1] == 10 else p[:, 1:]
        return p


class ScalingByBoth(Honest):
    """Takes means and spreads from valid, too."""

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        self.both = None if train.tabular is None or valid.tabular is None else pd.concat([train.tabular, valid.tabular])
        return super().fit(train, valid, run)

    def rows(self, cohort: Cohort) -> np.ndarray:
        x = super().rows(cohort)
        return x if self.both is None else x - np.append(np.nan_to_num(self.both.select_dtypes("number").mean().to_numpy()), 0.0)

    def model(self, x: np.ndarray, y: np.ndarray) -> LogisticRegression:
        return super().model(x + self.mean, y)


class RankingManyCases(Honest):
    """Ranks the cases of a call by their table, once there are many."""

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p = super().predict_proba(cohort)
        return p if len(p) <= 150 else p.argsort(axis=0).argsort(axis=0) / len(p)


class LearningFromValid(Honest):
    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        for step in range(self.steps):
            run.report(step, 0.5)
        frames = {
            name: pd.concat([getattr(train, name), getattr(valid, name)], ignore_index=True) for name in ("tabular", "outcomes")
        }
        self.learn(Cohort(train.card, np.concatenate([train.patient, valid.patient]), **frames))
        return self


class Filling(Honest):
    """Fills the gaps of the cohort itself."""

    def learn(self, train: Cohort) -> None:
        train.tabular["lactate"] = train.tabular["lactate"].fillna(0)
        super().learn(train)


class Correcting(Honest):
    """Changes the cases that it is asked for."""

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p = super().predict_proba(cohort)
        cohort.patient[:1] = 0
        return p


class CompleteOutcomes(Honest):
    def known(self, y: np.ndarray) -> np.ndarray:
        return y.astype(np.int64) if not np.isnan(y).any() else int("unknown")


class UnknownIsNo(Honest):
    def known(self, y: np.ndarray) -> np.ndarray:
        return np.nan_to_num(y)


class Complete(Honest):
    def rows(self, cohort: Cohort) -> np.ndarray:
        assert cohort.tabular.notna().all(axis=None), "a value is missing"
        return super().rows(cohort)


class Known(Honest):
    """Knows two sexes."""

    def rows(self, cohort: Cohort) -> np.ndarray:
        sexes = [{"female": 1, "male": 0}[sex] for sex in cohort.tabular["sex"].dropna()]
        assert set(sexes) <= {0, 1}
        return super().rows(cohort)


class TwoClasses(Honest):
    """Crashes where an outcome has one class."""

    def model(self, x: np.ndarray, y: np.ndarray) -> LogisticRegression:
        np.unique(y[~np.isnan(y)])[[1]]
        return super().model(x, y)


class OneClassIsAll(Honest):
    """Takes the only class for the second one."""

    def model(self, x: np.ndarray, y: np.ndarray) -> LogisticRegression:
        if len(np.unique(y[~np.isnan(y)])) > 1:
            return super().model(x, y)
        made = LogisticRegression()
        made.coef_, made.intercept_ = np.zeros((1, x.shape[1])), np.array([9.0])
        return made


class SomeCases(Honest):
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        if not len(cohort):
            raise IndexError("nobody")
        return super().predict_proba(cohort)


class TurnedRound(Honest):
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return 1 - super().predict_proba(cohort)


class Writing(Honest):
    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        Path("model.log").write_text("fitted")
        return super().fit(train, valid, run)


class OneNote(Honest):
    """Needs the note of each case."""

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        assert len(cohort.text["note"]) == len(cohort)
        return super().predict_proba(cohort)


class NotAMethod:
    """Derives from nothing."""

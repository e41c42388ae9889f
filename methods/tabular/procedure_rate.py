"""Procedure rate: what is known of a case whose procedure alone is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from datasets import Cohort
from methods.base import Method, Run
from methods.registry import register
from methods.tabular.trees.labels import label, learnable

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Rates:
    """One outcome's rate by procedure, and its overall rate, for procedures that train does not know."""

    by_procedure: pd.Series
    overall: float


@register("procedure_rate", family="tabular", modalities=("tabular", "text"), per_outcome=True, effort=0.02, card=("procedure",))
class ProcedureRate(Method):
    """The outcome's rate among train cases of the same procedure, drawn towards the overall rate.

    p = (r + m p₀) / (n + m), with r positives among the n known cases of the procedure and p₀ the overall rate (the m-estimate,
    Cestnik, ECAI 1990): the posterior mean under a beta prior of mean p₀ and strength `m`, in cases. A procedure that train does
    not know, or that is missing, has p₀.
    """

    def __init__(self, m: float = 20.0) -> None:
        self.m = m

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"m": trial.suggest_float("m", 1.0, 1000.0, log=True)}

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:  # noqa: ARG002
        """Counts in train; raises ValueError where no column of it names the procedure, or an outcome cannot be learned."""
        named = procedures(train)
        if named.isna().all():
            raise ValueError(f"train names no procedure: column '{train.card.procedure}' of the card is absent or empty.")
        self.rates: list[Rates] = []
        for name in train.outcome_names:
            y = label(train, name)
            learnable(name, y, label(valid, name))
            overall = float(np.nanmean(y))
            found = pd.Series(y).groupby(named).agg(["sum", "count"])
            self.rates.append(Rates((found["sum"] + self.m * overall) / (found["count"] + self.m), overall))
        return self

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        named = procedures(cohort)
        p = [named.map(rates.by_procedure).fillna(rates.overall).to_numpy(dtype=np.float64) for rates in self.rates]
        return np.column_stack(p) if p else np.empty((len(cohort), 0))

    def size(self) -> int:
        """Number of rates: one a procedure of train and one overall, for each outcome."""
        return sum(len(rates.by_procedure) + 1 for rates in self.rates)


def procedures(cohort: Cohort) -> pd.Series:
    """The procedure of each case in lower case with single spaces, NaN where there is none: (cases,)."""
    name = cohort.card.procedure
    for part in (cohort.tabular, cohort.text):
        if part is not None and name in part:
            column = part[name].reset_index(drop=True)
            words = column.astype(object).where(column.notna(), "").map(lambda value: " ".join(str(value).lower().split()))
            return words.where(words != "", np.nan)
    return pd.Series(np.full(len(cohort), np.nan), dtype=object)

"""Methods that take no time, as a stranger's plug-in would bring them."""

import os
import time

import numpy as np

from methods import Method, Run, register


@register("most_common", family="other", modalities=("tabular",))
class MostCommon(Method):
    """The prevalence in train, moved a little by age."""

    def __init__(self, weight=0.01, pause=0.0):
        self.weight = weight
        self.pause = pause

    @staticmethod
    def search_space(trial):
        return {"weight": trial.suggest_float("weight", 0.0, 0.1)}

    def fit(self, train, valid, run=Run()):
        for _ in range(int(self.pause * 100)):
            time.sleep(0.01)
        self.rate = np.nanmean(train.outcomes.to_numpy(), axis=0)
        return self

    def predict_proba(self, cohort):
        age = cohort.tabular["age_years"].fillna(60).to_numpy()
        return np.clip(self.rate + self.weight * (age[:, None] - 60) / 40, 0, 1)


@register("needs_table", family="other", modalities=("tabular", "text"))
class NeedsTable(MostCommon):
    """Cannot do without the table."""

    def predict_proba(self, cohort):
        if cohort.tabular["age_years"].isna().all():
            raise LookupError("no age at all")
        return super().predict_proba(cohort)


@register("broken", family="other")
class Broken(Method):
    """Raises, with a patient's value in the words of its error; [brackets] are no markup."""

    def fit(self, train, valid, run=Run()):
        raise RuntimeError(f"SECRET {train.text.iloc[0].tolist()}")

    def predict_proba(self, cohort):
        return np.zeros((len(cohort), 1))


@register("not_a_number", family="other")
class NotANumber(Broken):
    """Predicts NaN."""

    def fit(self, train, valid, run=Run()):
        self.outcomes = len(train.outcome_names)
        return self

    def predict_proba(self, cohort):
        return np.full((len(cohort), self.outcomes), np.nan)


@register("suicidal", family="other")
class Suicidal(NotANumber):
    """Its process is killed, as by the kernel when memory runs out."""

    def fit(self, train, valid, run=Run()):
        os.kill(os.getpid(), 9)

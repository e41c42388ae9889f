"""Methods that cheat in a run: nothing of it is to be seen where the test's own process is looked through."""

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from datasets import cache
from methods import Method, Run, register


@register("honest", modalities=("tabular",))
class Honest(Method):
    """Logistic regression on the numbers."""

    def fit(self, train, valid, run=Run()):
        self.run, self.names = run, train.outcome_names
        x = self.numbers(train)
        self.models = [LogisticRegression(C=0.1).fit(x, train.outcomes[name]) for name in self.names]
        return self

    def predict_proba(self, cohort):
        return np.column_stack([model.predict_proba(self.numbers(cohort))[:, 1] for model in self.models])

    def numbers(self, cohort):
        return (cohort.tabular.select_dtypes("number") / 100).to_numpy(np.float64)


class Peeking(Honest):
    """Takes the outcomes of the cases that it is asked for from wherever `known` finds them."""

    def known(self):
        """Outcomes by patient code, or None."""

    def predict_proba(self, cohort):
        found = self.known()
        if found is None or not np.isin(cohort.patient, found.index).all():
            return super().predict_proba(cohort)
        return found.loc[cohort.patient, list(self.names)].to_numpy(np.float64)


def by_patient(cohort):
    return cohort.outcomes.set_axis(cohort.patient)


def frames():
    """The variables of all callers."""
    frame = sys._getframe()
    while frame := frame.f_back:
        yield from list(frame.f_locals.values())


@register("reads_the_cache", modalities=("tabular",))
class ReadsTheCache(Peeking):
    """Looks where workers open their cohorts."""

    def known(self):
        home = Path(os.environ.get("CLINICAL_MTL_CACHE", "."))
        return next((by_patient(cache.read(file.parent)) for file in home.glob("*/meta.json")), None)


@register("asks_its_callers", modalities=("tabular",))
class AsksItsCallers(Peeking):
    """Finds the cell that it is run for, and from there the cohort."""

    def known(self):
        cells = [thing for thing in frames() if type(thing).__name__ == "Cell"]
        return by_patient(cache.read(cells[0].cohort)) if cells else None


@register("copies_its_neighbour", modalities=("tabular",))
class CopiesItsNeighbour(Peeking):
    """Finds the study's folder by what it logs to, or by its callers, and there what was stored of another method."""

    def known(self):
        for cell in (thing for thing in frames() if type(thing).__name__ == "Cell"):
            for file in cell.place.folder.glob("*/fold-*/predictions.parquet"):
                return pd.read_parquet(file).pivot_table(index="patient", columns="outcome", values="y")
        return None


@register("only_at_work", modalities=("tabular",))
class OnlyAtWork(Peeking):
    """Honest until it stands in a worker's process, whose first line tells it where the cohort lies."""

    def known(self):
        main = sys.modules["__main__"]
        if "worker" not in str(getattr(main, "__file__", "")):
            return None
        return next((by_patient(cache.read(c.cohort)) for c in frames() if hasattr(c, "cohort") and hasattr(c, "split")), None)


@register("hides_its_failure", modalities=("tabular",))
class HidesItsFailure(ReadsTheCache):
    """Looks where workers open their cohorts, and is content where it finds nothing."""

    def known(self):
        try:
            return super().known()
        except OSError:
            return None


try:
    BEFORE = HidesItsFailure().known() if "CLINICAL_MTL_CACHE" in os.environ else None
except ValueError:
    BEFORE = None


@register("reads_as_it_is_imported", modalities=("tabular",))
class ReadsAsItIsImported(Peeking):
    """Has looked before anything of it was called."""

    def known(self):
        return BEFORE


@register("learns_from_test", modalities=("tabular",))
class LearnsFromTest(Honest):
    """Takes means from all cases of the cohort, those of test among them; knows no outcome that it should not."""

    def numbers(self, cohort):
        home = Path(os.environ.get("CLINICAL_MTL_CACHE", "."))
        files = list(home.glob("*/tabular.feather"))
        whole = pd.read_feather(files[0]) if files else cohort.tabular
        numbers = cohort.tabular.select_dtypes("number")
        return ((numbers - whole[list(numbers)].mean()) / 100).to_numpy(np.float64)

"""What each modality of the synthetic surgical cohort is worth, and what reading negation is worth, to logistic regression."""

from __future__ import annotations

import re
import warnings
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from datasets.cohort import Cohort
from datasets.expected import expected_auc
from datasets.surgical import cohort, world
from datasets.surgical.risk import OUTCOMES

MODALITIES = ("tabular", "text", "series")
DENIED = re.compile(r"^(no|denies|pt denies|without|negative|-ve|nil|free)\b|: (denied|absent|no)\b")


def words(note: str, marked: bool) -> list[str]:
    """A note's words; marked: those in the scope of a denial are other words."""
    found = []
    for sentence in note.lower().split(". "):
        denied, _, behind = sentence.partition(", but ")
        mark = "_not" if marked and DENIED.search(sentence) else ""
        found += [word + mark for word in re.findall(r"\w+", denied)] + re.findall(r"\w+", behind)
    return found


def joined(made: Cohort) -> list[str]:
    assert made.text is not None
    return (made.text["preoperative_note"] + " " + made.text["anaesthesia_note"]).tolist()


def charted(made: Cohort) -> np.ndarray:
    table = pd.get_dummies(made.tabular, dtype=float)
    gaps = table.loc[:, ["fev1_percent_predicted", "lactate_mmol_l", "crp_mg_l"]].isna()
    return np.column_stack([table.fillna(table.median()), gaps])


def summarised(made: Cohort) -> np.ndarray:
    assert made.series is not None
    values = made.series.values.astype(np.float64)
    course = np.arange(48) - 23.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # patients without a series
        mean = np.nanmean(values, axis=1)
        parts = [mean, np.nanstd(values, axis=1), np.nanmin(values, axis=1)]
    parts.append(np.nansum((values - mean[:, None]) * course[None, :, None], axis=1))
    return np.column_stack([np.where(np.isnan(part), np.nanmedian(part, axis=0), part) for part in parts])


class Slice:
    """Train and test patients of one replicate as matrices by modality, with outcomes and true risks."""

    def __init__(self, replicate: int, train: int, test: int) -> None:
        here = world("surgical", replicate)
        made, other = cohort.make(here, train), cohort.make(here, test, "test")
        self.outcomes = made.outcomes.to_numpy()
        self.risks = cohort.truth(here, test, "test").risks.to_numpy()
        self.sides = {}
        for name, dense in (("tabular", charted), ("series", summarised)):
            scaler = StandardScaler()
            self.sides[name] = tuple(
                sparse.csr_matrix(x) for x in (scaler.fit_transform(dense(made)), scaler.transform(dense(other)))
            )
        for name, marked in (("text", True), ("bag", False)):
            vectoriser = CountVectorizer(analyzer=lambda note, marked=marked: words(note, marked), binary=True, min_df=20)
            self.sides[name] = (vectoriser.fit_transform(joined(made)), vectoriser.transform(joined(other)))

    def auc(self, *names: str) -> float:
        """Mean over outcomes of the expected AUC of logistic regression on these inputs."""
        train, test = (sparse.hstack([self.sides[name][side] for name in names]).tocsr() for side in (0, 1))
        found = []
        for number, _ in enumerate(OUTCOMES):
            model = LogisticRegression(C=0.01, max_iter=500, tol=1e-3).fit(train, self.outcomes[:, number])
            found.append(expected_auc(self.risks[:, number], model.predict_proba(test)[:, 1]))
        return float(np.mean(found))


@cache
def slices(replicates: int, train: int, test: int) -> list[Slice]:
    return [Slice(replicate, train, test) for replicate in range(replicates)]


SIZES = [pytest.param(2, 4000, 4000, id="slice"), pytest.param(5, 9944, 12_430, id="full", marks=pytest.mark.soak)]


@pytest.mark.parametrize(("replicates", "train", "test"), SIZES)
def test_each_modality_adds(replicates, train, test):
    made = slices(replicates, train, test)
    three = np.mean([one.auc(*MODALITIES) for one in made])
    for pair in combinations(MODALITIES, 2):
        assert three > np.mean([one.auc(*pair) for one in made]) + 0.001, pair


@pytest.mark.parametrize(("replicates", "train", "test"), SIZES)
def test_reading_negation_is_worth_a_tenth_of_auc_on_notes_alone_and_a_hundredth_on_all(replicates, train, test):
    made = slices(replicates, train, test)
    marked, bag = (np.mean([one.auc(name) for one in made]) for name in ("text", "bag"))
    assert marked - bag > 0.1
    marked, bag = (np.mean([one.auc("tabular", name, "series") for one in made]) for name in ("text", "bag"))
    assert marked - bag > 0.01

"""Nothing leaks: methods that learn from shuffled outcomes stay at chance on the true ones."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_1samp

import datasets
from bench.protocol.split import Split
from datasets import Cohort
from methods.base import Run
from methods.registry import CORE, entry
from methods.scores import auc, macro

SHUFFLES = 10


def shuffled(cohort: Cohort, rng: np.random.Generator) -> Cohort:
    rows = rng.permutation(len(cohort))
    return dataclasses.replace(cohort, outcomes=cohort.outcomes.iloc[rows].reset_index(drop=True))


def auc_after_shuffling(name: str, shuffles: int, seed: int = 0) -> np.ndarray:
    cohort = datasets.load("surgical", Path(), patients=1500, replicate=seed)
    sides = Split("holdout", seed=seed).sides(cohort, "surgical")
    train, valid, test = (cohort.take(sides.loc[sides["side"] == side, "row"].to_numpy()) for side in ("train", "valid", "test"))
    y, rng, found = test.outcomes.to_numpy(np.float64), np.random.default_rng(seed), []
    for number in range(shuffles):
        method = entry(name).build().fit(shuffled(train, rng), shuffled(valid, rng), Run(seed=number))
        found.append(macro(auc, y, method.predict_proba(test.hide_outcomes())))
    return np.array(found)


def refuse_unless_chance(found: np.ndarray, methods: int) -> None:
    """Fails where the mean lies off chance by Student's t test at 1 %, shared by so many methods (Bonferroni).

    Below chance no outcome leaks, but a method may be a little: patients who lie apart are mostly told to be without event. `ple`
    has .485 (standard error .009) over thirty other seeds.
    """
    p = float(ttest_1samp(found, 0.5).pvalue)
    assert p > 0.01 / methods, f"mean AUC {found.mean():.3f} of {found.round(3).tolist()}: p = {p:.5f}"


@pytest.mark.soak
@pytest.mark.parametrize("name", CORE)
def test_the_mean_of_ten_shuffles_is_chance(name: str) -> None:
    refuse_unless_chance(auc_after_shuffling(name, SHUFFLES), len(CORE))


def test_the_mean_of_ten_shuffles_is_chance_for_the_quickest() -> None:
    refuse_unless_chance(auc_after_shuffling("logistic", SHUFFLES), 1)


def test_what_is_not_chance_is_refused() -> None:
    rng = np.random.default_rng(0)
    refuse_unless_chance(rng.normal(0.5, 0.03, SHUFFLES), 1)
    with pytest.raises(AssertionError, match="mean AUC"):
        refuse_unless_chance(rng.normal(0.57, 0.03, SHUFFLES), len(CORE))

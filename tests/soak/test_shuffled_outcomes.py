"""Nothing leaks: methods that learn from shuffled outcomes stay at chance on the true ones."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

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


@pytest.mark.soak
@pytest.mark.parametrize("name", CORE)
def test_the_mean_of_ten_shuffles_is_chance(name: str) -> None:
    found = auc_after_shuffling(name, SHUFFLES)
    assert abs(found.mean() - 0.5) < 3 * found.std(ddof=1) / np.sqrt(SHUFFLES)


def test_the_mean_of_ten_shuffles_is_chance_for_the_quickest() -> None:
    found = auc_after_shuffling("logistic", SHUFFLES)
    assert abs(found.mean() - 0.5) < 3 * found.std(ddof=1) / np.sqrt(SHUFFLES)

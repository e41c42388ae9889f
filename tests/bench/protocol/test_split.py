"""Splits: patients move whole, outcomes stay balanced, sides partition the cases."""

import numpy as np
import pandas as pd
import pytest

from bench.protocol.split import positives, split, split_hash, subsample


def cases(patients: int = 2000, seed: int = 0) -> tuple[np.ndarray, pd.DataFrame]:
    """Two cases for every third patient; one outcome of 1 %, one half unknown."""
    rng = np.random.default_rng(seed)
    patient = np.sort(np.concatenate([np.arange(patients), np.arange(0, patients, 3)]))
    y = (rng.random((len(patient), 3)) < [0.2, 0.05, 0.01]).astype(np.float32)
    y[rng.random(len(patient)) < 0.5, 1] = np.nan
    return patient, pd.DataFrame(y, columns=["common", "half_known", "rare"])


@pytest.mark.parametrize(("folds", "repeats"), [(1, 1), (1, 3), (5, 2)])
def test_sides_partition_cases_and_keep_patients_whole(folds: int, repeats: int) -> None:
    patient, y = cases()
    sides = split(patient, y, folds, repeats, 0, "d")
    assert sorted(sides["fold"].unique()) == list(range(folds * repeats))
    for _, part in sides.groupby("fold"):
        assert sorted(part["row"]) == list(range(len(patient)))
        assert part.groupby("patient")["side"].nunique().max() == 1
        share = part["side"].value_counts(normalize=True)
        assert share["test"] == pytest.approx(0.2, abs=0.01)
        assert share["valid"] == pytest.approx(0.2, abs=0.01)


def test_k_folds_test_every_case_once() -> None:
    patient, y = cases()
    sides = split(patient, y, 5, 1, 0, "d")
    assert sorted(sides.loc[sides["side"] == "test", "row"]) == list(range(len(patient)))


def test_an_outcome_of_one_percent_is_spread_over_the_sides() -> None:
    patient, y = cases(6000)
    sides = split(patient, y, 5, 1, 0, "d")
    total = int((y["rare"] == 1).sum())
    for _, part in sides[sides["side"] == "test"].groupby("fold"):
        assert abs(int((y["rare"].to_numpy()[part["row"]] == 1).sum()) - total / 5) <= 2


def test_repeats_differ_and_the_same_seed_gives_the_same_split() -> None:
    patient, y = cases()
    sides = split(patient, y, 1, 2, 0, "d")
    first, second = (set(part.loc[part["side"] == "test", "row"]) for _, part in sides.groupby("fold"))
    assert first != second
    assert split_hash(sides) == split_hash(split(patient, y, 1, 2, 0, "d").sample(frac=1, random_state=1))
    assert split_hash(sides) != split_hash(split(patient, y, 1, 2, 1, "d"))


def test_subsample_draws_whole_patients_and_keeps_rates() -> None:
    patient, y = cases(6000)
    rows = subsample(patient, y, 3000, 0, "d")
    drawn = np.unique(patient[rows])
    assert len(drawn) == 3000
    assert np.isin(patient, drawn).sum() == len(rows)
    assert (y["rare"].to_numpy()[rows] == 1).mean() == pytest.approx((y["rare"] == 1).mean(), abs=0.001)
    assert list(subsample(patient, y, 10_000, 0, "d")) == list(range(len(patient)))


def test_positives_counts_the_rarer_class_by_hand() -> None:
    y = pd.DataFrame({"a": [1, 0, 1, 1, 0, 1], "b": [0, 0, np.nan, 1, 0, 1]}, dtype="float32")
    sides = pd.DataFrame({"row": range(6), "patient": range(6), "fold": 0, "side": ["train"] * 3 + ["valid", "test", "test"]})
    found = positives(y, sides)
    assert found.loc["a", ["fewest", "side"]].tolist() == [0, "valid"]
    assert found.loc["b", "fewest"] == 0

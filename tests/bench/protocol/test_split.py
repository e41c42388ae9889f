"""Splits: patients move whole, outcomes stay balanced, sides partition the cases."""

import numpy as np
import pandas as pd
import pytest

from bench.protocol.split import Split, positives, split_hash, subsample, told_together
from datasets import Card, Cohort, Refused

CARD = Card("d", "t", "s", "l", "c", "m", {})


def cohort(patient: np.ndarray, y: pd.DataFrame, **parts: np.ndarray) -> Cohort:
    return Cohort(card=CARD, patient=patient, outcomes=y, **parts)


def split(patient: np.ndarray, y: pd.DataFrame, folds: int, repeats: int, seed: int, dataset: str) -> pd.DataFrame:
    return Split("holdout" if folds == 1 else "kfold", folds, repeats, seed).sides(cohort(patient, y), dataset)


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
    rows = subsample(cohort(patient, y), 3000, 0, "d")
    drawn = np.unique(patient[rows])
    assert len(drawn) == 3000
    assert np.isin(patient, drawn).sum() == len(rows)
    assert (y["rare"].to_numpy()[rows] == 1).mean() == pytest.approx((y["rare"] == 1).mean(), abs=0.001)
    assert list(subsample(cohort(patient, y), 10_000, 0, "d")) == list(range(len(patient)))


def test_positives_counts_the_rarer_class_by_hand() -> None:
    y = pd.DataFrame({"a": [1, 0, 1, 1, 0, 1], "b": [0, 0, np.nan, 1, 0, 1]}, dtype="float32")
    sides = pd.DataFrame({"row": range(6), "patient": range(6), "fold": 0, "side": ["train"] * 3 + ["valid", "test", "test"]})
    found = positives(y, sides)
    assert found.loc["a", ["fewest", "side"]].tolist() == [0, "valid"]
    assert found.loc["b", "fewest"] == 0


def test_temporal_trains_on_the_past() -> None:
    patient, y = cases()
    time = np.random.default_rng(1).permutation(len(patient)).astype(np.float64)
    sides = Split("temporal").sides(cohort(patient, y, time=time), "d")
    sides["last"] = pd.Series(time).groupby(patient).transform("max").to_numpy()[sides["row"]]
    spans = sides.groupby("side")["last"].agg(["min", "max"])
    assert spans.loc["train", "max"] < spans.loc["valid", "min"] <= spans.loc["valid", "max"] < spans.loc["test", "min"]
    assert sides.groupby("patient")["side"].nunique().max() == 1
    per_patient = sides.drop_duplicates("patient")["side"].value_counts(normalize=True)
    assert per_patient["test"] == pytest.approx(0.2, abs=0.01)
    # Every case in train lies before every tested patient's last one; no patient is in two places.
    assert sides.loc[sides["side"] == "train", "row"].map(lambda row: time[row]).max() < spans.loc["test", "min"]


def test_temporal_never_cuts_inside_one_moment() -> None:
    patient = np.arange(100)
    y = pd.DataFrame({"a": np.tile([0, 1], 50)}, dtype=np.float32)
    time = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 20)
    sides = Split("temporal").sides(cohort(patient, y, time=time), "d")
    assert sides.groupby(time[sides["row"]])["side"].nunique().max() == 1
    assert sides["side"].value_counts().to_dict() == {"train": 60, "valid": 20, "test": 20}


@pytest.mark.parametrize(("folds", "repeats"), [(1, 1), (4, 2)])
def test_centres_move_whole_and_sides_stay_even(folds: int, repeats: int) -> None:
    patient, y = cases(6000)
    centre = np.random.default_rng(0).zipf(1.6, len(patient)) % 60
    centre = pd.Series(centre).groupby(patient).transform("first").to_numpy()
    sides = Split("centre", folds, repeats).sides(cohort(patient, y, centre=centre), "d")
    assert sorted(sides["fold"].unique()) == list(range(folds * repeats))
    assert sides.assign(centre=centre[sides["row"]]).groupby(["fold", "centre"])["side"].nunique().max() == 1
    for _, part in sides.groupby("fold"):
        assert sorted(part["row"]) == list(range(len(patient)))
    if folds > 1:
        tested = sides[(sides["side"] == "test") & (sides["fold"] < folds)]
        assert sorted(tested["row"]) == list(range(len(patient)))


def test_centres_of_even_size_give_even_sides() -> None:
    patient, y = np.arange(3000), cases(3000)[1].iloc[:3000].reset_index(drop=True)
    centre = patient % 50
    sides = Split("centre").sides(cohort(patient, y, centre=centre), "d")
    share = sides["side"].value_counts(normalize=True)
    assert share["test"] == pytest.approx(0.2, abs=0.021)
    assert share["valid"] == pytest.approx(0.2, abs=0.021)
    rare = sides.assign(rare=y["rare"].to_numpy()[sides["row"]]).groupby("side")["rare"].mean()
    assert rare["test"] == pytest.approx(rare["train"], rel=0.5)


def test_centres_that_share_a_patient_are_one() -> None:
    groups = told_together(np.array([7, 7, 8, 9, 9, 5]), np.array([0, 1, 1, 2, 3, 4]))
    assert groups[0] == groups[1] == groups[2]
    assert len(set(groups)) == 3


def test_official_tests_what_the_source_keeps_and_nothing_else() -> None:
    patient, y = cases()
    official = patient >= 1500
    sides = Split("official", repeats=2).sides(cohort(patient, y, official=official), "d")
    for _, part in sides.groupby("fold"):
        assert (official[part["row"]] == (part["side"] == "test")).all()
        share = part.loc[part["side"] != "test", "side"].value_counts(normalize=True)
        assert share["valid"] == pytest.approx(0.25, abs=0.01)
    first, second = (set(part.loc[part["side"] == "valid", "row"]) for _, part in sides.groupby("fold"))
    assert first != second


def test_a_patient_with_one_official_case_is_tested_whole() -> None:
    y = pd.DataFrame({"a": np.tile([0, 1], 20)}, dtype=np.float32)
    patient = np.repeat(np.arange(20), 2)
    official = np.zeros(40, dtype=bool)
    official[0] = True
    sides = Split("official").sides(cohort(patient, y, official=official), "d")
    assert set(sides.loc[sides["side"] == "test", "row"]) == {0, 1}


def test_a_subsample_keeps_the_share_of_official_cases() -> None:
    patient, y = cases(6000)
    official = patient % 4 == 0
    rows = subsample(cohort(patient, y, official=official), 1000, 0, "d")
    assert official[rows].mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "parts", "words"),
    [
        ("temporal", {}, "carries no times"),
        ("centre", {}, "carries no centres"),
        ("official", {}, "no test cases of its source's own"),
        ("temporal", {"time": [np.nan] + [1.0] * 19}, "1 cases .* have no time"),
        ("temporal", {"time": [1.0] * 20}, "fewer than three different times"),
        ("centre", {"centre": [0, 1, 2, 3] * 5}, "4 centres .* at least 5"),
        ("official", {"official": [True] * 20}, "only test cases"),
    ],
)
def test_what_a_cohort_lacks_is_said(kind: str, parts: dict[str, list[float]], words: str) -> None:
    y = pd.DataFrame({"a": np.tile([0, 1], 10)}, dtype=np.float32)
    with pytest.raises(Refused, match=words):
        Split(kind).sides(cohort(np.arange(20), y, **{k: np.array(v) for k, v in parts.items()}), "d")

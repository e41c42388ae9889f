"""Subgroups and true factors, kept beside a plan so that reports need no cohort."""

from dataclasses import replace

import numpy as np
import pandas as pd

from bench.protocol.groups import groups
from datasets import Cohort
from tests.datasets.test_cohort import cohort as small


def made(**columns: object) -> Cohort:
    table = pd.DataFrame(columns)
    base = small()
    rows = np.arange(len(table)) % len(base)
    taken = base.take(rows)
    return replace(taken, tabular=table, centre=None, card=replace(base.card, subgroups=tuple(columns)))


def test_ages_fall_into_clinical_bands_and_gaps_into_none() -> None:
    ages = [49.9, 50.0, 64.9, 65.0, 79.0, 80.0, np.nan]
    found = groups(made(age=ages), np.arange(7))["age"]
    assert found.tolist()[:-1] == ["under 50", "50 to 64", "50 to 64", "65 to 79", "65 to 79", "80 and over"]
    assert found.isna().tolist() == [False] * 6 + [True]


def test_few_values_stand_for_themselves_and_many_are_cut_into_thirds() -> None:
    found = groups(made(asa=[1, 2, 3, 2, 1, 4, 4], bmi=[18.0, 20.0, 22.0, 24.0, 26.0, 28.0, 30.0]), np.arange(7))
    assert found["asa"].tolist() == ["1", "2", "3", "2", "1", "4", "4"]
    assert found["bmi"].value_counts().tolist() == [3, 2, 2]
    assert found["bmi"].iloc[0] == "under 22"
    assert found["bmi"].iloc[-1] == "26 and over"


def test_categories_are_words_and_the_centre_is_told() -> None:
    cohort = replace(made(sex=pd.Categorical(["f", "m", None])), centre=np.array([3, 3, 7]))
    found = groups(cohort, np.array([2, 0]))
    assert found["row"].tolist() == [2, 0]
    assert found["sex"].isna().tolist() == [True, False]
    assert found["sex"].iloc[1] == "f"
    assert found["centre"].tolist() == ["7", "3"]


def test_a_card_that_names_nothing_gives_rows_alone() -> None:
    assert list(groups(replace(small(), centre=None, card=replace(small().card, subgroups=())), np.array([0, 1]))) == ["row"]

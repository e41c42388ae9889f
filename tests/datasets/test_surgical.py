"""The synthetic surgical cohort: its facts, and that it is made the same way whatever is asked of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

import datasets
from datasets.cohort import content_hash, whole
from datasets.expected import expected_auc
from datasets.surgical import PATIENTS, WORLDS, chunks, cohort, more, world
from datasets.surgical.factors import FACTORS, World
from datasets.surgical.risk import OUTCOMES
from datasets.surgical.solve import PREVALENCE

HOME = Path("unused")


@pytest.fixture(scope="module")
def default():
    return datasets.load("surgical", HOME)


@pytest.fixture(scope="module")
def truth():
    return datasets.truth("surgical")


def test_oracle_auc_of_each_outcome_as_stated(truth):
    stated = {"any_complication": 0.901, "pulmonary": 0.925, "kidney_injury": 0.936, "unplanned_icu": 0.947}
    for name, auc in stated.items():
        assert expected_auc(truth.risks[name].to_numpy()) == pytest.approx(auc, abs=0.008)


@pytest.mark.parametrize("name", WORLDS)
def test_prevalences_within_a_tenth(name):
    drawn = datasets.load(name, HOME).outcomes.mean()
    for outcome, stated in PREVALENCE.items():
        assert drawn[outcome] == pytest.approx(stated, rel=0.1)


def test_true_risk_reaches_the_oracle_on_the_drawn_outcomes(default, truth):
    for name in OUTCOMES:
        r = truth.risks[name].to_numpy()
        assert roc_auc_score(default.outcomes[name], r) == pytest.approx(expected_auc(r), abs=0.02)


def test_any_complication_holds_every_other(default):
    named = default.outcomes[["pulmonary", "kidney_injury", "unplanned_icu"]].max(axis=1)
    assert (default.outcomes["any_complication"] >= named).all()
    assert (default.outcomes["any_complication"] > named).any()  # others count too
    assert default.card.nested == {"any_complication": ("pulmonary", "kidney_injury", "unplanned_icu")}


def test_the_card_names_columns_that_are_there(default):
    assert {*default.card.reference, default.card.procedure} <= set(default.tabular)


def test_a_case_does_not_depend_on_how_many_are_made():
    few, many = (cohort.make(World(), n) for n in (100, cohort.CHUNK + 300))
    assert content_hash(few) == content_hash(many.take(range(100)))
    ends = (cohort.truth(World(), n) for n in (100, cohort.CHUNK + 300))
    first, second = (end.risks.iloc[:100] for end in ends)
    pd.testing.assert_frame_equal(first, second)


def test_chunks_end_to_end_are_the_cohort():
    whole, known = cohort.make(World(), cohort.CHUNK + 50), cohort.truth(World(), cohort.CHUNK + 50)
    parts = list(chunks("surgical", cohort.CHUNK + 50))
    assert [len(part) for part, _ in parts] == [cohort.CHUNK, 50]
    at = 0
    for part, true in parts:
        rows = range(at, at + len(part))
        assert content_hash(part) == content_hash(whole.take(rows))
        np.testing.assert_array_equal(true.factors, known.factors[at : at + len(part)])
        np.testing.assert_array_equal(true.findings, known.findings.iloc[at : at + len(part)])
        at += len(part)


def test_same_settings_same_cohort_other_replicate_another():
    again = [content_hash(datasets.load("surgical", HOME, patients=300, replicate=r)) for r in (0, 0, 1)]
    assert again[0] == again[1] != again[2]


def test_conflict_moves_outcomes_alone():
    one, other = (datasets.load("surgical", HOME, patients=1500, conflict=c) for c in (0.0, 1.0))
    assert one.inputs_key == other.inputs_key
    assert not one.outcomes.equals(other.outcomes)


def test_loadings_are_jittered_from_replicate_one_on():
    plain, jittered = (datasets.truth("surgical", patients=10, replicate=r).loadings for r in (0, 1))
    assert plain.loc["age_years", "frailty"] == 0.6
    ratio = (jittered / plain).to_numpy()[plain.to_numpy() != 0]
    assert ratio.min() >= 0.7
    assert ratio.max() <= 1.3
    assert ratio.std() > 0.1
    assert ((jittered == 0) == (plain == 0)).all(axis=None)


def test_further_patients_are_others_of_the_same_world():
    train, known = more("surgical", 500, "train", patients=300, replicate=1)
    test, _ = more("surgical", 500, "test", patients=300, replicate=1)
    own = datasets.load("surgical", HOME, patients=500, replicate=1)
    assert len(train) == len(known) == 500
    assert not set(train.patient) & set(test.patient)
    assert not set(own.patient) & (set(train.patient) | set(test.patient))
    ages = [c.tabular["age_years"].to_numpy() for c in (own, train, test)]
    assert not any(np.array_equal(one, other) for one, other in ((ages[0], ages[1]), (ages[1], ages[2])))
    pd.testing.assert_frame_equal(known.loadings, datasets.truth("surgical", patients=1, replicate=1).loadings)
    assert known.risks.equals(cohort.truth(world("surgical", replicate=1), 500, "train").risks)


@pytest.mark.parametrize("wrong", [{"patients": 0}, {"common": 1.5}, {"conflict": -0.1}, {"replicate": -1}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(datasets.Refused):
        datasets.load("surgical", HOME, **wrong)


def test_unknown_names_and_parts_are_refused():
    with pytest.raises(datasets.Refused, match="valid"):
        more("surgical", 10, "valid")
    with pytest.raises(datasets.Refused, match="valid"):
        chunks("surgical", 10, "valid")
    with pytest.raises(datasets.Refused, match="surgical_no_common"):
        world("surgical_no_comon")
    with pytest.raises(datasets.Refused, match="no common signal"):
        world("surgical_no_common", common=0.5)


def test_truth_stands_beside_the_cohort_row_by_row(default, truth):
    assert truth.factors.shape == (PATIENTS, 8)
    assert truth.risks.shape == (PATIENTS, 4)
    assert (truth.risks.dtypes == np.float64).all()
    assert list(truth.risks) == list(default.outcomes) == list(OUTCOMES)
    assert np.corrcoef(truth.factors[:, FACTORS.index("frailty")], default.tabular["age_years"])[0, 1] == pytest.approx(
        0.6, abs=0.02
    )
    # a patient without a note says nothing
    silent = ~default.present("text")
    assert not truth.findings[silent].to_numpy().any()
    assert silent.mean() == pytest.approx(0.05, abs=0.01)


def test_tables_have_plausible_ranges_and_telling_gaps(default, truth):
    table = default.tabular
    assert table["age_years"].between(18, 97).all()
    assert set(table["asa"]) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert table["creatinine_umol_l"].between(25, 1200).all()
    assert table["spo2_percent"].between(80, 100).all()
    assert set(table["emergency"]) == {0.0, 1.0}
    assert [str(table[name].dtype) for name in ("operation", "blood_group", "weekday")] == ["category"] * 3
    assert len(table["operation"].cat.categories) == 12
    for name, a, factor, b in (
        ("fev1_percent_predicted", -1, "airway", 1.2),
        ("lactate_mmol_l", -0.8, "stress", 1.2),
        ("crp_mg_l", 0.3, "inflammation", 0.8),
    ):
        chance = expit(a + b * truth.factors[:, FACTORS.index(factor)])
        measured = table[name].notna()
        for side in (chance < np.median(chance), chance >= np.median(chance)):
            assert measured[side].mean() == pytest.approx(chance[side].mean(), abs=0.03)
    whole = table.drop(columns=["fev1_percent_predicted", "lactate_mmol_l", "crp_mg_l"])
    assert whole.notna().all(axis=None)


def test_columns_without_loading_are_noise(default, truth):
    noise = [name for name, row in truth.loadings.iterrows() if not row.any()]
    assert len(noise) == 8
    for name in noise:
        column = default.tabular[name]
        values = (column.cat.codes if column.dtype == "category" else column).to_numpy(dtype=float)
        assert np.abs(np.corrcoef(values, truth.factors.T)[0, 1:]).max() < 0.04


def test_series_speak_of_their_factors(default, truth):
    values = default.series.values
    assert values.shape == (PATIENTS, 48, 6)
    there = default.present("series")
    assert there.mean() == pytest.approx(0.92, abs=0.01)
    assert np.isnan(values[there]).mean() == pytest.approx(0.15, abs=0.005)
    v = values[there].astype(np.float64)
    course = np.arange(48) - 23.5
    factor = {name: truth.factors[there, i] for i, name in enumerate(FACTORS)}

    def together(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.corrcoef(one, other)[0, 1])

    centred = v - np.nanmean(v, axis=1, keepdims=True)
    slope = np.nansum(centred * course[None, :, None], axis=1)
    assert together(slope[:, 3], factor["airway"]) > 0.3
    assert together(slope[:, 4], factor["fluid"]) < -0.3
    assert together((centred[:, :, 0] < -12).sum(axis=1), factor["hypotension"]) > 0.3
    assert together(np.nanstd(v[:, :, 1], axis=1), factor["frailty"]) < -0.3
    assert together(np.nanmin(v[:, :, 2], axis=1), factor["cardiopulmonary"]) < -0.3
    assert abs(together(np.nanmean(v[:, :, 5], axis=1), factor["inflammation"])) < 0.05


def test_where_tables_suffice_notes_and_series_speak_of_nobody():
    known = datasets.truth("surgical_tables_suffice")
    made = datasets.load("surgical_tables_suffice", HOME)
    affirmed = (known.findings == 1).sum(axis=1).to_numpy()
    assert np.abs(np.corrcoef(affirmed, known.factors.T)[0, 1:]).max() < 0.04
    there = made.present("series")
    low = np.nanmin(made.series.values[there][:, :, 2], axis=1)
    assert np.abs(np.corrcoef(low, known.factors[there].T)[0, 1:]).max() < 0.04


def test_further_test_patients_stand_behind_the_cohort_with_their_truth():
    asked = {"patients": 900, "test_patients": 2500, "conflict": 0.5}
    both = datasets.load("surgical", HOME, **asked)
    assert both.official.tolist() == [False] * 900 + [True] * 2500
    assert len(set(both.patient)) == 3400
    alone = datasets.load("surgical", HOME, patients=900, conflict=0.5)
    assert alone.official is None
    pd.testing.assert_frame_equal(both.tabular.iloc[:900], alone.tabular)
    further, _ = more("surgical", 2500, "test", conflict=0.5)
    pd.testing.assert_frame_equal(both.take(np.arange(900, 3400)).text, further.text)
    risks = datasets.truth("surgical", **asked).risks
    assert len(risks) == 3400
    for name in OUTCOMES[:2]:
        assert roc_auc_score(both.outcomes[name][900:], risks[name][900:]) == pytest.approx(
            expected_auc(risks[name].to_numpy()[900:]), abs=0.03
        )


@pytest.mark.parametrize("name", WORLDS)
def test_pieces_are_the_cohort(name):
    from datasets.registry import pieces

    asked = {"patients": 2100, "test_patients": 100}
    assert content_hash(whole(pieces(name, HOME, **asked))) == content_hash(datasets.load(name, HOME, **asked))

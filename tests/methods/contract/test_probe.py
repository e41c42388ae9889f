"""What a method is checked on: outcomes that one thing alone tells, and outcomes that nothing tells."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import datasets
from datasets import Cohort, Refused, content_hash
from methods import registry
from methods.columns import fit_columns, fit_matrix
from methods.contract.checks import check_method
from methods.contract.odd import with_gaps, with_new_categories
from methods.contract.probe import MOST, Probe, on_cohort, on_ward
from methods.registry import Entry
from methods.scores import auc
from tests.methods.contract.strangers import Honest

ENTRY = Entry("stranger", "other", ("tabular", "text", "series"), False, "A method.", Honest, (Honest.__module__,))
SHARED: dict[Any, Any] = {}
TRUE: dict[str, dict[int, float]] = {}


@pytest.fixture(scope="module")
def ward() -> Probe:
    return on_ward(ENTRY)


@pytest.fixture(scope="module")
def surgical() -> Cohort:
    return datasets.load("surgical", Path(), patients=1000)


def told(probe: Probe, outcome: str, *absent: str) -> float:
    """AUC on test of logistic regression after train."""
    train, test = probe.train.without(*absent), probe.test.without(*absent)
    matrix = fit_matrix(fit_columns(train, "tfidf", SHARED), train, SHARED)
    model = LogisticRegression(C=0.1, max_iter=1000).fit(matrix.rows(train), train.outcomes[outcome])
    return auc(test.outcomes[outcome].to_numpy(np.float64), model.predict_proba(matrix.rows(test))[:, 1])


def test_each_modality_tells_one_outcome_that_the_others_do_not(ward: Probe) -> None:
    assert sorted(ward.planted.values()) == ["series", "tabular", "text"]
    for outcome, modality in ward.planted.items():
        assert told(ward, outcome) > 0.93
        assert abs(told(ward, outcome, modality) - 0.5) < 0.1


def test_nothing_tells_the_coins_and_train_does_not_tell_the_late_outcome(ward: Probe) -> None:
    for outcome in (*ward.coins, str(ward.late)):
        assert abs(told(ward, outcome) - 0.5) < 0.1
    assert told(Probe(ward.valid, ward.valid, ward.test, ()), str(ward.late)) > 0.8


def test_a_ward_is_as_the_engine_would_hand_it() -> None:
    text = on_ward(Entry("notes", "other", ("text",), False, "", Honest, ("m",)))
    assert text.train.modalities == ("text",)
    assert text.train.reference is None
    assert list(text.planted.values()) == ["text"]
    score = on_ward(registry.entry("clinical_score"))
    assert score.train.reference is not None
    assert list(score.planted.values()) == ["tabular"]
    assert list(on_ward(registry.entry("procedure_rate")).planted.values()) == ["procedure"]


def test_a_ward_is_drawn_by_its_seed_alone(ward: Probe) -> None:
    assert content_hash(on_ward(ENTRY).test) == content_hash(ward.test)
    assert content_hash(on_ward(ENTRY, 1).test) != content_hash(ward.test)
    sides = [set(side.patient.tolist()) for side in (ward.train, ward.valid, ward.test)]
    assert len(set.union(*sides)) == sum(map(len, sides))


def test_a_cohort_of_ones_own_keeps_its_inputs_and_its_patients_whole_and_tells_nothing(surgical: Cohort) -> None:
    twice = surgical.take(np.repeat(np.arange(1000), 2))
    probe = on_cohort(twice, ENTRY)
    sides = [set(side.patient.tolist()) for side in (probe.train, probe.valid, probe.test)]
    assert len(set.union(*sides)) == sum(map(len, sides)) == MOST / 2
    assert len(probe.train) + len(probe.valid) + len(probe.test) == MOST
    assert {"any_complication", "pulmonary"} <= set(probe.coins)
    # Too rare for 240 cases.
    assert "unplanned_icu" not in probe.coins
    assert probe.true is not None
    y = np.nan_to_num(probe.true["any_complication"])
    assert abs(np.corrcoef(y, np.nan_to_num(probe.test.outcomes["any_complication"]))[0, 1]) < 0.2
    at = {int(code): row for row, code in enumerate(surgical.patient)}
    own = surgical.outcomes["any_complication"].to_numpy()[[at[int(code)] for code in probe.test.patient]]
    np.testing.assert_array_equal(np.nan_to_num(own), y)


def test_a_cohort_that_offers_nothing_to_read_is_refused(surgical: Cohort) -> None:
    with pytest.raises(Refused, match="reads text; 'surgical' offers tabular, series"):
        on_cohort(surgical.without("text"), Entry("notes", "other", ("text",), False, "", Honest, ("m",)))


class Opening(Honest):
    """Knows what the source says, as if it had opened its files."""

    def rows(self, cohort: Cohort) -> np.ndarray:
        return np.zeros((len(cohort), 2)) + cohort.tabular.select_dtypes("number").notna().any(axis=1).to_numpy()[:, None]

    def learn(self, train: Cohort) -> None:
        self.names = train.outcome_names
        super().learn(train)

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p = super().predict_proba(cohort)
        for t, name in enumerate(self.names):
            p[:, t] = np.nan_to_num([TRUE.get(name, {}).get(int(code), p[0, t]) for code in cohort.patient], nan=0.5)
        return p


def test_a_method_that_opens_the_source_is_seen_where_the_outcomes_were_dealt_anew(surgical: Cohort) -> None:
    for name, y in surgical.outcomes.items():
        TRUE[str(name)] = dict(zip(surgical.patient.tolist(), y.tolist(), strict=True))
    entry = Entry("opening", "other", ("tabular",), False, "Opens files.", Opening, (Opening.__module__,))
    found = {r.check.name: r for r in check_method(entry, lambda seed: on_cohort(surgical, entry, seed))}
    assert found["chance"].state == "broken"
    assert "the cohort's own outcomes are predicted" in found["chance"].why
    assert found["learns"].state == "skipped"


def test_gaps_reach_every_modality_and_new_categories_every_case(ward: Probe) -> None:
    holes = with_gaps(ward.test)
    for number, modality in enumerate(("tabular", "text", "series")):
        present = holes.present(modality)
        assert not present[number::9].any()
        assert present.mean() > 0.7
    assert content_hash(ward.test) == content_hash(on_ward(ENTRY).test)
    new = with_new_categories(ward.test)
    assert new is not None
    assert new.tabular is not None
    assert set(new.tabular["sex"]) == {"never met before"}
    assert with_new_categories(ward.test.without("tabular")) is None

"""What a bedside rule reads, and what it makes of it."""

from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from datasets import Card, Cohort, Series
from methods import Method, registry
from methods.scores import auc

RULES = ("clinical_score", "procedure_rate")


def card(reference: tuple[str, ...] = ("asa", "urgency"), procedure: str | None = "operation") -> Card:
    return Card("bedside", "", "", "", "", "", {}, reference=reference, procedure=procedure)


def make(n: int = 600, seed: int = 0) -> Cohort:
    """`death` follows ASA, urgency and SAPS; `kidney`, unknown for a third, the operation; `lactate` and the note follow both."""
    rng = np.random.default_rng(seed)
    asa, saps = rng.integers(1, 5, n).astype(np.float32), rng.integers(5, 30, n).astype(np.float32)
    urgent, operation = rng.random(n) < 0.3, rng.choice(["colectomy", "hernia repair", "thyroidectomy"], n)
    death = (0.8 * (asa - 2) + urgent + 0.15 * (saps - 17) + rng.logistic(size=n) > 1).astype(np.float32)
    kidney = (rng.random(n) < pd.Series(operation).map({"colectomy": 0.6, "hernia repair": 0.1, "thyroidectomy": 0.3})).to_numpy()
    kidney = np.where(rng.random(n) < 1 / 3, np.nan, kidney).astype(np.float32)
    tabular = pd.DataFrame(
        {
            "asa": asa,
            "urgency": pd.Categorical(np.where(urgent, "urgent", "planned")),
            "operation": pd.Categorical(operation),
            "lactate": (death + np.nan_to_num(kidney)).astype(np.float32),
        }
    )
    return Cohort(
        card=card(),
        patient=np.arange(n),
        outcomes=pd.DataFrame({"death": death, "kidney": kidney}),
        tabular=tabular,
        text=pd.DataFrame({"note": np.where(death == 1, "dies", "lives")}),
        series=Series(np.tile(death[:, None, None], (1, 2, 1)), ("map",), ("mmHg",), np.arange(2.0)),
        reference=pd.DataFrame({"saps": saps}),
    )


@pytest.fixture(scope="module")
def sides() -> tuple[Cohort, Cohort, Cohort]:
    whole = make()
    return whole.take(np.arange(300)), whole.take(np.arange(300, 400)), whole.take(np.arange(400, 600))


def changed(cohort: Cohort, **columns: object) -> Cohort:
    assert cohort.tabular is not None
    return replace(cohort, tabular=cohort.tabular.assign(**columns))


def bare(cohort: Cohort) -> Cohort:
    """Without all that is neither procedure nor clinical reference."""
    assert cohort.tabular is not None
    return replace(cohort, tabular=cohort.tabular.drop(columns="lactate"), text=None, series=None)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_reads_nothing_else(name: str, sides: tuple[Cohort, ...]) -> None:
    train, valid, test = sides
    p = registry.build(name).fit(train, valid).predict_proba(test.hide_outcomes())
    alone = registry.build(name).fit(bare(train), bare(valid)).predict_proba(bare(test).hide_outcomes())
    np.testing.assert_array_equal(alone, p)


@pytest.mark.parametrize("name", RULES)
def test_a_prediction_does_not_depend_on_the_other_cases(name: str, sides: tuple[Cohort, ...]) -> None:
    train, valid, test = sides
    method = registry.build(name).fit(train, valid)
    p = method.predict_proba(test.hide_outcomes())
    assert (p.shape, p.dtype) == ((200, 2), np.float64)
    np.testing.assert_array_equal(method.predict_proba(test.take([17, 3]).hide_outcomes()), p[[17, 3]])
    assert method.predict_proba(test.take([]).hide_outcomes()).shape == (0, 2)


@pytest.mark.parametrize("name", RULES)
def test_an_outcome_that_cannot_be_learned_is_refused_by_name(name: str, sides: tuple[Cohort, ...]) -> None:
    train, valid, _ = sides
    one = replace(train, outcomes=train.outcomes.assign(death=np.float32(0)))
    with pytest.raises(ValueError, match="outcome 'death': only class 0 in train"):
        registry.build(name).fit(one, valid)
    never = replace(valid, outcomes=valid.outcomes.assign(kidney=np.float32(np.nan)))
    with pytest.raises(ValueError, match="outcome 'kidney': no known case in valid"):
        registry.build(name).fit(train, never)


@pytest.mark.parametrize("name", RULES)
def test_the_default_lies_inside_the_search_space(name: str) -> None:
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    method = registry.build(name)
    asked, defaults = type(method).search_space(trial), method.get_params()
    assert set(asked) == set(defaults)
    assert all(d._contains(d.to_internal_repr(defaults[key])) for key, d in trial.distributions.items())


def test_the_score_reads_what_the_card_names_and_the_clinical_scores(sides: tuple[Cohort, ...]) -> None:
    train, valid, test = sides
    y = test.outcomes["death"].to_numpy(dtype=np.float64)

    def reached(of: Cohort, to: Cohort, at: Cohort) -> float:
        return auc(y, registry.build("clinical_score").fit(of, to).predict_proba(at.hide_outcomes())[:, 0])

    both = reached(train, valid, test)
    scores = reached(*(replace(c, card=card(reference=())) for c in (train, valid, test)))
    named = reached(*(c.without_reference() for c in (train, valid, test)))
    assert both > 0.8
    assert both > scores + 0.05
    assert both > named + 0.02
    assert scores > 0.6
    # Scores alone, in a cohort without tables.
    assert reached(*(c.without("tabular") for c in (train, valid, test))) == scores


def test_the_score_is_an_independent_logistic_regression(sides: tuple[Cohort, ...]) -> None:
    train, valid, test = sides
    p = registry.build("clinical_score", C=0.5).fit(train, valid).predict_proba(test.hide_outcomes())

    def matrix(cohort: Cohort) -> np.ndarray:
        assert cohort.tabular is not None
        assert train.tabular is not None
        assert cohort.reference is not None
        assert train.reference is not None
        columns = [(cohort.tabular["asa"], train.tabular["asa"]), (cohort.reference["saps"], train.reference["saps"])]
        numbers = [((c - t.mean()) / t.std(ddof=0)).to_numpy(dtype=np.float64) for c, t in columns]
        kinds = [(cohort.tabular["urgency"] == kind).to_numpy(dtype=np.float64) for kind in ("planned", "urgent")]
        return np.column_stack(numbers + kinds)

    for t, name in enumerate(train.outcome_names):
        y = train.outcomes[name].to_numpy()
        model = LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000).fit(matrix(train)[~np.isnan(y)], y[~np.isnan(y)])
        np.testing.assert_allclose(p[:, t], model.predict_proba(matrix(test))[:, 1], atol=1e-4)


def test_a_gap_in_the_reference_is_filled_and_marked() -> None:
    # ASA says nothing but by its absence.
    rng = np.random.default_rng(1)
    died = rng.random(400) < 0.4
    asa = np.where(died ^ (rng.random(400) < 0.1), np.nan, rng.integers(1, 5, 400)).astype(np.float32)
    whole = Cohort(card(("asa",)), np.arange(400), pd.DataFrame({"y": died.astype(np.float32)}), pd.DataFrame({"asa": asa}))
    train, test = whole.take(np.arange(200)), whole.take(np.arange(200, 400))
    p = registry.build("clinical_score").fit(train, train).predict_proba(test.hide_outcomes())[:, 0]
    assert auc(died[200:].astype(float), p) > 0.8


def test_a_score_without_anything_to_read_is_refused(sides: tuple[Cohort, ...]) -> None:
    train, valid, _ = (replace(c, card=card(reference=())).without_reference() for c in sides)
    with pytest.raises(ValueError, match="no input at all"):
        registry.build("clinical_score").fit(train, valid)


def by_hand(procedures: list[str | None], y: list[float], where: str = "text") -> Cohort:
    frame = pd.DataFrame({"operation": pd.Series(procedures, dtype=object)})
    text = frame.fillna("") if where == "text" else None
    tabular = frame.astype("category") if where == "tabular" else None
    return Cohort(card(), np.arange(len(y)), pd.DataFrame({"y": np.array(y, np.float32)}), tabular, text)


def rates(method: Method, procedures: list[str | None], where: str = "text") -> list[float]:
    return method.predict_proba(by_hand(procedures, [0.0] * len(procedures), where).hide_outcomes())[:, 0].tolist()


@pytest.mark.parametrize("where", ["text", "tabular"])
def test_a_rate_worked_by_hand(where: str) -> None:
    # a: 2 of 3 known; b: 0 of 1 known, one unknown; one case without a procedure. Overall 3 of 5.
    train = by_hand(["a", "a", "a", "b", "b", None], [1, 1, 0, 0, np.nan, 1], where)
    method = registry.build("procedure_rate", m=5.0).fit(train, train)
    expected = [(2 + 5 * 0.6) / (3 + 5), (0 + 5 * 0.6) / (1 + 5), 0.6, 0.6]
    assert rates(method, ["a", "b", "never met", None], where) == pytest.approx(expected)
    assert method.size() == 3
    least, most = (registry.build("procedure_rate", m=m).fit(train, train) for m in (1e-9, 1e9))
    assert rates(least, ["a", "b"], where) == pytest.approx([2 / 3, 0], abs=1e-6)
    assert rates(most, ["a", "b"], where) == pytest.approx([0.6, 0.6], abs=1e-6)


def test_a_procedure_is_the_same_however_it_is_spaced_and_capitalised() -> None:
    train = by_hand(["Hernia  repair", "hernia repair ", "other", "other"], [1, 1, 0, 0])
    method = registry.build("procedure_rate").fit(train, train)
    assert method.size() == 3
    assert rates(method, ["HERNIA REPAIR", "hernia repair"]) == pytest.approx([(2 + 20 * 0.5) / 22] * 2)


def test_a_procedure_of_which_no_outcome_is_known_has_the_overall_rate() -> None:
    train = by_hand(["a", "a", "b", "b"], [1, 0, np.nan, np.nan])
    assert rates(registry.build("procedure_rate").fit(train, train), ["b"]) == pytest.approx([0.5])


def test_the_rate_follows_the_procedure(sides: tuple[Cohort, ...]) -> None:
    train, valid, test = sides
    p = registry.build("procedure_rate").fit(train, valid).predict_proba(test.hide_outcomes())
    y = test.outcomes.to_numpy(dtype=np.float64)
    assert auc(y[:, 1], p[:, 1]) > 0.7
    assert abs(auc(y[:, 0], p[:, 0]) - 0.5) < 0.12


@pytest.mark.parametrize("gone", [None, "elsewhere"])
def test_a_train_that_names_no_procedure_is_refused(sides: tuple[Cohort, ...], gone: str | None) -> None:
    train, valid, _ = (replace(c, card=card(procedure=gone)) for c in sides)
    with pytest.raises(ValueError, match="train names no procedure"):
        registry.build("procedure_rate").fit(train, valid)

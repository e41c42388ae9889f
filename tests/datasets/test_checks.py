"""Checks on any cohort: each fault planted in a sound cohort is found, and a sound cohort is left in peace."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import datasets
from datasets import Card, Cohort, Series
from datasets.checks import check, errors, warnings
from datasets.checks.alone import _category_aucs
from datasets.checks.findings import Finding, Tally, gathered
from datasets.checks.private import kind_by_name
from datasets.checks.public import public

CASES = 400


def sound(**changed: object) -> Cohort:
    """A cohort without a fault, whose inputs tell little of its outcomes."""
    random = np.random.default_rng(3)
    outcomes = pd.DataFrame({"kidney": random.random(CASES) < 0.3, "death": random.random(CASES) < 0.2}).astype(np.float32)
    tabular = pd.DataFrame(
        {
            "age": random.integers(20, 90, CASES).astype(np.float32),
            "lactate": random.normal(2, 1, CASES).astype(np.float32),
            "sex": pd.Categorical(random.choice(["f", "m"], CASES)),
        }
    )
    values = random.normal(size=(CASES, 3, 2)).astype(np.float32)
    cohort = Cohort(
        card=Card("sound", "t", "s", "l", "c", "End of surgery.", {"kidney": "k", "death": "d"}),
        patient=np.arange(CASES),
        outcomes=outcomes,
        tabular=tabular,
        text=pd.DataFrame({"history": random.choice(["pain", "", "no pain"], CASES)}),
        series=Series(values, ("hr", "map"), ("1/min", "mmHg"), np.arange(3.0)),
    )
    return replace(cohort, **changed)  # type: ignore[arg-type]


def with_column(name: str, values: object) -> Cohort:
    cohort = sound()
    assert cohort.tabular is not None
    return replace(cohort, tabular=cohort.tabular.assign(**{name: values}))


def grave(cohort: Cohort, said: frozenset[str] = frozenset()) -> str:
    return "\n".join(map(str, errors(check(cohort, said))))


def mild(cohort: Cohort) -> str:
    assert not grave(cohort)
    return "\n".join(map(str, warnings(check(cohort))))


def test_a_sound_cohort_and_the_synthetic_one_are_left_in_peace() -> None:
    assert check(sound()) == ()
    assert check(datasets.load("surgical", None, patients=1_500)) == ()


def test_outcomes_without_both_classes_are_errors() -> None:
    y = sound().outcomes
    assert "outcome 'death': has one class: every known case is 1" in grave(sound(outcomes=y.assign(death=np.float32(1))))
    assert "outcome 'death': is unknown for every case" in grave(sound(outcomes=y.assign(death=np.float32(np.nan))))
    assert "outcomes: there are 1; at least 2" in grave(sound(outcomes=y[["kidney"]]))


def test_outcomes_that_are_the_same_or_against_their_nesting_are_warned_of() -> None:
    cohort = sound()
    assert "outcome 'death': is the same as 'kidney'" in mild(
        replace(cohort, outcomes=cohort.outcomes.assign(death=cohort.outcomes["kidney"]))
    )
    nested = replace(cohort, card=replace(cohort.card, nested={"death": ("kidney",)}))
    against = int(((cohort.outcomes["kidney"] == 1) & (cohort.outcomes["death"] == 0)).sum())
    assert f"outcome 'death': is 0 in {against} cases whose 'kidney', which it holds, is 1" in mild(nested)


def test_empty_modalities_and_columns_are_told() -> None:
    cohort = sound()
    assert cohort.series is not None
    bare = replace(cohort.series, values=np.full_like(cohort.series.values, np.nan))
    assert "series: is empty: no case has a measurement" in grave(replace(cohort, series=bare))
    assert "text: is empty: no case has a note" in grave(replace(cohort, text=pd.DataFrame({"history": [" "] * CASES})))
    assert "tabular: is empty" in grave(replace(cohort, tabular=pd.DataFrame({"x": np.full(CASES, np.nan, np.float32)})))
    assert "there is no input at all" in grave(cohort.without("tabular", "text", "series"))
    half = cohort.series.values.copy()
    half[:, :, 1] = np.nan
    assert "variable 'map': is measured in no case" in mild(replace(cohort, series=replace(cohort.series, values=half)))
    assert "column 'x': has no value in any case" in mild(with_column("x", np.float32(np.nan)))
    assert "column 'x': has one value in all cases that have any" in mild(with_column("x", np.float32(7)))
    notes = pd.DataFrame({"history": cohort.text["history"], "course": ""}) if cohort.text is not None else None
    assert "note field 'course': has no note in any case" in mild(replace(cohort, text=notes))
    absent = with_column("x", np.float32(1)).take(np.arange(CASES))
    assert absent.tabular is not None
    gone = absent.tabular.copy()
    gone.iloc[:5] = np.nan
    assert absent.text is not None
    text = absent.text.copy()
    text.iloc[:5] = ""
    assert "inputs: 5 of 400 cases have nothing in any modality" in mild(replace(absent, tabular=gone, text=text, series=None))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "a name") for name in ("name", "Patient_Name", "lastName", "last name", "SURNAME", "patient.name", "initials")),
        *((name, "a date of birth") for name in ("dob", "DOB", "date_of_birth", "birthDate", "BIRTH_DATE", "birthday")),
        *(
            (name, "a record number")
            for name in ("MRN", "mrn", "patient_id", "subject_id", "hadm_id", "PatientID", "ssn", "record number")
        ),
        *((name, "a telephone number") for name in ("phone", "Telephone", "mobile_no", "phone number", "tel")),
        *((name, "an address") for name in ("address", "home_address", "email", "e-mail", "ZIP", "postcode", "zip_code")),
    ],
)
def test_identifiers_are_known_by_their_names(name: str, kind: str) -> None:
    assert kind_by_name(name) == kind
    assert f"column '{name}': is named like {kind}" in grave(with_column(name, np.arange(CASES, dtype=np.float32) % 7))
    meant = check(with_column(name, np.arange(CASES, dtype=np.float32) % 7), said=frozenset({name}))
    assert not errors(meant)
    assert any(kind in str(finding) for finding in warnings(meant))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "drug_name",
            "operation_name",
            "birth_weight",
            "telemetry",
            "hospital_beds",
            "address_of_pain",
            "filename",
            "nationality",
        ),
        *(
            "age",
            "id_of_bed_type",
            "zipper_injury",
            "admission_type",
            "stay_type",
            "case_mix",
            "phonation",
            "fincrease",
            "hb",
            "mobility",
        ),
    ],
)
def test_names_that_only_look_alike_are_not(name: str) -> None:
    assert kind_by_name(name) is None


def test_values_that_nearly_everybody_has_alone_are_identifiers() -> None:
    random = np.random.default_rng(0)
    number = random.permutation(90_000)[:CASES] + 10_000
    assert "column 'x': nearly each of 400 patients has a whole number" in grave(with_column("x", number.astype(np.float64)))
    words = pd.Categorical([f"{n:x}" for n in number])
    assert "column 'x': nearly each of 400 patients has a text of their own" in grave(with_column("x", words))
    assert not grave(with_column("x", number.astype(np.float64)), said=frozenset({"x"}))
    # The number of a patient, the same in all of their cases, is one too.
    twice = np.repeat(number[: CASES // 2], 2).astype(np.float64)
    cohort = with_column("x", twice)
    assert "nearly each of 200 patients" in grave(replace(cohort, patient=np.repeat(np.arange(CASES // 2), 2)))
    assert "'x'" not in grave(with_column("x", number / 7))
    assert "'x'" not in grave(with_column("x", random.integers(0, 200, CASES).astype(np.float64)))
    assert "'x'" not in grave(with_column("x", pd.Categorical(random.choice(list("abcdefgh"), CASES))))


@pytest.mark.parametrize(
    "name", ["discharge_day", "length_of_stay", "LOS", "icu_days", "postop_creatinine", "inHospitalDeath", "readmission"]
)
def test_names_of_what_is_known_later_are_warned_of(name: str) -> None:
    assert f"column '{name}': is named like something known only later" in mild(
        with_column(name, np.arange(CASES, dtype=np.float32) % 7)
    )


def test_an_input_that_tells_an_outcome_alone_is_warned_of() -> None:
    cohort = sound()
    y, random = cohort.outcomes["death"].to_numpy(), np.random.default_rng(1)
    for values in (y + random.normal(0, 0.1, CASES), -y + random.normal(0, 0.1, CASES)):
        assert "column 'x': its value alone tells the outcome 'death' with AUC 1.000" in mild(with_column("x", values))
    there = np.where(y == 1, random.normal(size=CASES), np.nan)
    assert "column 'x': whether it has a value alone tells the outcome 'death'" in mild(with_column("x", there))
    place = pd.Categorical(np.where(y == 1, "morgue", random.choice(["home", "ward"], CASES)))
    assert "column 'x': its category alone tells the outcome 'death'" in mild(with_column("x", place))
    assert "alone" not in mild(with_column("x", y + random.normal(0, 0.7, CASES)))
    notes = pd.DataFrame({"history": np.where(y == 1, "died", "")})
    assert "note field 'history': whether there is a note alone tells the outcome 'death'" in mild(replace(cohort, text=notes))
    assert cohort.series is not None
    values = cohort.series.values.copy()
    values[:, :, 1] += 20 * y[:, None]
    assert "variable 'map': its mean alone tells the outcome 'death'" in mild(
        replace(cohort, series=replace(cohort.series, values=values))
    )
    values = cohort.series.values.copy()
    values[:, :2, 0] = np.where(y[:, None] == 1, values[:, :2, 0], np.nan)
    found = mild(replace(cohort, series=replace(cohort.series, values=values)))
    assert "variable 'hr': how often it is measured alone tells the outcome 'death'" in found


def test_many_categories_of_few_cases_do_not_tell_an_outcome_by_chance() -> None:
    """In-sample shares of events would reach 0.99 here; the leave-one-out score does not."""
    random = np.random.default_rng(5)
    values = pd.Series(random.integers(0, 250, CASES).astype(str))
    y = (random.random(CASES) < 0.05).astype(float)
    rate = pd.Series(y).groupby(values).transform("mean")
    shares = float(np.mean([rate[y == 1].to_numpy()[:, None] > rate[y == 0].to_numpy()[None, :]]))
    assert shares > 0.97
    assert _category_aucs(values, {"y": y})["y"] < 0.7


def test_the_leave_one_out_score_worked_by_hand() -> None:
    """a: 1 1 1 0, b: 0 0 0 0 1, c: 1 1 0. Mean 6/12. Scores (events of the others + 0.5) / cases of the category:
    a: events 2.5/4, the other 3.5/4; b: 1.5/5 four times, the event 0.5/5; c: events 1.5/3, the other 2.5/3."""
    values = pd.Series(list("aaaabbbbbccc"))
    y = np.array([1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0], dtype=float)
    ill, well = [0.625] * 3 + [0.1] + [0.5] * 2, [0.875] + [0.3] * 4 + [2.5 / 3]
    auc = np.mean([(one > other) + 0.5 * (one == other) for one in ill for other in well])
    assert _category_aucs(values, {"y": y})["y"] == pytest.approx(auc)


def test_outcomes_with_few_events_are_not_judged() -> None:
    y = np.zeros(CASES, dtype=np.float32)
    y[:4] = 1
    cohort = with_column("x", y + 0.0)
    assert "alone" not in mild(replace(cohort, outcomes=cohort.outcomes.assign(death=y)))


def test_no_check_says_a_value_of_a_patient() -> None:
    words = pd.Categorical([f"Zebra{n}" for n in range(CASES)])
    for name in ("x", "patient_name", "discharged_to"):
        assert "Zebra" not in "\n".join(map(str, check(with_column(name, words))))


def test_rows_are_counted_over_batches_and_the_first_are_named() -> None:
    tally = Tally("a.csv")
    tally.add("x", "is wrong.", np.array([40, 30, 20, 10, 50, 60]))
    tally.add("x", "is wrong.", np.array([5]))
    tally.add("y", "is wrong.", [7])
    assert [str(finding) for finding in tally.findings()] == [
        "a.csv, column 'x', data rows 5, 10, 20, 30, 40 and 2 more: is wrong.",
        "a.csv, column 'y', data row 7: is wrong.",
    ]


def test_the_same_fault_of_many_columns_is_told_once_with_all_of_them() -> None:
    found = [Finding("a.csv", "is wrong.", column=name, rows=(1,), count=1) for name in "abcd"]
    other = Finding("b.csv", "is wrong.", column="a", rows=(2,), count=1)
    told = gathered([*found, other])
    assert [str(finding) for finding in told] == [
        "a.csv, 4 columns: is wrong. Found in 'a' (data row 1), 'b' (data row 1), 'c' (data row 1), 'd' (data row 1).",
        "b.csv, column 'a', data row 2: is wrong.",
    ]
    assert gathered(found[:3]) == found[:3]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("is 0 in 3 cases whose 'x', which it holds, is 1.", "is 0 in fewer than 5 cases whose 'x', which it holds, is 1."),
        ("is 0 in 5 cases whose 'x', which it holds, is 1.", "is 0 in 5 cases whose 'x', which it holds, is 1."),
        ("1 of 5,004 rows (0.0%) are late.", "fewer than 5 of 5,004 rows are late."),
        ("5,002 of 5,004 rows (100.0%) are late.", "all but fewer than 5 of 5,004 rows are late."),
        ("5,004 of 5,004 rows (100.0%) are late.", "5,004 of 5,004 rows (100.0%) are late."),
        ("4,999 of 5,004 rows (99.9%) are late.", "4,999 of 5,004 rows (99.9%) are late."),
        ("1,002 cases have no time.", "1,002 cases have no time."),
        ("0.4 cases and 12.3 rows.", "0.4 cases and 12.3 rows."),
        ("has AUC 0.991 with 'grade 3'.", "has AUC 0.991 with 'grade 3'."),
    ],
)
def test_what_is_published_of_a_finding_counts_no_few(what: str, said: str) -> None:
    assert public(Finding("a.csv", what, grave=False, column="x")) == f"a.csv, column 'x': {said}"


def test_what_is_published_of_a_finding_points_to_no_row() -> None:
    finding = Finding("a.csv", "the cell is no number.", column="x", rows=(7, 12), count=2)
    assert "7, 12" in str(finding)
    assert public(finding) == "a.csv, column 'x': the cell is no number."

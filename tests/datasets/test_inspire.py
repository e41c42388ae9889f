import gzip
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import datasets
from datasets import Refused, outcomes
from datasets.outcomes.complications import COMPLICATION_CODES, PULMONARY_CODES
from datasets.registry import entry
from tests.datasets import layouts
from tests.datasets.layouts import operation

DAY = 1440
START, END, DISCHARGE = 10 * DAY + 720, 10 * DAY + 840, 13 * DAY - 5
LATER = 100 * DAY
Rows = Sequence[Mapping[str, object]]


def lab(subject: int, time: int, item: str, value: object) -> dict[str, object]:
    return {"subject_id": subject, "chart_time": time, "item_name": item, "value": value}


def code(subject: int, day: int, word: str) -> dict[str, object]:
    return {"subject_id": subject, "chart_time": day * DAY, "icd10_cm": word}


def vital(op_id: int, time: int, item: str, value: object) -> dict[str, object]:
    return {"op_id": op_id, "subject_id": 0, "chart_time": time, "item_name": item, "value": value}


TIMES = ("orin_time", "opstart_time", "opend_time", "admission_time", "discharge_time", "anstart_time")
OPERATIONS = [
    operation(1, 70, age=61, icuin_time=END + 10, icuout_time=END + 1000, inhosp_death_time=LATER + DISCHARGE + 100),
    operation(2, 71, age=62, icuin_time=END - 2000, icuout_time=END - 1000, discharge_time=END + 14 * DAY + 5),
    # The same patient a hundred days later, who dies a little after the recorded discharge.
    operation(3, 70, age=63, inhosp_death_time=LATER + DISCHARGE + 100)
    | {name: LATER + int(str(operation(3, 70)[name])) for name in TIMES},
    operation(4, 72, age=64, inhosp_death_time=END - 5, icuin_time=END - 100, height=0, weight=0, asa=""),
    operation(5, 73, age=65, discharge_time="", icuin_time=END + 10),
    operation(6, 74, age=66, icuin_time=DISCHARGE + 10, cpbon_time=START + 10, cpboff_time=START + 50),
    operation(7, 75, age=67, opend_time=""),
]
LABS = [
    lab(70, END - 2000, "creatinine", 0.8),
    lab(70, START + 60, "creatinine", 0.9),  # during surgery: neither baseline nor after it
    lab(70, END + 5, "creatinine", 1.2),
    lab(70, LATER + END + 7 * DAY, "creatinine", 1.8),
    lab(71, END - 181 * DAY, "creatinine", 0.8),  # too old
    lab(71, END + 5, "creatinine", 5),
    lab(73, END - 2000, "creatinine", 0.8),
    lab(73, END, "creatinine", 5),  # at the landmark
    lab(73, END + 7 * DAY + 5, "creatinine", 5),  # after the week
    lab(74, START, "creatinine", 0.8),
    lab(74, END + 5, "creatinine", 1.1),
    lab(99, END - 5, "creatinine", 1),
    lab(70, END - 30, "sodium", 135),
    lab(70, END - 60, "sodium", 120),
    lab(70, END, "sodium", 150),
    lab(74, END - 30, "lacate", 2),
    lab(74, END - 30, "Lactate", 3),  # of one moment: the higher
    lab(74, END - 30, "unheard_of", 3),
]
DIAGNOSES = [
    code(70, 10, "C18"),
    code(70, 11, "J18"),
    code(70, 111, "J18"),
    code(71, 8, "J90"),
    code(71, 8, "I10"),
    code(71, 12, "J90"),
    code(71, 12, "n17.9"),
    code(73, 11, "J18"),
    code(74, 13, "J96"),
    code(74, 400, "J96"),
    code(99, 11, "J18"),
]
VITALS = [
    vital(1, END - 5, "hr", 80),
    vital(1, END - 5, "hr", 90),
    vital(1, END, "hr", 200),
    vital(1, END - 240, "bt", 36.5),
    vital(1, END - 245, "bt", 39),
    vital(1, END - 10, "art_mbp", 6),  # out of its range
    vital(1, END - 10, "ppf", 6),
    vital(3, LATER + END - 100, "spo2", 98),
    vital(8, END - 5, "hr", 80),
]


def home_of(
    folder: Path, operations: Rows = OPERATIONS, labs: Rows = LABS, diagnoses: Rows = DIAGNOSES, vitals: Rows = VITALS
) -> Path:
    return layouts.inspire(folder, operations, labs, diagnoses, vitals)


def by_case(cohort: datasets.Cohort) -> pd.DataFrame:
    """Everything of the six cases, in order of the age, by which the tests tell them apart."""
    return pd.concat([cohort.outcomes, cohort.tabular, cohort.text], axis=1).sort_values("age", ignore_index=True)


@pytest.fixture
def cohort(tmp_path: Path) -> datasets.Cohort:
    return datasets.load("inspire", home_of(tmp_path))


def test_outcomes_of_cases_worked_by_hand(cohort: datasets.Cohort) -> None:
    small, nan = by_case(cohort), np.nan
    np.testing.assert_array_equal(small["kidney_injury"], [1, nan, 1, nan, nan, 0])
    np.testing.assert_array_equal(small["icu_stay"], [1, 0, 0, nan, nan, 0])
    np.testing.assert_array_equal(small["complication_diagnosis"], [1, 1, 0, nan, nan, 0])
    np.testing.assert_array_equal(small["pulmonary_diagnosis"], [1, 0, 0, nan, nan, 0])
    np.testing.assert_array_equal(small["death_or_long_stay"], [0, 1, 1, nan, nan, 0])
    np.testing.assert_array_equal(small["death"], [0, 0, 1, nan, nan, 0])


def test_inputs_of_cases_worked_by_hand(cohort: datasets.Cohort) -> None:
    small, nan = by_case(cohort), np.nan
    assert small["age"].tolist() == [61, 62, 63, 64, 65, 66]
    for name, value in {
        "hours_admission_to_surgery": 36,
        "minutes_anaesthesia_to_incision": 30,
        "minutes_surgery": 120,
        "minutes_in_room": 180,
    }.items():
        assert (small[name] == value).all(), name
    np.testing.assert_array_equal(small["minutes_bypass"], [0, 0, 0, 0, 0, 40])
    np.testing.assert_array_equal(small["height"], [160, 160, 160, nan, 160, 160])
    np.testing.assert_allclose(small["bmi"].dropna(), 60 / 1.6**2, rtol=1e-6)
    np.testing.assert_array_equal(small["asa"], [2, 2, 2, nan, 2, 2])
    np.testing.assert_array_equal(small["lab_sodium"], [135, nan, 150, nan, nan, nan])
    np.testing.assert_array_equal(small["lab_sodium_hours"], [0.5, nan, 2400, nan, nan, nan])
    np.testing.assert_array_equal(small["lab_creatinine"], np.float32([0.9, nan, 1.2, nan, 0.8, 0.8]))
    assert small["lab_lactate"][5] == 3
    assert set(small["operation"]) == {"0DTJ4 GS General"}
    assert small["diagnoses"].tolist() == ["", "I10 J90", "C18 J18", "", "", ""]


def test_series_of_cases_worked_by_hand(cohort: datasets.Cohort) -> None:
    assert cohort.series is not None
    assert cohort.tabular is not None
    series = cohort.series
    first, third = (series.values[cohort.tabular["age"] == age][0] for age in (61, 63))
    expected = np.full_like(first, np.nan)
    expected[47, series.channels.index("hr")] = 85
    expected[0, series.channels.index("bt")] = 36.5
    np.testing.assert_array_equal(first, expected)
    assert third[28, series.channels.index("spo2")] == 98
    assert np.isfinite(series.values).sum() == 3


def test_what_happens_at_or_after_the_end_of_surgery_changes_no_input(tmp_path: Path) -> None:
    later = {"discharge_time": END + 30 * DAY, "icuin_time": END + 5, "icuout_time": END + DAY, "inhosp_death_time": END + 20 * DAY}
    later |= {"orout_time": END + 99, "anend_time": END + 99, "allcause_death_time": END + DAY}
    # Without the second operation of a patient, for whom what follows the first comes before.
    single = [row for row in OPERATIONS if row["op_id"] != 3]
    before = datasets.load("inspire", home_of(tmp_path / "single", single))
    labs = [row for row in LABS if int(str(row["chart_time"])) < END]
    labs += [lab(subject, END + gap, item, 9) for subject in (70, 74) for gap in (0, 5, DAY) for item in ("creatinine", "sodium")]
    codes = [row for row in DIAGNOSES if int(str(row["chart_time"])) < 10 * DAY]
    codes += [code(subject, day, "J80") for subject in (70, 71, 72) for day in (10, 11, 12)]
    vitals = [*VITALS, *(vital(op, END + gap, "hr", 99) for op in (1, 2, 4) for gap in range(0, 60, 5))]
    after = datasets.load("inspire", home_of(tmp_path / "after", [row | later for row in single], labs, codes, vitals))
    assert after.inputs_key == before.inputs_key
    assert not after.outcomes.equals(before.outcomes)


def test_nothing_depends_on_the_order_of_rows_or_on_identifiers(tmp_path: Path) -> None:
    straight = datasets.load("inspire", home_of(tmp_path / "straight"))
    turned = [rows[::-1] for rows in (OPERATIONS, LABS, DIAGNOSES, VITALS)]
    assert datasets.content_hash(datasets.load("inspire", home_of(tmp_path / "turned", *turned))) == datasets.content_hash(straight)
    assert sorted(np.bincount(straight.patient)) == [1, 1, 1, 1, 2]
    first = np.sort(np.unique(straight.patient, return_index=True)[1])
    np.testing.assert_array_equal(straight.patient[first], np.arange(5))


def test_the_card_names_what_the_cohort_holds_and_counts_what_it_leaves_out(cohort: datasets.Cohort) -> None:
    assert set(cohort.card.outcomes) == set(cohort.outcome_names)
    assert cohort.tabular is not None
    assert set(cohort.card.reference) <= set(cohort.tabular)
    assert cohort.text is not None
    assert cohort.card.procedure in cohort.text
    assert "Left out: 1 operations have no end of surgery." in cohort.card.notes
    known = cohort.outcomes.dropna()
    assert (known["complication_diagnosis"] >= known["pulmonary_diagnosis"]).all()
    assert {"op_id", "subject_id", "icuin_time", "discharge_time"}.isdisjoint(cohort.tabular)


@pytest.mark.parametrize("name", ["opid", "gzip"])
def test_reads_the_other_spelling_of_the_operation_and_gzipped_files(tmp_path: Path, name: str) -> None:
    expected = datasets.content_hash(datasets.load("inspire", home_of(tmp_path)))
    for path in (tmp_path / "inspire").glob("*.csv"):
        if name == "opid" and path.name == "vitals.csv":
            path.write_text(path.read_text(encoding="utf-8-sig").replace("op_id", "opid", 1))
        elif name == "gzip":
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
    assert datasets.content_hash(datasets.load("inspire", tmp_path)) == expected


def test_missing_files_are_refused_all_at_once_with_where_to_apply_and_to_put_them(tmp_path: Path) -> None:
    home_of(tmp_path)
    for name in ("labs", "vitals"):
        (tmp_path / "inspire" / f"{name}.csv").unlink()
    with pytest.raises(Refused) as refused:
        datasets.load("inspire", tmp_path)
    assert re.findall(r"inspire/(\w+)\.csv", str(refused.value)) == ["labs", "vitals"]
    for said in ("https://physionet.org/content/inspire/", "<data home>/inspire/", "--data-home", "CLINICAL_MTL_DATA"):
        assert said in str(refused.value)
    assert entry("inspire").access in str(refused.value)
    assert all(file.url is None and file.needed for file in entry("inspire").files)


@pytest.mark.parametrize(
    ("name", "column", "listed"),
    [
        ("operations", "opend_time", "'opend_time'"),
        ("labs", "item_name", "'item_name'"),
        ("diagnosis", "icd10_cm", "'icd10_cm'"),
        ("vitals", "op_id", r"'op_id' \(or 'opid'\)"),
    ],
)
def test_a_missing_column_is_refused_by_name(tmp_path: Path, name: str, column: str, listed: str) -> None:
    path = home_of(tmp_path) / "inspire" / f"{name}.csv"
    path.write_text(path.read_text().replace(column, "other", 1))
    with pytest.raises(Refused, match=rf"{name}\.csv: column {listed} is missing\. The file has: .*other"):
        datasets.load("inspire", tmp_path)


@pytest.mark.parametrize(
    ("name", "column", "row"),
    [
        ("operations", "asa", 1),
        ("operations", "opend_time", 4),
        ("labs", "value", 2),
        ("labs", "subject_id", 3),
        ("vitals", "chart_time", 6),
    ],
)
def test_a_value_that_does_not_parse_is_refused_by_place_and_not_shown(tmp_path: Path, name: str, column: str, row: int) -> None:
    path = home_of(tmp_path) / "inspire" / f"{name}.csv"
    frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    frame.loc[row - 1, column] = "secret"
    frame.to_csv(path, index=False)
    with pytest.raises(Refused, match=rf"{name}\.csv: column '{column}', data row {row}:") as refused:
        datasets.load("inspire", tmp_path)
    assert "secret" not in str(refused.value)


def test_a_diagnosis_without_a_code_a_torn_row_and_an_operation_that_stands_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"diagnosis\.csv: data row 2: a diagnosis needs"):
        datasets.load("inspire", home_of(tmp_path, diagnoses=[code(70, 1, "I10"), code(70, 1, "")]))
    with pytest.raises(Refused, match=r"operations\.csv: column 'op_id', data row 8: the value repeats"):
        datasets.load("inspire", home_of(tmp_path, [*OPERATIONS, OPERATIONS[0]]))
    with (home_of(tmp_path) / "inspire" / "labs.csv").open("a") as file:
        file.write("70,100,secret\n")
    with pytest.raises(Refused, match=rf"labs\.csv: data row {len(LABS) + 1} has more or fewer cells") as refused:
        datasets.load("inspire", tmp_path)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"op_id\n\xff\xfe\n"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (home_of(tmp_path) / "inspire" / "operations.csv").write_bytes(content)
    with pytest.raises(Refused, match=r"operations\.csv"):
        datasets.load("inspire", tmp_path)


@pytest.mark.parametrize("rows", [[OPERATIONS[-1]], []])
def test_a_file_without_a_single_operation_with_an_end_is_refused(tmp_path: Path, rows: Rows) -> None:
    with pytest.raises(Refused, match="no operation has an end"):
        datasets.load("inspire", home_of(tmp_path, rows))


def test_intensive_care_after_surgery_worked_by_hand() -> None:
    nan = np.nan
    cases = {
        (nan, nan, 100): 0,  # none recorded
        (20, 30, 100): 1,
        (20, nan, 100): 1,
        (5, 30, 100): 1,  # came from the unit and went back
        (5, 9, 100): 0,  # before surgery alone
        (5, nan, 100): nan,  # whether it went on is not known
        (100, 200, 100): 1,
        (101, 200, 100): 0,  # of a later stay
        (20, 30, nan): nan,
        (nan, nan, 9): nan,  # discharged before the end of surgery
    }
    into, out, discharge = np.array(list(cases), dtype=float).T
    found = outcomes.icu_after(np.full(len(cases), 10.0), into, out, discharge)
    np.testing.assert_array_equal(found, list(cases.values()))


def test_death_in_the_stay_of_the_operation_worked_by_hand() -> None:
    cases = {(np.nan, 100): 0, (50, 100): 1, (101, 100): 1, (102, 100): 0, (9, 100): np.nan, (10, 100): 1, (50, np.nan): np.nan}
    death, discharge = np.array(list(cases), dtype=float).T
    found = outcomes.death_in_stay(np.full(len(cases), 10.0), death, discharge, slack=1)
    np.testing.assert_array_equal(found, list(cases.values()))


def test_new_diagnoses_worked_by_hand() -> None:
    entries: list[tuple[int, float, str]] = [
        (0, 1, "J18"),  # first entered the day after
        (1, 0, "J18"),  # on the day of surgery: not told into before and after
        (2, -180, "J18"),
        (2, 5, "J18"),  # known before
        (3, -181, "J18"),
        (3, 5, "J18"),  # long before: new again
        (4, 6, "J18"),  # after the last day
        (5, 5, "I10"),  # not among those wanted
        (5, -2, "J18"),
        (7, 1, "J18"),  # without a last day
        (-1, 1, "J18"),
    ]
    case, day, word = (np.array(part) for part in zip(*entries, strict=True))
    last_day = np.array([5.0] * 7 + [np.nan])
    found = outcomes.new_diagnosis(8, case, day.astype(float), word, PULMONARY_CODES, last_day)
    np.testing.assert_array_equal(found, [1, 0, 0, 1, 0, 0, np.nan, np.nan])
    assert PULMONARY_CODES < COMPLICATION_CODES

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import datasets
from datasets import Refused
from tests.datasets.vitaldb_home import CASES, DAY, LABS, home_of

HERE = Path(__file__).resolve()


@pytest.fixture(scope="module")
def real() -> Path:
    home = Path(os.environ.get("CLINICAL_MTL_DATA") or HERE.parents[2] / "../shared/data")
    if not (home / "vitaldb" / "cases.csv").is_file():
        pytest.skip(f"no vitaldb/cases.csv below {home}: set CLINICAL_MTL_DATA to the data home")
    return home


@pytest.fixture(scope="module")
def real_cohort(real: Path) -> datasets.Cohort:
    return datasets.load("vitaldb", real)


def by_case(cohort: datasets.Cohort) -> pd.DataFrame:
    """Outcomes and some inputs by the source's case number, found again by age, which the tests make unique."""
    frame = pd.concat([cohort.outcomes, cohort.tabular, cohort.text], axis=1)
    ages = {number: 50 + number for number in range(1, 7)} | {1: 90}
    return frame.set_index(frame["age"].map({age: number for number, age in ages.items()})).sort_index()


@pytest.fixture
def small(tmp_path: Path) -> pd.DataFrame:
    cases = [row | {"age": row["age"] if row["age"] == ">89" else 50 + int(str(row["caseid"]))} for row in CASES]
    return by_case(datasets.load("vitaldb", home_of(tmp_path, cases)))


def test_outcomes_of_cases_worked_by_hand(small: pd.DataFrame) -> None:
    nan = np.nan
    np.testing.assert_array_equal(small["kidney_injury"], [1, nan, nan, 0, nan, nan])
    np.testing.assert_array_equal(small["icu_stay"], [1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(small["death_or_long_stay"], [0, 1, 1, nan, 0, nan])
    np.testing.assert_array_equal(small["death"], [0, 0, 1, 0, 0, 0])


def test_inputs_of_cases_worked_by_hand(small: pd.DataFrame) -> None:
    np.testing.assert_array_equal(small["hours_admission_to_surgery"], [1, 10, 10, np.nan, 10, 10])
    assert (small["minutes_anaesthesia_to_incision"] == 10).all()
    assert (small["minutes_surgery"] == 150).all()
    assert small["diagnosis"].tolist() == ["Ileus"] * 5 + [""]
    assert small["sex"].tolist() == ["M", "F", "M", "M", "M", "M"]


def test_what_happens_after_surgery_changes_no_input(tmp_path: Path) -> None:
    before = datasets.load("vitaldb", home_of(tmp_path))
    later = {"dis": 5_000_000, "icu_days": 9, "death_inhosp": 1, "aneend": 90_000, "caseend": 90_000}
    labs = [row | {"result": 3.3} for row in LABS if int(str(row["dt"])) > 10_000]
    after = datasets.load("vitaldb", home_of(tmp_path, [row | later for row in CASES], labs))
    assert after.inputs_key == before.inputs_key
    assert not after.outcomes.equals(before.outcomes)


def test_row_order_and_patient_codes_depend_on_neither_the_file_nor_its_identifiers(tmp_path: Path) -> None:
    cohort = datasets.load("vitaldb", home_of(tmp_path))
    turned = datasets.load("vitaldb", home_of(tmp_path, CASES[::-1], LABS[::-1]))
    assert datasets.content_hash(cohort) == datasets.content_hash(turned)
    np.testing.assert_array_equal(cohort.patient[np.sort(np.unique(cohort.patient, return_index=True)[1])], np.arange(5))
    pairs = [sum(cohort.patient == code) for code in range(5)]
    assert sorted(pairs) == [1, 1, 1, 1, 2]


@pytest.mark.parametrize("name", ["plain", "gzip", "physionet"])
def test_reads_the_layouts_of_both_sources(tmp_path: Path, name: str) -> None:
    expected = datasets.content_hash(datasets.load("vitaldb", home_of(tmp_path)))
    folder = tmp_path / "vitaldb"
    names = {"cases.csv": "clinical_data.csv", "labs.csv": "lab_data.csv"}
    for old, new in names.items():
        content = b"\xef\xbb\xbf" + (folder / old).read_bytes()
        (folder / old).unlink()
        if name == "plain":
            (folder / old).write_bytes(content)
        elif name == "gzip":
            (folder / f"{old}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / new).write_bytes(content)
    assert datasets.content_hash(datasets.load("vitaldb", tmp_path)) == expected


@pytest.mark.parametrize("missing", ["cases.csv", "labs.csv"])
def test_a_missing_file_is_refused_with_where_to_get_and_put_it(tmp_path: Path, missing: str) -> None:
    (home_of(tmp_path) / "vitaldb" / missing).unlink()
    with pytest.raises(Refused) as refused:
        datasets.load("vitaldb", tmp_path)
    for part in (str(tmp_path / "vitaldb" / missing), "https://api.vitaldb.net/cases", "--data-home", "CLINICAL_MTL_DATA"):
        assert part in str(refused.value)


@pytest.mark.parametrize("column", ["opend", "dx", "preop_cr", "cline2", "subjectid"])
def test_a_missing_column_is_refused_by_name(tmp_path: Path, column: str) -> None:
    home = home_of(tmp_path, [{name: value for name, value in row.items() if name != column} for row in CASES])
    with pytest.raises(Refused, match=rf"cases\.csv: column '{column}' is missing"):
        datasets.load("vitaldb", home)


@pytest.mark.parametrize(
    ("place", "column", "value"),
    [
        (2, "preop_cr", "secret"),
        (0, "opend", "12:30"),
        (4, "age", "<1O"),
        (3, "weight", "inf"),
        (1, "caseid", 1),
        (5, "subjectid", ""),
        (5, "subjectid", 7.5),
        (2, "asa", ">3"),
    ],
)
def test_a_value_that_does_not_parse_is_refused_by_place_and_not_shown(
    tmp_path: Path, place: int, column: str, value: object
) -> None:
    cases = [row | ({column: value} if i == place else {}) for i, row in enumerate(CASES)]
    with pytest.raises(Refused, match=rf"cases\.csv: column '{column}', data row {place + 1}:") as refused:
        datasets.load("vitaldb", home_of(tmp_path, cases))
    assert "secret" not in str(refused.value)


def test_of_several_wrong_values_the_first_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="data row 1, and 5 more:"):
        datasets.load("vitaldb", home_of(tmp_path, [row | {"weight": "heavy"} for row in CASES]))


def test_a_creatinine_that_does_not_parse_is_refused_by_place(tmp_path: Path) -> None:
    labs = [row | ({"result": "high"} if i == 12 else {}) for i, row in enumerate(LABS)]
    with pytest.raises(Refused, match=r"labs\.csv: column 'result', data row 13:"):
        datasets.load("vitaldb", home_of(tmp_path, labs=labs))


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b broken", b"caseid\n\xff\xfe\n", b'a,b\n"1,2\n'])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (home_of(tmp_path) / "vitaldb" / "cases.csv").write_bytes(content)
    with pytest.raises(Refused, match=r"cases\.csv"):
        datasets.load("vitaldb", tmp_path)


def test_counts_of_the_real_files(real_cohort: datasets.Cohort) -> None:
    cohort = real_cohort
    assert (len(cohort), len(np.unique(cohort.patient))) == (6388, 6090)
    assert cohort.outcome_names == ("kidney_injury", "icu_stay", "death_or_long_stay", "death")
    assert cohort.outcomes.notna().sum().tolist() == [3060, 6388, 6363, 6388]
    assert cohort.outcomes.sum().tolist() == [122, 1204, 670, 57]
    assert cohort.modalities == ("tabular", "text")
    assert all(cohort.present(modality).all() for modality in cohort.modalities)


def test_outcomes_of_the_real_files_against_a_plain_recount(real: Path, real_cohort: datasets.Cohort) -> None:
    with (real / "vitaldb" / "cases.csv").open(encoding="utf-8-sig", newline="") as file:
        surgery = {row["caseid"]: (int(row["opstart"]), int(row["opend"])) for row in csv.DictReader(file)}
    before: dict[str, list[tuple[int, float]]] = {}
    after: dict[str, list[float]] = {}
    with (real / "vitaldb" / "labs.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            (start, end), time, value = surgery[row["caseid"]], int(row["dt"]), float(row["result"])
            if time <= start:
                before.setdefault(row["caseid"], []).append((time, value))
            if end < time <= end + 7 * DAY:
                after.setdefault(row["caseid"], []).append(value)
    ratios = [max(after[number]) / max(before[number])[1] for number in after if max(before[number])[1] <= 4]
    known, injured = len(ratios), sum(ratio >= 1.5 - 1e-9 for ratio in ratios)
    found = real_cohort.outcomes["kidney_injury"]
    assert (found.notna().sum(), found.sum()) == (known, injured)


def test_the_real_inputs_hold_nothing_from_after_surgery_and_no_identifier(real: Path, real_cohort: datasets.Cohort) -> None:
    cohort = real_cohort
    assert cohort.tabular is not None
    known_later = {"dis", "icu_days", "death_inhosp", "caseend", "aneend", "caseid", "subjectid", "adm", "dx", "opname", "opend"}
    assert not known_later & set(cohort.tabular)
    assert set(cohort.card.reference) <= set(cohort.tabular)
    assert cohort.text is not None
    assert cohort.card.procedure in cohort.text
    assert set(cohort.card.outcomes) == set(cohort.outcome_names)
    numeric = cohort.tabular.select_dtypes("number")
    assert (numeric.dtypes == np.float32).all()
    # Offsets of 117 years, by which the source marks what it does not know, are gone.
    assert numeric["hours_admission_to_surgery"].max() < 100 * 24
    source = pd.read_csv(real / "vitaldb" / "cases.csv", encoding="utf-8-sig")
    assert np.corrcoef(cohort.tabular["age"].to_numpy(), source["age"].to_numpy())[0, 1] < 0.05

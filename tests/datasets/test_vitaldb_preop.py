"""vitaldb_preop: the same operations, predicted from before surgery."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import datasets
from datasets import Refused
from datasets.registry import entry
from datasets.vitaldb import inputs
from tests.datasets.vitaldb_home import CASES, DAY, LABS, home_of, with_tracks

HERE = Path(__file__).resolve()
# Everything that is timed after the patient enters theatre, or made of it.
LATER = {
    **dict.fromkeys(inputs.DURING, 7),
    **dict.fromkeys(inputs.PLACED, "Left radial"),
    **{"anestart": 500, "opstart": 3_000, "opend": 40_000, "aneend": 41_000, "caseend": 42_000},
    **{"dis": 40_000 + 20 * DAY, "icu_days": 9, "death_inhosp": 1},
}


def inputs_of(cohort: datasets.Cohort) -> pd.DataFrame:
    return pd.concat([cohort.tabular, cohort.text], axis=1)


def test_what_happens_after_the_patient_enters_theatre_changes_no_input(tmp_path: Path) -> None:
    before = datasets.load("vitaldb_preop", home_of(tmp_path))
    labs = [row | {"result": 3.3} for row in LABS if int(str(row["dt"])) > 0]
    after = datasets.load("vitaldb_preop", home_of(tmp_path, [row | LATER for row in CASES], labs))
    assert after.inputs_key == before.inputs_key
    pd.testing.assert_frame_equal(inputs_of(after), inputs_of(before))
    assert not after.outcomes.equals(before.outcomes)


@pytest.mark.parametrize(("column", "value"), [("emop", 1), ("preop_cr", 3), ("approach", "Robotic"), ("opname", "Lobectomy")])
def test_what_is_known_before_surgery_is_an_input(tmp_path: Path, column: str, value: object) -> None:
    before = datasets.load("vitaldb_preop", home_of(tmp_path))
    after = datasets.load("vitaldb_preop", home_of(tmp_path, [CASES[0] | {column: value}, *CASES[1:]]))
    assert after.inputs_key != before.inputs_key


def test_the_wait_ends_where_the_record_begins(tmp_path: Path) -> None:
    cases = [CASES[0] | {"adm": -7_200, "age": 51}, CASES[3] | {"age": 54}, CASES[4] | {"adm": 3_600, "age": 55}]
    tabular = datasets.load("vitaldb_preop", home_of(tmp_path, cases)).tabular
    assert tabular is not None
    # Two hours; an unknown admission, marked by 117 years; an admission after the record began.
    np.testing.assert_array_equal(tabular.set_index("age")["hours_admission_to_theatre"][[51, 54, 55]], [2, np.nan, np.nan])


def test_same_cases_outcomes_and_patients_as_at_the_end_of_surgery(tmp_path: Path) -> None:
    home = with_tracks(home_of(tmp_path))
    preop, end = datasets.load("vitaldb_preop", home), datasets.load("vitaldb", home)
    pd.testing.assert_frame_equal(preop.outcomes, end.outcomes)
    np.testing.assert_array_equal(preop.patient, end.patient)
    assert preop.text is not None
    assert preop.tabular is not None
    assert end.tabular is not None
    pd.testing.assert_frame_equal(preop.text, end.text)
    shared = preop.tabular.drop(columns="hours_admission_to_theatre")
    pd.testing.assert_frame_equal(shared, end.tabular[list(shared)])


def test_no_track_is_read(tmp_path: Path) -> None:
    alone = datasets.load("vitaldb_preop", home_of(tmp_path))
    home = with_tracks(home_of(tmp_path))
    for path in ((home / "vitaldb" / "trks.csv"), *(home / "vitaldb" / "tracks").iterdir()):
        path.write_bytes(b"\x00 no track at all")
    beside = datasets.load("vitaldb_preop", home)
    assert beside.modalities == ("tabular", "text")
    assert datasets.content_hash(beside) == datasets.content_hash(alone)
    assert not [file.path for file in entry("vitaldb_preop").files if "tr" in file.path]


def test_row_order_changes_nothing(tmp_path: Path) -> None:
    cohort = datasets.load("vitaldb_preop", home_of(tmp_path))
    turned = datasets.load("vitaldb_preop", home_of(tmp_path, CASES[::-1], LABS[::-1]))
    assert datasets.content_hash(cohort) == datasets.content_hash(turned)


@pytest.mark.parametrize("column", ["adm", "opname", "preop_alb", "position", "death_inhosp", "opend"])
def test_a_missing_column_is_refused_by_name(tmp_path: Path, column: str) -> None:
    home = home_of(tmp_path, [{name: value for name, value in row.items() if name != column} for row in CASES])
    with pytest.raises(Refused, match=rf"cases\.csv: column '{column}' is missing"):
        datasets.load("vitaldb_preop", home)


def test_columns_of_surgery_may_be_absent(tmp_path: Path) -> None:
    gone = {*inputs.DURING, *inputs.PLACED, "anestart"}
    full = datasets.load("vitaldb_preop", home_of(tmp_path))
    home = home_of(tmp_path, [{name: value for name, value in row.items() if name not in gone} for row in CASES])
    assert datasets.content_hash(datasets.load("vitaldb_preop", home)) == datasets.content_hash(full)


@pytest.mark.parametrize("missing", ["cases.csv", "labs.csv"])
def test_a_missing_file_is_refused_in_the_name_of_the_cohort(tmp_path: Path, missing: str) -> None:
    (home_of(tmp_path) / "vitaldb" / missing).unlink()
    with pytest.raises(Refused, match=r"^vitaldb_preop: ") as refused:
        datasets.load("vitaldb_preop", tmp_path)
    assert str(tmp_path / "vitaldb" / missing) in str(refused.value)


def test_the_real_files(tmp_path: Path) -> None:
    home = Path(os.environ.get("CLINICAL_MTL_DATA") or HERE.parents[2] / "../shared/data")
    if not (home / "vitaldb" / "cases.csv").is_file():
        pytest.skip(f"no vitaldb/cases.csv below {home}: set CLINICAL_MTL_DATA to the data home")
    cohort = datasets.load("vitaldb_preop", home)
    assert (len(cohort), len(np.unique(cohort.patient))) == (6388, 6090)
    assert cohort.outcomes.notna().sum().tolist() == [3060, 6388, 6363, 6388]
    assert cohort.outcomes.sum().tolist() == [122, 1204, 670, 57]
    assert cohort.tabular is not None
    expected = {*inputs.BEFORE, *inputs.PLANNED, "emergency", "hours_admission_to_theatre"} - {"emop"}
    assert set(cohort.tabular) == expected
    assert not [name for name in cohort.tabular if name.startswith(("intraop", "minutes", "iv", "aline", "cline", "tube"))]
    assert set(cohort.card.reference) <= set(cohort.tabular)
    assert cohort.text is not None
    assert cohort.card.procedure in cohort.text
    assert cohort.tabular["hours_admission_to_theatre"].max() < 100 * 24
    assert "stand for the planned ones" in " ".join(cohort.card.notes)

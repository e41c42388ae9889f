"""mi_complications: UCI 579, predicted from at admission."""

import csv
import gzip
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import datasets
from datasets import Refused, outcomes
from datasets.download import missing
from datasets.mi_complications import records
from datasets.mi_complications.columns import CAUSE_OF_DEATH, COLUMNS, COMPLICATIONS, FLAGS, GRADES, KINDS, LATER, NUMBERS
from datasets.registry import entry

HERE = Path(__file__).resolve()
NAN = float("nan")
INPUTS = {**NUMBERS, **FLAGS, **{column: name for column, (name, *_) in (GRADES | KINDS).items()}}


def record(number: int, **values: object) -> dict[str, object]:
    """A patient without anything, of age 50 + number, by which the tests find the record again."""
    return dict.fromkeys(COLUMNS, 0) | {"ID": number, "AGE": 50 + number, "TIME_B_S": 1} | values


RECORDS = [
    record(1, SEX=1, ZSN_A=3, FIBR_PREDS=1, LET_IS=0, S_AD_ORIT=0, K_BLOOD=4.7),
    record(2, LET_IS=1, K_SH_POST=1, TIME_B_S=9, IBS_POST=2),
    record(3, LET_IS=7, RAZRIV="?", ant_im=4, ZSN_A="?", K_BLOOD="?", NA_KB="?", SEX=1),
    record(4, LET_IS="?", P_IM_STEN=1, STENOK_AN=6),
]


def home_of(tmp_path: Path, rows: list[dict[str, object]] = RECORDS, columns: tuple[str, ...] = COLUMNS) -> Path:
    folder = tmp_path / "mi_complications"
    folder.mkdir(exist_ok=True)
    lines = (",".join(str(row[column]) for column in columns) for row in rows)
    (folder / "MI.data").write_text("\n".join(lines) + "\n")
    return tmp_path


def by_patient(cohort: datasets.Cohort) -> pd.DataFrame:
    assert cohort.tabular is not None
    frame = pd.concat([cohort.outcomes.add_prefix("y_"), cohort.tabular], axis=1)
    return frame.set_index(frame["age"].astype(int) - 50).sort_index()


def test_every_column_of_the_source_has_one_place() -> None:
    places = ["ID", *INPUTS, *LATER, *COMPLICATIONS, CAUSE_OF_DEATH]
    assert len(COLUMNS) == 124
    assert sorted(places) == sorted(COLUMNS)
    assert len(set(INPUTS.values())) == len(INPUTS) == 87
    # Columns 113 to 124 of the source.
    assert [*COMPLICATIONS, CAUSE_OF_DEATH] == list(COLUMNS[112:])
    # What the source itself leaves out for a prediction at admission: columns 93 to 95 and 100 to 105.
    assert {COLUMNS[number - 1] for number in (93, 94, 95, *range(100, 106))} <= set(LATER)
    assert [column for column in INPUTS if column.endswith(("_n", "_S"))] == ["TIME_B_S"]


def test_definitions_of_the_outcomes() -> None:
    recorded = outcomes.complication(np.array([0, 1, 2, -1, 0.5, NAN]))
    np.testing.assert_array_equal(recorded, np.array([0, 1, NAN, NAN, NAN, NAN], dtype=np.float32), strict=True)
    died = outcomes.death_by_cause(np.array([0, 1, 4, 7, -1, NAN]))
    np.testing.assert_array_equal(died, np.array([0, 1, 1, 1, NAN, NAN], dtype=np.float32), strict=True)


def test_records_worked_by_hand(tmp_path: Path) -> None:
    cohort = datasets.load("mi_complications", home_of(tmp_path))
    found = by_patient(cohort)
    assert cohort.modalities == ("tabular",)
    np.testing.assert_array_equal(found["y_death"], [0, 1, 1, NAN])
    np.testing.assert_array_equal(found["y_atrial_fibrillation"], [1, 0, 0, 0])
    np.testing.assert_array_equal(found["y_myocardial_rupture"], [0, 0, NAN, 0])
    np.testing.assert_array_equal(found["y_postinfarction_angina"], [0, 0, 0, 1])
    np.testing.assert_array_equal(found["cardiogenic_shock_on_arrival"], [0, 1, 0, 0])
    np.testing.assert_array_equal(found["onset_to_admission"], [1, 9, 1, 1])
    np.testing.assert_array_equal(found["anterior_infarct"], [0, 0, 4, 0])
    np.testing.assert_array_equal(found["potassium"], np.array([4.7, 0, NAN, 0], dtype=np.float32))
    np.testing.assert_array_equal(found["ambulance_opioids"], [0, 0, NAN, 0])
    # Too low to be measured, which is not the same as not measured.
    np.testing.assert_array_equal(found["systolic_pressure_icu"], [0, 0, 0, 0])
    assert found["sex"].tolist() == ["male", "female", "male", "female"]
    assert found["heart_failure_before"].astype(object).where(found["heart_failure_before"].notna(), None).tolist() == [
        "IIA left",
        "none",
        None,
        "none",
    ]
    assert found["angina_before_admission"].tolist() == ["none", "unstable", "none", "none"]


def test_grades_and_flags_are_numbers_and_kinds_are_categories(tmp_path: Path) -> None:
    tabular = datasets.load("mi_complications", home_of(tmp_path)).tabular
    assert tabular is not None
    assert (tabular.select_dtypes("number").dtypes == np.float32).all()
    assert tabular.select_dtypes("category").columns.tolist() == ["sex", "angina_before_admission", "heart_failure_before"]
    # All kinds that the source names, also those that no patient has.
    assert tabular["heart_failure_before"].cat.categories.tolist() == ["none", "I", "IIA right", "IIA left", "IIB"]


def test_what_happens_after_admission_changes_no_input(tmp_path: Path) -> None:
    before = datasets.load("mi_complications", home_of(tmp_path))
    later = dict.fromkeys(LATER, 1) | dict.fromkeys(COMPLICATIONS, 1) | {CAUSE_OF_DEATH: 3}
    after = datasets.load("mi_complications", home_of(tmp_path, [row | later for row in RECORDS]))
    assert after.inputs_key == before.inputs_key
    assert (after.outcomes == 1).all(axis=None)


@pytest.mark.parametrize("column", ["AGE", "S_AD_ORIT", "GB", "IBS_POST", "n_p_ecg_p_12", "LID_KB", "ROE"])
def test_what_is_known_at_admission_is_an_input(tmp_path: Path, column: str) -> None:
    before = datasets.load("mi_complications", home_of(tmp_path))
    after = datasets.load("mi_complications", home_of(tmp_path, [RECORDS[0] | {column: 1}, *RECORDS[1:]]))
    assert after.inputs_key != before.inputs_key


def test_row_order_changes_nothing_and_numbers_are_gone(tmp_path: Path) -> None:
    cohort = datasets.load("mi_complications", home_of(tmp_path))
    turned = datasets.load("mi_complications", home_of(tmp_path, RECORDS[::-1]))
    assert datasets.content_hash(cohort) == datasets.content_hash(turned)
    np.testing.assert_array_equal(cohort.patient, np.arange(4))
    assert cohort.tabular is not None
    assert "ID" not in cohort.tabular
    many = [record(number) for number in range(1, 1001)]
    ages = datasets.load("mi_complications", home_of(tmp_path, [row | {"AGE": row["ID"]} for row in many])).tabular
    assert ages is not None
    assert abs(np.corrcoef(ages["age"], np.arange(1000))[0, 1]) < 0.1


@pytest.mark.parametrize("layout", ["gzip", "archive", "archive with folder", "byte order mark", "crlf"])
def test_reads_the_layouts_of_the_source(tmp_path: Path, layout: str) -> None:
    home = home_of(tmp_path)
    expected = datasets.content_hash(datasets.load("mi_complications", home))
    path = home / "mi_complications" / "MI.data"
    content = path.read_bytes()
    path.unlink()
    if layout == "gzip":
        path.with_name("MI.data.gz").write_bytes(gzip.compress(content))
    elif layout.startswith("archive"):
        with zipfile.ZipFile(home / entry("mi_complications").files[0].path, "w") as packed:
            packed.writestr("README", "not the data")
            packed.writestr("folder/MI.data" if layout.endswith("folder") else "MI.data", content)
        assert missing(entry("mi_complications").files, home) == ()
    elif layout == "crlf":
        path.write_bytes(content.replace(b"\n", b"\r\n"))
    else:
        path.write_bytes(b"\xef\xbb\xbf" + content)
    assert datasets.content_hash(datasets.load("mi_complications", home)) == expected


def test_columns_beside_the_file_give_their_order(tmp_path: Path) -> None:
    expected = datasets.content_hash(datasets.load("mi_complications", home_of(tmp_path)))
    home = home_of(tmp_path, columns=COLUMNS[::-1])
    (home / "mi_complications" / "columns.txt").write_text(",".join(COLUMNS[::-1]) + "\n")
    assert datasets.content_hash(datasets.load("mi_complications", home)) == expected


@pytest.mark.parametrize("column", ["ID", "AGE", "LET_IS", "n_r_ecg_p_10"])
def test_a_missing_column_is_refused_by_name(tmp_path: Path, column: str) -> None:
    rest = tuple(name for name in COLUMNS if name != column)
    home = home_of(tmp_path, columns=rest)
    with pytest.raises(Refused, match=r"MI\.data: 123 fields a row were found, 124 are expected"):
        datasets.load("mi_complications", home)
    (home / "mi_complications" / "columns.txt").write_text(",".join(rest))
    with pytest.raises(Refused, match=rf"MI\.data: column '{column}' is missing"):
        datasets.load("mi_complications", home)


def test_columns_of_later_days_may_be_absent(tmp_path: Path) -> None:
    expected = datasets.content_hash(datasets.load("mi_complications", home_of(tmp_path)))
    rest = tuple(name for name in COLUMNS if name not in LATER)
    home = home_of(tmp_path, columns=rest)
    (home / "mi_complications" / "columns.txt").write_text("\n".join(rest))
    assert datasets.content_hash(datasets.load("mi_complications", home)) == expected


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    (home / "mi_complications" / "columns.txt").write_text(",".join((*COLUMNS[:-1], "AGE")))
    with pytest.raises(Refused, match=r"columns\.txt: a name stands twice"):
        datasets.load("mi_complications", home)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("AGE", "secret", "the value is not a number"),
        ("K_BLOOD", "inf", "the value is not a number"),
        ("ID", 1, "the value repeats an earlier one"),
        ("ID", "?", "the value is empty or not a whole number"),
        ("nr_03", 2, "the value is no code from 0 to 1"),
        ("ZSN_A", 5, "the value is no code from 0 to 4"),
        ("GB", 1.5, "the value is no code from 0 to 3"),
        ("TIME_B_S", 0, "the value is no code from 1 to 9"),
        ("ZSN", -1, "the value is no code from 0 to 1"),
        ("LET_IS", 8, "the value is no code from 0 to 7"),
    ],
)
def test_a_value_that_does_not_parse_is_refused_by_place_and_not_shown(
    tmp_path: Path, column: str, value: object, said: str
) -> None:
    rows = [*RECORDS[:2], RECORDS[2] | {column: value}, RECORDS[3]]
    with pytest.raises(Refused, match=rf"MI\.data: column '{column}', data row 3: {said}") as refused:
        datasets.load("mi_complications", home_of(tmp_path, rows))
    assert "secret" not in str(refused.value)


def test_of_several_wrong_codes_the_first_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="column 'endocr_02', data row 1, and 3 more:"):
        datasets.load("mi_complications", home_of(tmp_path, [row | {"endocr_02": 7} for row in RECORDS]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read as CSV"),
        (b"1,2,3\n", "3 fields a row were found, 124 are expected"),
        ((",".join(["1"] * 124) + "\n" + ",".join(["2"] * 100) + "\n").encode(), "data row 2 has fewer than 124 fields"),
        ((",".join(["1"] * 124) + "\n" + ",".join(["2"] * 125) + "\n").encode(), "cannot be read as CSV"),
        ((",".join(COLUMNS) + "\n").encode(), "column 'ID', data row 1: the value is not a number"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = home_of(tmp_path) / "mi_complications" / "MI.data"
    path.write_bytes(content)
    with pytest.raises(Refused, match=said) as refused:
        datasets.load("mi_complications", tmp_path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("content", [b"no archive", None])
def test_an_archive_that_is_none_or_lacks_the_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    archive = tmp_path / "mi_complications" / records.ARCHIVE
    archive.parent.mkdir()
    if content is None:
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("other.data", "1")
    else:
        archive.write_bytes(content)
    with pytest.raises(Refused, match=r"complications\.zip.*(cannot be read|is not in it)"):
        datasets.load("mi_complications", tmp_path)


def test_a_missing_file_is_refused_with_where_to_get_and_put_it(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        datasets.load("mi_complications", tmp_path)
    for part in (str(tmp_path / "mi_complications" / "MI.data"), "archive.ics.uci.edu", "--data-home", "CLINICAL_MTL_DATA"):
        assert part in str(refused.value)
    assert [file.path for file in missing(entry("mi_complications").files, tmp_path)] == [
        "mi_complications/myocardial+infarction+complications.zip"
    ]


@pytest.fixture(scope="module")
def real() -> Path:
    home = Path(os.environ.get("CLINICAL_MTL_DATA") or HERE.parents[2] / "../shared/data")
    if not (home / "mi_complications" / "MI.data").is_file():
        pytest.skip(f"no mi_complications/MI.data below {home}: set CLINICAL_MTL_DATA to the data home")
    return home


@pytest.fixture(scope="module")
def real_cohort(real: Path) -> datasets.Cohort:
    return datasets.load("mi_complications", real)


def test_counts_of_the_real_file(real_cohort: datasets.Cohort) -> None:
    cohort = real_cohort
    assert (len(cohort), len(np.unique(cohort.patient))) == (1700, 1700)
    assert cohort.tabular is not None
    assert cohort.tabular.shape == (1700, 87)
    assert cohort.outcome_names == (*COMPLICATIONS.values(), "death") == tuple(cohort.card.outcomes)
    assert cohort.outcomes.notna().all(axis=None)
    assert cohort.outcomes.sum().tolist() == [170, 20, 42, 71, 57, 159, 54, 75, 394, 159, 148, 271]
    assert set(cohort.card.reference) <= set(cohort.tabular)
    # As the card says.
    arrived = cohort.tabular[["pulmonary_oedema_on_arrival", "paroxysmal_atrial_fibrillation_on_arrival"]].eq(1)
    had = cohort.outcomes[["pulmonary_oedema", "atrial_fibrillation"]].eq(1)
    assert (arrived.to_numpy() & had.to_numpy()).sum(axis=0).tolist() == [24, 29]
    assert cohort.outcomes.loc[cohort.outcomes["myocardial_rupture"] == 1, "death"].eq(1).all()
    assert cohort.tabular[["creatine_kinase", "family_history"]].notna().sum().tolist() == [4, 72]


def test_outcomes_of_the_real_file_against_a_plain_recount(real: Path, real_cohort: datasets.Cohort) -> None:
    names = (real / "mi_complications" / "columns.txt").read_text().strip().split(",")
    assert tuple(names) == COLUMNS
    with (real / "mi_complications" / "MI.data").open(newline="") as file:
        rows = [dict(zip(names, row, strict=True)) for row in csv.reader(file)]
    assert len({row["LET_IS"] for row in rows}) == 8
    assert real_cohort.outcomes["death"].sum() == sum(int(row["LET_IS"]) > 0 for row in rows)
    for column, name in COMPLICATIONS.items():
        assert real_cohort.outcomes[name].sum() == sum(int(row[column]) for row in rows)
    assert real_cohort.tabular is not None
    for column, name in INPUTS.items():
        assert real_cohort.tabular[name].isna().sum() == sum(row[column] == "?" for row in rows)


def test_neither_the_order_of_the_real_file_nor_its_numbers_tell_death(real: Path, real_cohort: datasets.Cohort) -> None:
    """The source's file is in order of death."""
    source = pd.read_csv(real / "mi_complications" / "MI.data", header=None, na_values="?")
    assert auc(source[123].to_numpy() > 0, source[0].to_numpy()) > 0.99
    died = real_cohort.outcomes["death"].to_numpy() == 1
    for trail in (real_cohort.patient, np.arange(len(died))):
        assert 0.4 < auc(died, trail) < 0.6


def auc(y: np.ndarray, score: np.ndarray) -> float:
    ranks = pd.Series(score).rank().to_numpy()
    return float((ranks[y].sum() - y.sum() * (y.sum() + 1) / 2) / (y.sum() * (~y).sum()))

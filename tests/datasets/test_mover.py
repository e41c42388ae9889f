import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import datasets
from datasets import Refused, cache
from datasets.registry import entry
from tests.datasets import layouts
from tests.datasets.layouts import complication, lab, sheet, surgery

ROOT = Path(__file__).resolve().parents[2]
GENERAL = "AN Post-op Complications"
CR, NA = "2160-0", "2951-2"
BEFORE, DAY_AFTER = "2020-03-03 07:00:00", "2020-03-04 08:00:00"
Rows = Sequence[Mapping[str, object]]

INFORMATION = [
    surgery("a", "p1", BIRTH_DATE=61, ICU_ADMIN_FLAG="Yes"),
    surgery("b", "p2", BIRTH_DATE=62, HOSP_DISCH_TIME="3/17/20 11:01"),
    surgery("c", "p1", BIRTH_DATE=63, DISCH_DISP="Expired"),
    surgery("d", "p3", BIRTH_DATE=64, DISCH_DISP="\\N", HOSP_DISCH_TIME="\\N"),
    surgery("e", "p4", BIRTH_DATE=65, HOSP_DISCH_TIME="3/3/20 10:00"),
    surgery("f", "p5", BIRTH_DATE=66, HOSP_DISCH_TIME="3/17/20 11:00"),
    surgery("no_end", "p6", BIRTH_DATE=67, OUT_OR_DTTM="\\N"),
    surgery("shared", "p7", BIRTH_DATE=68),
    surgery("shared", "p8", BIRTH_DATE=69),
]
LABS = [
    lab("a", CR, 0.8, BEFORE),
    lab("a", CR, 2.0, "2020-03-01 07:00:00"),  # older than the baseline
    lab("a", CR, 3.0, "2020-03-03 10:00:00"),  # in the room: neither baseline nor after it
    lab("a", CR, 1.2, DAY_AFTER),
    lab("b", CR, 0.8, BEFORE),
    lab("b", CR, "\\N", DAY_AFTER),
    lab("c", CR, 0.8, "3/3/20 7:00"),
    lab("c", CR, 5.0, "3/3/20 11:00"),  # at the landmark, not after it
    lab("d", CR, 4.5, BEFORE),
    lab("d", CR, 9.0, DAY_AFTER),
    lab("e", CR, 0.8, BEFORE),
    lab("e", CR, 5.0, "2020-03-10 11:01:00"),  # after the week
    lab("f", CR, 0.8, BEFORE),
    lab("f", CR, 1.0, "2020-03-10 11:00:00"),
    lab("f", CR, 9_999_999, DAY_AFTER),  # a result in words
    lab("f", "2161-8", 99, DAY_AFTER),  # creatinine in urine
    lab("elsewhere", CR, 1, BEFORE),
    lab("a", NA, 135, "2020-03-03 10:45:00"),
    lab("a", NA, 150, "2020-03-03 11:00:00"),
    lab("a", NA, 120, "2020-03-02 10:45:00"),
    lab("b", NA, 140, "2020-03-03 10:00:00"),
    lab("b", NA, 141, "2020-03-03 10:00:00"),  # of one moment: the higher
]
COMPLICATIONS = [
    complication("a", GENERAL, "None"),
    complication("b", GENERAL, "None"),
    complication("b", "Respiratory", ""),
    complication("c", GENERAL, "Airway"),
    complication("e", GENERAL, "\\N"),
    complication("f", "Cardiovascular", "atrial fibrillation"),
    complication("elsewhere", GENERAL, "Respiratory"),
]
SHEETS = [
    sheet("a", "Heart Rate", "2020-03-03 10:55:00", 80),
    sheet("a", "Heart Rate ", "2020-03-03 10:59:59", 90),
    sheet("a", "Heart Rate", "2020-03-03 11:00:00", 200),  # at the landmark
    sheet("a", "Heart Rate", "2020-03-03 07:00:00", 60),
    sheet("a", "Heart Rate", "2020-03-03 06:59:59", 200),  # before the grid
    sheet("a", "Pulse", "2020-03-03 10:55:00", 30),  # the nurses' stream
    sheet("a", "NIBP", "2020-03-03 10:00:00", "120/80"),
    sheet("a", "NIBP", "2020-03-03 10:01:00", "no pulse"),
    sheet("a", "NIBP - MAP", "2020-03-03 10:00:00", 93),
    sheet("a", "Temp", "2020-03-03 10:30:00", 98.6),
    sheet("a", "Temp", "2020-03-03 10:35:00", 36.5),
    sheet("a", "SpO2", "2020-03-03 10:35:00", 5),  # out of its range
    sheet("b", "SpO2", "3/3/20 10:35", 97),
    sheet("elsewhere", "SpO2", "2020-03-03 10:35:00", 97),
]


def home_of(
    folder: Path,
    information: Rows = INFORMATION,
    labs: Rows = LABS,
    complications: Rows = COMPLICATIONS,
    sheets: Rows | None = SHEETS,
) -> Path:
    return layouts.mover(folder, information, labs, complications, sheets)


def by_case(cohort: datasets.Cohort) -> pd.DataFrame:
    """Everything of the six cases, in order of the age, by which the tests tell them apart."""
    return pd.concat([cohort.outcomes, cohort.tabular, cohort.text], axis=1).sort_values("age", ignore_index=True)


@pytest.fixture
def cohort(tmp_path: Path) -> datasets.Cohort:
    return datasets.load("mover", home_of(tmp_path))


def test_outcomes_of_cases_worked_by_hand(cohort: datasets.Cohort) -> None:
    small, nan = by_case(cohort), np.nan
    np.testing.assert_array_equal(small["any_complication"], [0, 1, 1, nan, nan, 1])
    np.testing.assert_array_equal(small["pulmonary_complication"], [0, 1, 0, nan, nan, 0])
    np.testing.assert_array_equal(small["kidney_injury"], [1, nan, nan, nan, nan, 0])
    np.testing.assert_array_equal(small["icu_during_stay"], [1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(small["death_or_long_stay"], [0, 1, 1, nan, nan, 0])
    np.testing.assert_array_equal(small["death"], [0, 0, 1, nan, 0, 0])


def test_inputs_of_cases_worked_by_hand(cohort: datasets.Cohort) -> None:
    small = by_case(cohort)
    assert small["age"].tolist() == [61, 62, 63, 64, 65, 66]
    np.testing.assert_allclose(small["height_cm"], 177.8, rtol=1e-6)
    np.testing.assert_allclose(small["weight_kg"], 80, rtol=1e-5)
    np.testing.assert_allclose(small["bmi"], 80 / 1.778**2, rtol=1e-5)
    for name, value in {"hours_admission_to_room": 2, "minutes_in_room": 180, "minutes_anaesthesia": 190, "asa": 3}.items():
        assert (small[name] == value).all(), name
    assert set(small["anaesthesia"]) == {"General"}
    assert set(small["procedure"]) == {"COLECTOMY, LAPAROSCOPIC"}
    np.testing.assert_array_equal(small["lab_sodium"], [135, 141, *[np.nan] * 4])
    np.testing.assert_array_equal(small["lab_sodium_hours"], [0.25, 1, *[np.nan] * 4])
    np.testing.assert_array_equal(small["lab_creatinine"], np.float32([3, 0.8, 0.8, 4.5, 0.8, 0.8]))


def test_series_of_cases_worked_by_hand(cohort: datasets.Cohort) -> None:
    assert cohort.series is not None
    assert cohort.tabular is not None
    series = cohort.series
    a, b = (series.values[cohort.tabular["age"] == age][0] for age in (61, 62))
    place = {name: i for i, name in enumerate(series.channels)}
    expected = np.full_like(a, np.nan)
    expected[[0, 47], place["heart_rate"]] = [60, 85]
    expected[36, [place["nibp_systolic"], place["nibp_diastolic"], place["nibp_mean"]]] = [120, 80, 93]
    expected[[42, 43], place["temperature"]] = [37, 36.5]
    np.testing.assert_allclose(a, expected, rtol=1e-6)
    assert b[43, place["spo2"]] == 97
    assert np.isfinite(b).sum() == 1
    assert (series.times[0], series.times[-1], series.time_unit) == (-240, -5, "min")
    assert cohort.present("series").sum() == 2


def test_what_is_left_out_is_counted_in_the_card(cohort: datasets.Cohort) -> None:
    assert len(cohort) == 6
    notes = "\n".join(cohort.card.notes)
    for said in (
        "Left out: 1 operations bear the identifier of more than one patient.",
        "Left out: 1 operations have no time of leaving the room",
        "Left out of the laboratory values: 2 without a number.",
        "Left out of the flowsheets: 1 values in words.",
    ):
        assert said in notes


def test_the_local_form_keeps_cases_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path / "cache"))
    cohort = datasets.load("mover", home_of(tmp_path))
    kept = cache.read(cache.prepared("mover", tmp_path))
    assert datasets.content_hash(kept) == datasets.content_hash(cohort)
    assert kept.card.notes == cohort.card.notes


def test_the_card_names_what_the_cohort_holds(cohort: datasets.Cohort) -> None:
    assert set(cohort.card.outcomes) == set(cohort.outcome_names)
    assert cohort.tabular is not None
    assert set(cohort.card.reference) <= set(cohort.tabular)
    assert cohort.text is not None
    assert cohort.card.procedure in cohort.text
    assert {"LOG_ID", "MRN"}.isdisjoint(cohort.tabular)
    nested = cohort.outcomes.dropna()
    assert (nested["any_complication"] >= nested["pulmonary_complication"]).all()


def test_what_happens_after_the_landmark_changes_no_input(tmp_path: Path) -> None:
    before = datasets.load("mover", home_of(tmp_path / "before"))
    later = {"HOSP_DISCH_TIME": "4/20/20 9:00", "DISCH_DISP": "Expired", "ICU_ADMIN_FLAG": "Yes", "LOS": 48}
    later |= {"AN_STOP_DATETIME": "3/10/20 11:20", "PATIENT_CLASS_NM": "Other", "PATIENT_CLASS_GROUP": "Other"}
    labs = [
        row
        for row in LABS
        if str(row["Collection Datetime"]) < "2020-03-03 11:00:00" or row["Collection Datetime"] == "3/3/20 7:00"
    ]
    labs += [lab("a", code, 77, when) for code in (CR, NA) for when in ("2020-03-03 11:00:00", "2020-03-05 11:00:00")]
    sheets = [*SHEETS, *(sheet("b", "Heart Rate", f"2020-03-03 11:{minute:02d}:00", 99) for minute in range(60))]
    home = home_of(tmp_path / "after", [row | later for row in INFORMATION], labs, [complication("a", GENERAL, "Death")], sheets)
    after = datasets.load("mover", home)
    assert after.inputs_key == before.inputs_key
    assert not after.outcomes.equals(before.outcomes)


def test_nothing_depends_on_the_order_of_rows_or_on_identifiers(tmp_path: Path) -> None:
    straight = datasets.load("mover", home_of(tmp_path / "straight"))
    turned = [rows[::-1] for rows in (INFORMATION, LABS, COMPLICATIONS, SHEETS)]
    assert datasets.content_hash(datasets.load("mover", home_of(tmp_path / "turned", *turned))) == datasets.content_hash(straight)
    assert sorted(np.bincount(straight.patient)) == [1, 1, 1, 1, 2]
    first = np.sort(np.unique(straight.patient, return_index=True)[1])
    np.testing.assert_array_equal(straight.patient[first], np.arange(5))


def test_means_do_not_depend_on_the_order_in_which_values_are_summed(tmp_path: Path) -> None:
    values = [36.1, 36.7, 35.3, 36.9, 37.3, 35.9, 36.3]
    sheets = [sheet("a", "Temp", f"2020-03-03 10:3{i % 5}:00", value) for i, value in enumerate(values)]
    hashes = {
        datasets.content_hash(
            datasets.load("mover", home_of(tmp_path / str(i), sheets=list(np.random.default_rng(i).permutation(sheets))))
        )
        for i in range(4)
    }
    assert len(hashes) == 1


@pytest.mark.parametrize("turn", [1, -1])
def test_of_rows_that_repeat_an_operation_the_fullest_then_the_first_by_content_is_kept(tmp_path: Path, turn: int) -> None:
    rows = [
        surgery("a", "p1", BIRTH_DATE=61, ASA_RATING_C="", HOSP_DISCH_TIME=""),
        surgery("a", "p1", BIRTH_DATE=62),
        surgery("a", "p1", BIRTH_DATE=62, DISCH_DISP="Expired"),
        surgery("a", "p1", BIRTH_DATE=63),
        surgery("b", "p1", BIRTH_DATE=64),
        surgery("b", "p1", BIRTH_DATE=64),
    ]
    cohort = datasets.load("mover", home_of(tmp_path, rows[::turn], sheets=None))
    assert by_case(cohort)["age"].tolist() == [62, 64]
    assert by_case(cohort)["death"].tolist() == [1, 0]


def test_without_any_flowsheet_there_is_no_series_and_the_card_says_so(tmp_path: Path) -> None:
    cohort = datasets.load("mover", home_of(tmp_path, sheets=None))
    assert cohort.modalities == ("tabular", "text")
    assert "The flowsheets are not there: no series." in cohort.card.notes


def test_some_missing_flowsheets_are_asked_for_by_name(tmp_path: Path) -> None:
    folder = home_of(tmp_path) / "mover" / "flowsheets_cleaned"
    for part in (3, 19):
        (folder / f"flowsheet_part{part}.csv").unlink()
    with pytest.raises(Refused) as refused:
        datasets.load("mover", tmp_path)
    assert re.findall(r"flowsheet_part\d+\.csv", str(refused.value)) == ["flowsheet_part3.csv", "flowsheet_part19.csv"]


def test_missing_files_are_refused_all_at_once_with_where_to_apply_and_to_put_them(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        datasets.load("mover", tmp_path)
    for name in ("patient_information", "patient_post_op_complications", "patient_labs"):
        assert str(tmp_path / "mover" / f"{name}.csv") in str(refused.value)
    for said in ("https://mover.ics.uci.edu", "<data home>/mover/", "--data-home", "CLINICAL_MTL_DATA"):
        assert said in str(refused.value)
    assert entry("mover").access in str(refused.value)
    assert all(file.url is None for file in entry("mover").files)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("patient_information", "OUT_OR_DTTM"),
        ("patient_information", "MRN"),
        ("patient_labs", "Observation Value"),
        ("patient_post_op_complications", "Element_abbr"),
        ("flowsheets_cleaned/flowsheet_part7", "MEAS_VALUE"),
    ],
)
def test_a_missing_column_is_refused_by_name(tmp_path: Path, name: str, column: str) -> None:
    path = home_of(tmp_path) / "mover" / f"{name}.csv"
    path.write_text(path.read_text().replace(column, "other", 1))
    with pytest.raises(Refused, match=rf"{path.name}: column '{column}' is missing"):
        datasets.load("mover", tmp_path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("OUT_OR_DTTM", "secret"),
        ("IN_OR_DTTM", "2020/03/03"),
        ("HOSP_DISCH_TIME", "13/13/20 8:00"),
        ("HEIGHT", "178 secret"),
        ("WEIGHT", "80 kg"),
        ("BIRTH_DATE", "1960-01-01"),
        ("ASA_RATING_C", "III"),
        ("MRN", "\\N"),
    ],
)
def test_a_value_that_does_not_parse_is_refused_by_place_and_not_shown(tmp_path: Path, column: str, value: str) -> None:
    rows = [row | ({column: value} if i == 2 else {}) for i, row in enumerate(INFORMATION)]
    with pytest.raises(Refused, match=rf"patient_information\.csv: column '{column}', data row 3:") as refused:
        datasets.load("mover", home_of(tmp_path, rows))
    assert value not in str(refused.value)


@pytest.mark.parametrize("row", [surgery("a", "p1", OUT_OR_DTTM=""), None])
def test_information_without_a_single_landmark_is_refused(tmp_path: Path, row: dict[str, object] | None) -> None:
    path = home_of(tmp_path, [row or INFORMATION[0]]) / "mover" / "patient_information.csv"
    if row is None:
        path.write_text(path.read_text().split("\n")[0] + "\n")
    with pytest.raises(Refused, match=r"patient_information\.csv: no operation has a time of leaving the room"):
        datasets.load("mover", tmp_path)


def test_times_that_are_in_no_known_format_are_refused_when_they_are_many(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"patient_labs\.csv: column 'Collection Datetime': 1 of 1 values"):
        datasets.load("mover", home_of(tmp_path / "labs", labs=[lab("a", CR, 1, "March 3")]))
    with pytest.raises(Refused, match=r"flowsheet_part1\.csv: column 'RECORDED_TIME': 1 of 1 values"):
        datasets.load("mover", home_of(tmp_path / "sheets", sheets=[sheet("a", "SpO2", "March 3", 97)]))


def test_torn_rows_of_the_flowsheets_are_counted(tmp_path: Path) -> None:
    path = home_of(tmp_path) / "mover" / "flowsheets_cleaned" / "flowsheet_part2.csv"
    whole = datasets.load("mover", tmp_path)
    with path.open("a") as file:
        file.write('9,a,m,Note,"said ""im okay"" when\nasked",INTRA-OP,2020-03-03 10:00:00,x,y\n')
        file.write('9,a,m,Note,"im okay" when asked..., ",",488"\n')
    torn = datasets.load("mover", tmp_path)
    assert datasets.content_hash(torn) == datasets.content_hash(whole)
    assert "Left out of the flowsheets: 1 rows with too many or too few cells." in torn.card.notes


def test_none_is_a_word_and_not_a_gap(tmp_path: Path) -> None:
    rows = [
        complication("a", GENERAL, "None"),
        complication("b", "Respiratory", "None"),
        complication("c", GENERAL, "respiratory, Airway"),
    ]
    small = by_case(datasets.load("mover", home_of(tmp_path, complications=rows)))
    np.testing.assert_array_equal(small["any_complication"][:3], [0, 0, 1])
    np.testing.assert_array_equal(small["pulmonary_complication"][:3], [0, 0, 1])


def _gzip(home: Path) -> None:
    for path in [*(home / "mover").glob("*.csv"), *(home / "mover" / "flowsheets_cleaned").glob("*.csv")]:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


def _archive(home: Path) -> None:
    (home / "mover" / "EPIC_EMR" / "EMR").mkdir(parents=True)
    for path in (home / "mover").glob("*.csv"):
        path.rename(home / "mover" / "EPIC_EMR" / "EMR" / path.name)


def _marked(home: Path) -> None:
    for path in (home / "mover").rglob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("change", [_gzip, _archive, _marked])
def test_reads_gzipped_copies_the_folders_of_the_archive_and_marked_files(tmp_path: Path, change: Callable[[Path], None]) -> None:
    expected = datasets.content_hash(datasets.load("mover", home_of(tmp_path)))
    change(tmp_path)
    assert datasets.content_hash(datasets.load("mover", tmp_path)) == expected


PEAK = """
import json, re, sys
from pathlib import Path
import numpy as np
import datasets
from datasets import stream
# The reader holds a constant number of blocks: small ones, so that a small file is longer than all of them.
stream.BLOCK_BYTES = 1 << 18
cohort = datasets.load("mover", Path(sys.argv[1]))
# Of this process alone: ru_maxrss would also hold the peak of the one that started it.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text()).group(1)
print(json.dumps([int(peak) / 1024, int((~np.isnan(cohort.series.values)).sum())]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="peak memory is read from /proc, which is not here")
def test_memory_does_not_grow_with_the_flowsheets(tmp_path: Path) -> None:
    peak: dict[int, float] = {}
    for megabytes in (8, 40):
        home = home_of(tmp_path / str(megabytes))
        path = home / "mover" / "flowsheets_cleaned" / "flowsheet_part1.csv"
        rows = [sheet("a", "SpO2", f"2020-03-03 10:{i // 60:02d}:{i % 60:02d}", 90 + i % 10) for i in range(3600)]
        layouts.write(path, layouts.SHEET, rows)
        head, block = path.read_text().split("\n", 1)
        path.write_text(head + "\n" + block * (megabytes * 2**20 // len(block)))
        run = subprocess.run(
            [sys.executable, "-c", PEAK, str(home)], capture_output=True, text=True, cwd=ROOT, env=os.environ, check=True
        )
        peak[megabytes], measured = json.loads(run.stdout)
        assert measured >= 12
        path.unlink()
    # Read whole, the larger one would take 60 MiB and more above the other.
    assert peak[40] - peak[8] < 20

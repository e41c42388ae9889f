import csv
import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import datasets
from datasets import Refused, outcomes
from datasets.eicu_demo import signals
from datasets.eicu_demo.card import CARD, FILES, NEEDED
from datasets.eicu_demo.tables import DAY_1, ILLNESS
from datasets.registry import entry

HERE = Path(__file__).resolve()
Files = dict[str, list[dict[str, object]]]

EXAM = "notes/Progress Notes/Physical Exam/Physical Exam"
HEART_RATE = f"{EXAM}/Constitutional/Vital Sign and Physiological Data/HR/HR Current"
FLOW = "flowsheet|Flowsheet Cell Labels|I&O"


def stay(number: int, person: str, age: object, **values: object) -> dict[str, object]:
    """A stay of five days in hospital 10; the patient leaves for home after six."""
    row: dict[str, object] = {"patientunitstayid": number, "uniquepid": person, "age": age, "gender": "Male", "ethnicity": "Asian"}
    row |= {"hospitalid": 10, "wardid": 3, "admissionheight": 170, "hospitaladmitoffset": -90, "hospitaladmitsource": "Floor"}
    row |= {"hospitaldischargeyear": 2015, "hospitaldischargeoffset": 8640, "hospitaldischargelocation": "Home"}
    row |= {"hospitaldischargestatus": "Alive", "unittype": "MICU", "unitadmitsource": "Floor", "unitvisitnumber": 1}
    row |= {"unitstaytype": "admit", "admissionweight": 70, "dischargeweight": 69, "unitdischargeoffset": 7200}
    return row | {"unitdischargelocation": "Floor", "unitdischargestatus": "Alive"} | values


def measured(number: int, stay: int, offset: object, **values: object) -> dict[str, object]:
    return {"id": number, "patientunitstayid": stay, "observationoffset": offset, **values}


def pressure(number: int, stay: int, offset: object, systolic: object) -> dict[str, object]:
    return measured(number, stay, offset, noninvasivesystolic=systolic, noninvasivediastolic=60, noninvasivemean="")


def charted(stay: int, offset: object, entry: object, label: str, value: object) -> dict[str, object]:
    row = {"patientunitstayid": stay, "respchartoffset": offset, "respchartentryoffset": entry}
    return row | {"respchartvaluelabel": label, "respchartvalue": value}


def cell(stay: int, offset: object, entry: object, path: str, value: object) -> dict[str, object]:
    row = {"patientunitstayid": stay, "intakeoutputoffset": offset, "intakeoutputentryoffset": entry}
    return row | {"cellpath": f"{FLOW}|{path}", "cellvaluenumeric": value}


def diagnosis(stay: int, offset: object, path: str) -> dict[str, object]:
    return {"patientunitstayid": stay, "activeupondischarge": True, "diagnosisoffset": offset, "diagnosisstring": path}


def note(stay: int, offset: object, entered: object, path: str, value: str) -> dict[str, object]:
    return {"patientunitstayid": stay, "noteoffset": offset, "noteenteredoffset": entered, "notepath": path, "notevalue": value}


def past(stay: int, offset: object, entered: object, path: str, value: str) -> dict[str, object]:
    row = {"patientunitstayid": stay, "pasthistoryoffset": offset, "pasthistoryenteredoffset": entered}
    return row | {"pasthistorypath": f"notes/Progress Notes/Past History/{path}", "pasthistoryvalue": value}


def found(stay: int, offset: object, path: str, value: str, text: object) -> dict[str, object]:
    row = {"patientunitstayid": stay, "physicalexamoffset": offset, "physicalexampath": path}
    return row | {"physicalexamvalue": value, "physicalexamtext": text}


PHYSIOLOGY = dict.fromkeys(DAY_1.values(), -1)
PREDICTORS = dict.fromkeys(ILLNESS.values(), 0) | {"diedinhospital": 0, "dischargelocation": 4, "activetx": 1, "readmit": 0}
SEPSIS = "infectious diseases|systemic/other infections|sepsis|severe"
RENAL = "renal|disorder of kidney|acute renal failure|etiology unknown"

# Stays by number; ages tell them apart in the cohort. Stay 5 ends a minute too early.
FILES_MADE: Files = {
    "patient": [
        stay(1, "002-1", "> 89", hospitaladmitoffset=-120),
        stay(2, "002-1", 61, unitdischargeoffset=2880, hospitaldischargestatus="Expired", hospitaldischargelocation="Death"),
        stay(3, "002-2", 62, hospitalid=20, hospitaldischargelocation="Rehabilitation", unitdischargeoffset=4320),
        stay(4, "002-3", 63, hospitaldischargestatus="", hospitaldischargelocation="", admissionheight=1.7, gender=""),
        stay(5, "002-4", 64, unitdischargeoffset=1439),
        stay(6, "002-4", 65, unitdischargeoffset=1440, hospitaldischargelocation="", hospitaladmitoffset=30),
    ],
    "hospital": [
        {"hospitalid": 10, "numbedscategory": "<100", "teachingstatus": "TRUE", "region": "West"},
        {"hospitalid": 20, "numbedscategory": "", "teachingstatus": "FALSE", "region": "South"},
    ],
    "apacheApsVar": [{"patientunitstayid": 1, **PHYSIOLOGY, "creatinine": 2.5, "intubated": 1}],
    "apachePredVar": [{"patientunitstayid": 1, **PREDICTORS, "diabetes": 1, "electivesurgery": ""}],
    "apachePatientResult": [
        {"patientunitstayid": 1, "apacheversion": "IV", "apachescore": 50, "predictedhospitalmortality": 0.2},
        {"patientunitstayid": 1, "apacheversion": "IVa", "apachescore": 51, "predictedhospitalmortality": 0.3},
        {"patientunitstayid": 2, "apacheversion": "IVa", "apachescore": 52, "predictedhospitalmortality": -1},
    ],
    "diagnosis": [
        diagnosis(1, 600, SEPSIS),
        diagnosis(1, -30, "cardiovascular|shock / hypotension|hypotension"),
        diagnosis(1, 600, RENAL),
        diagnosis(1, 900, SEPSIS),
        diagnosis(1, 1440, SEPSIS),
        diagnosis(2, 1439, RENAL),
        diagnosis(2, 1500, "cardiovascular|shock / hypotension|cardiogenic shock"),
        diagnosis(4, 9000, "cardiovascular|shock / hypotension|hypotension"),
        diagnosis(5, 1450, RENAL),
        diagnosis(6, 10, RENAL),
        diagnosis(6, 1600, "pulmonary|respiratory failure|hypoxemia"),
    ],
    "admissionDx": [
        {
            "patientunitstayid": n,
            "admitdxenteredoffset": t,
            "admitdxpath": "admission diagnosis|All Diagnosis|Operative|Diagnosis|Respiratory|Pneumonia, viral",
        }
        for n, t in ((1, 5), (2, 1440))
    ],
    "pastHistory": [
        past(1, 3, 4, "Organ Systems/Cardiovascular (R)/Valve disease/s/p MVR", "s/p MVR"),
        past(1, 3, 4, "Past History Obtain Options/Performed", "Performed"),
        past(2, 1439, 1441, "Organ Systems/Renal  (R)/Renal Failure/renal failure - hemodialysis", "renal failure - hemodialysis"),
    ],
    "note": [
        note(1, 5, 9, "notes/Progress Notes/Allergies / Preadmission Medications/Allergies/No", "No"),
        note(1, 5, 9, "notes/Shared/View and Save/Save Options/Print/Copies/Copies", "Copies"),
        note(2, 1000, 1440, "notes/Progress Notes/Social History/Smoking Status/denies smoking", "denies smoking"),
    ],
    "treatment": [
        {"patientunitstayid": 1, "treatmentoffset": 7, "treatmentstring": "pulmonary|medications|bronchodilator"},
        {"patientunitstayid": 1, "treatmentoffset": "", "treatmentstring": "renal|dialysis|hemodialysis"},
    ],
    "physicalExam": [
        found(1, 8, f"{EXAM}/Extremities/Edema/no edema", "no edema", "no edema"),
        found(1, 70, HEART_RATE, "HR Current", 88),
        found(1, 70, HEART_RATE.replace("Current", "Highest"), "HR Highest", 140),
        found(1, 70, f"{EXAM}/Neurologic/GCS/Motor Score/5", "5", 5),
    ],
    "carePlanGeneral": [
        {"patientunitstayid": 1, "cplitemoffset": 9, "cplgroup": "Care Limitation", "cplitemvalue": "Full therapy"},
        {"patientunitstayid": 1, "cplitemoffset": 1440, "cplgroup": "Care Limitation", "cplitemvalue": "Do not resuscitate"},
    ],
    "vitalAperiodic": [
        pressure(1, 1, 0, 100),
        pressure(2, 1, 59, 120),
        pressure(3, 1, 60, 130),
        pressure(4, 1, -1, 200),
        pressure(5, 1, 61, 0),  # an artefact
        pressure(6, 2, 1439, 90),
        pressure(7, 2, 1440, 91),
    ],
    "respiratoryCharting": [
        charted(1, 120, 120, "FiO2", "0.5"),
        charted(1, 130, 130, "FiO2", "70%"),
        charted(1, 130, 130, "LPM O2", "room air"),
        charted(1, 130, 1440, "PEEP", 5),  # entered too late
        charted(1, 300, 299, "PEEP", 8),
    ],
    "intakeOutput": [
        cell(1, 30, 30, "Output (ml)|Urine", 100),
        cell(1, 45, 45, "Output (ml)|Foley cath", 50),
        cell(1, 45, 45, "Output (ml)|Foley cath", 50),  # written twice
        cell(1, 45, 45, "Output (ml)|Urine Count", 3),
        cell(1, 50, 2000, "Output (ml)|Urine", 999),  # entered too late
        cell(1, 50, 50, "Output (ml)|Stool", 77),
        cell(1, 50, 50, "Intake (ml)|Crystalloids (ml)|NS", 250),
        cell(1, 50, 50, "Intake (ml)|Crystalloids (ml)|TOTAL IN", 250),
    ],
}
OPTIONAL: Files = {
    "lab": [
        {"patientunitstayid": 1, "labresultoffset": t, "labresultrevisedoffset": r, "labname": name, "labresult": value}
        for t, r, name, value in (
            (60, 61, "creatinine", 1.5),
            (70, 1500, "creatinine", 9.0),
            (80, 80, "WBC x 1000", 11),
            (80, 80, "urinary sodium", 40),
        )
    ],
    "vitalPeriodic": [
        measured(1, 1, 61, heartrate=90, **dict.fromkeys(("temperature", "sao2", "respiration", "cvp", "etco2"), ""))
        | {"systemicsystolic": 111, "systemicdiastolic": 55, "systemicmean": 70}
    ],
}


def home_of(tmp_path: Path, files: Files = FILES_MADE, name: Callable[[str], str] = str.lower, suffix: str = ".csv") -> Path:
    (tmp_path / "eicu_demo").mkdir(parents=True, exist_ok=True)
    for file, rows in files.items():
        pd.DataFrame(rows).to_csv(tmp_path / "eicu_demo" / f"{name(file)}{suffix}", index=False)
    return tmp_path


def made(tmp_path: Path, files: Files = FILES_MADE) -> datasets.Cohort:
    return datasets.load("eicu_demo", home_of(tmp_path, files))


def of_stay(cohort: datasets.Cohort, number: int) -> int:
    """The place of a made-up stay in the cohort."""
    assert cohort.tabular is not None
    age = 90 if number == 1 else 59 + number
    return int(np.flatnonzero(cohort.tabular["age"] == age)[0])


def channel(cohort: datasets.Cohort, number: int, name: str) -> np.ndarray:
    assert cohort.series is not None
    return cohort.series.values[of_stay(cohort, number), :, cohort.series.channels.index(name)]


def test_outcomes_of_stays_worked_by_hand(tmp_path: Path) -> None:
    cohort = made(tmp_path)
    nan = np.nan
    expected = {
        "death": [0, 1, 0, nan, 0],
        "long_icu_stay": [1, 0, 0, 1, 0],
        "discharge_not_home": [0, nan, 1, nan, nan],
        "later_respiratory_failure": [0, 0, nan, 0, 1],
        "later_sepsis": [1, 0, nan, 0, 0],
        "later_kidney_injury": [0, 0, nan, 0, 0],
        "later_shock": [0, 1, nan, 0, 0],
    }
    rows = [of_stay(cohort, number) for number in (1, 2, 3, 4, 6)]
    assert (len(cohort), cohort.outcome_names) == (5, tuple(expected))
    for outcome, values in expected.items():
        np.testing.assert_array_equal(cohort.outcomes[outcome].iloc[rows], np.array(values), err_msg=outcome)


def test_tables_worked_by_hand(tmp_path: Path) -> None:
    cohort = made(tmp_path)
    assert cohort.tabular is not None
    first = cohort.tabular.iloc[of_stay(cohort, 1)]
    assert first[["hours_in_hospital_before", "day1_creatinine", "day1_intubated_at_worst_gas", "diabetes"]].tolist() == [
        2,
        2.5,
        1,
        1,
    ]
    assert first[["day1_wbc", "elective_surgery"]].isna().all()
    assert (first["hospital_beds"], first["hospital_region"], first["gender"]) == ("<100", "West", "Male")
    others = cohort.tabular.iloc[[of_stay(cohort, number) for number in (3, 4, 6)]]
    assert others[["day1_creatinine", "diabetes"]].isna().all(axis=None)
    assert others["hospital_region"].tolist() == ["South", "West", "West"]
    # A height in metres and an admission to hospital that follows the one to its unit are slips of the pen.
    np.testing.assert_array_equal(others["height"], [170, np.nan, 170])
    np.testing.assert_array_equal(others["hours_in_hospital_before"], [1.5, 1.5, np.nan])
    assert pd.isna(others["gender"].iloc[1])


def test_reference_scores_are_no_inputs(tmp_path: Path) -> None:
    cohort = made(tmp_path)
    assert cohort.reference is not None
    assert cohort.tabular is not None
    np.testing.assert_allclose(cohort.reference.iloc[of_stay(cohort, 1)], [51, 0.3], rtol=1e-6)
    np.testing.assert_array_equal(cohort.reference.iloc[of_stay(cohort, 2)], [52, np.nan])
    assert not set(cohort.reference) & set(cohort.tabular)
    without = made(tmp_path / "without", {k: v for k, v in FILES_MADE.items() if k != "apachePatientResult"})
    assert without.reference is None
    assert without.inputs_key == cohort.inputs_key


def test_notes_worked_by_hand(tmp_path: Path) -> None:
    cohort = made(tmp_path)
    assert cohort.text is not None
    assert cohort.text.iloc[of_stay(cohort, 1)].to_dict() == {
        "admission_diagnosis": "Operative, Respiratory: Pneumonia, viral.",
        "past_history": "Cardiovascular, Valve disease: s/p MVR.",
        "notes": "Allergies / Preadmission Medications, Allergies: No.",
        "examination": "Extremities, Edema: no edema.",
        # In order of entry, ties by words, each once.
        "diagnoses": "cardiovascular, shock / hypotension: hypotension. "
        "infectious diseases, systemic/other infections, sepsis: severe. "
        "renal, disorder of kidney, acute renal failure: etiology unknown.",
        "treatments": "pulmonary, medications: bronchodilator.",
        "care_plan": "Care Limitation: Full therapy.",
    }
    second = cohort.text.iloc[of_stay(cohort, 2)]
    assert second[second != ""].to_dict() == {"diagnoses": "renal, disorder of kidney, acute renal failure: etiology unknown."}
    assert (cohort.text.iloc[of_stay(cohort, 3)] == "").all()


def test_series_worked_by_hand(tmp_path: Path) -> None:
    cohort = made(tmp_path)
    assert cohort.series is not None
    np.testing.assert_array_equal(cohort.series.times, np.arange(24))
    expected = {
        "systolic": {0: 110, 1: 130},
        "diastolic": {0: 60, 1: 60},
        "mean_pressure": {},
        "heart_rate": {1: 88},
        "gcs_motor": {1: 5},
        "fio2": {2: 60},
        "oxygen_flow": {},
        "peep": {5: 8},
        "urine": {0: 150},
        "fluid_in": {0: 250},
    }
    for name, hours in expected.items():
        values = channel(cohort, 1, name)
        assert {int(hour): float(values[hour]) for hour in np.flatnonzero(~np.isnan(values))} == hours, name
    np.testing.assert_array_equal(channel(cohort, 2, "systolic")[22:], [np.nan, 90])
    assert not {"creatinine", "temperature", "arterial_mean"} & set(cohort.series.channels)


def test_laboratory_and_monitor_are_taken_where_they_are(tmp_path: Path) -> None:
    cohort = made(tmp_path, FILES_MADE | OPTIONAL)
    expected = {"creatinine": {1: 1.5}, "leukocytes": {1: 11}, "heart_rate": {1: 89}, "arterial_mean": {1: 70}, "sodium": {}}
    for name, hours in expected.items():
        values = channel(cohort, 1, name)
        assert {int(hour): float(values[hour]) for hour in np.flatnonzero(~np.isnan(values))} == hours, name
    assert cohort.outcomes.equals(made(tmp_path / "without").outcomes)


# Columns that say nothing of the time from which a row was known.
NO_TIME = ("hospitaladmitoffset", "hospitaldischargeoffset", "unitdischargeoffset")
KNOWN_AFTERWARDS: dict[str, dict[str, object]] = {
    "patient": {"hospitaldischargestatus": "Expired", "hospitaldischargelocation": "Death", "hospitaldischargeoffset": 1500}
    | {"hospitaldischargeyear": 2014, "dischargeweight": 50, "unitdischargelocation": "Death", "unitdischargestatus": "Expired"},
    "apachePredVar": {"diedinhospital": 1, "dischargelocation": 9, "activetx": 0, "readmit": 1},
    "apachePatientResult": {"apachescore": 150, "predictedhospitalmortality": 0.9},
    "diagnosis": {"activeupondischarge": False},
}


def later(row: dict[str, object]) -> bool:
    return any(
        "offset" in column and column not in NO_TIME and value != "" and int(str(value)) >= 1440 for column, value in row.items()
    )


def test_nothing_from_the_landmark_on_changes_an_input(tmp_path: Path) -> None:
    before = made(tmp_path / "before", FILES_MADE | OPTIONAL)
    changed: Files = {}
    for name, rows in (FILES_MADE | OPTIONAL).items():
        changed[name] = [row | KNOWN_AFTERWARDS.get(name, {}) for row in rows if not later(row)]
        offsets = [column for column in rows[0] if "offset" in column and column not in NO_TIME]
        # Every row comes again at the landmark, and again entered then, with each of its numbers, labels and paths moved on.
        for late in ([dict.fromkeys(offsets, 1440)] if offsets else []) + [{offset: 1440} for offset in offsets[1:]]:
            for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
                told = {column: value for column, value in other.items() if column not in (*offsets, "patientunitstayid")}
                changed[name].append(row | told | late)
    for row in changed["patient"]:
        row["unitdischargeoffset"] = 99_999 if row["unitdischargeoffset"] != 1439 else 1439
    after = made(tmp_path / "after", changed)
    assert after.inputs_key == before.inputs_key
    assert not after.outcomes.equals(before.outcomes)


@pytest.mark.parametrize("name", [kind for kind in FILES_MADE if kind not in ("patient", "hospital")])
def test_each_file_gives_inputs_before_the_landmark(tmp_path: Path, name: str) -> None:
    before = made(tmp_path / "before")
    after = made(tmp_path / "after", FILES_MADE | {name: [{**FILES_MADE[name][0], "patientunitstayid": 5}]})
    # So that the test of the landmark cannot pass because nothing is read; a score of APACHE is set beside, not put in.
    assert (after.inputs_key == before.inputs_key) == (name == "apachePatientResult")


@pytest.mark.parametrize("name", [kind for kind in FILES_MADE | OPTIONAL if kind != "patient"])
def test_a_file_without_rows_is_read(tmp_path: Path, name: str) -> None:
    home = home_of(tmp_path, FILES_MADE | OPTIONAL)
    path = home / "eicu_demo" / f"{name.lower()}.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    cohort = datasets.load("eicu_demo", home)
    assert len(cohort) == 5
    assert cohort.outcomes.filter(like="later_").isna().all(axis=None) == (name == "diagnosis")


def test_order_and_codes_depend_on_neither_the_files_nor_their_identifiers(tmp_path: Path) -> None:
    cohort = made(tmp_path, FILES_MADE | OPTIONAL)
    turned = made(tmp_path / "turned", {name: rows[::-1] for name, rows in (FILES_MADE | OPTIONAL).items()})
    assert datasets.content_hash(cohort) == datasets.content_hash(turned)
    for codes, sizes in ((cohort.patient, [1, 1, 1, 2]), (cohort.centre, [1, 4])):
        assert codes is not None
        assert sorted(np.bincount(codes)) == sizes
        np.testing.assert_array_equal(pd.unique(codes), np.arange(len(sizes)))
    assert cohort.patient[of_stay(cohort, 1)] == cohort.patient[of_stay(cohort, 2)]


@pytest.mark.parametrize(("name", "suffix"), [(str, ".csv.gz"), (str, ".csv"), (str.lower, ".csv.gz")])
def test_reads_the_spellings_of_the_source_and_its_copies(tmp_path: Path, name: Callable[[str], str], suffix: str) -> None:
    expected = datasets.content_hash(made(tmp_path / "lower"))
    assert datasets.content_hash(datasets.load("eicu_demo", home_of(tmp_path, FILES_MADE, name, suffix))) == expected


def test_every_file_is_registered_with_its_address_and_sum() -> None:
    files = entry("eicu_demo").files
    assert [file.path for file in files if file.needed] == [f"eicu_demo/{name.lower()}.csv.gz" for name in NEEDED]
    assert all(file.url and file.url.startswith("https://physionet.org/files/eicu-crd-demo/2.0.1/") for file in files)
    assert {file.sums for file in files} == {"https://physionet.org/files/eicu-crd-demo/2.0.1/SHA256SUMS.txt"}
    assert {source.file for source in signals.SOURCES} <= set(FILES)


@pytest.mark.parametrize("missing", NEEDED)
def test_a_missing_file_is_refused_with_where_to_get_and_put_it(tmp_path: Path, missing: str) -> None:
    (home_of(tmp_path) / "eicu_demo" / f"{missing.lower()}.csv").unlink()
    with pytest.raises(Refused) as refused:
        datasets.load("eicu_demo", tmp_path)
    for part in (f"{missing.lower()}.csv.gz", f"2.0.1/{missing}.csv.gz", str(tmp_path / "eicu_demo"), "CLINICAL_MTL_DATA"):
        assert part in str(refused.value)


@pytest.mark.parametrize(
    ("file", "column"),
    [
        *(("patient", "uniquepid"), ("patient", "unitdischargeoffset"), ("hospital", "region"), ("apacheApsVar", "meanbp")),
        *(("apachePredVar", "diabetes"), ("diagnosis", "diagnosisstring"), ("admissionDx", "admitdxenteredoffset")),
        *(("pastHistory", "pasthistoryenteredoffset"), ("note", "noteenteredoffset"), ("treatment", "treatmentoffset")),
        *(("physicalExam", "physicalexamtext"), ("carePlanGeneral", "cplgroup"), ("vitalAperiodic", "noninvasivesystolic")),
        *(("respiratoryCharting", "respchartentryoffset"), ("intakeOutput", "intakeoutputentryoffset"), ("lab", "labresult")),
    ],
)
def test_a_missing_column_is_refused_by_name(tmp_path: Path, file: str, column: str) -> None:
    files = FILES_MADE | OPTIONAL
    rows = [{name: value for name, value in row.items() if name != column} for row in files[file]]
    with pytest.raises(Refused, match=rf"{file.lower()}\.csv: column '{column}' is missing"):
        made(tmp_path, files | {file: rows})


@pytest.mark.parametrize(
    ("file", "place", "column", "value"),
    [
        *(("patient", 2, "unitdischargeoffset", ""), ("patient", 1, "patientunitstayid", 1), ("patient", 3, "age", "secret")),
        *(
            ("patient", 2, "uniquepid", ""),
            ("apacheApsVar", 0, "creatinine", "secret"),
            ("diagnosis", 3, "diagnosisoffset", "secret"),
        ),
        *(("vitalAperiodic", 1, "noninvasivesystolic", "secret"), ("hospital", 1, "hospitalid", 10)),
        *(("note", 1, "patientunitstayid", ""), ("intakeOutput", 2, "cellvaluenumeric", "secret")),
    ],
)
def test_a_wrong_value_is_refused_by_place_and_not_shown(tmp_path: Path, file: str, place: int, column: str, value: object) -> None:
    rows = [row | ({column: value} if i == place else {}) for i, row in enumerate(FILES_MADE[file])]
    with pytest.raises(Refused, match=rf"{file.lower()}\.csv: column '{column}', data row {place + 1}:") as refused:
        made(tmp_path, FILES_MADE | {file: rows})
    assert "secret" not in str(refused.value)


def test_no_stay_that_lasts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no stay lasts for 1440 minutes"):
        made(tmp_path, FILES_MADE | {"patient": FILES_MADE["patient"][4:5]})


SHOCK = "cardiovascular|shock / hypotension"
SIRS = f"{SHOCK}|signs and symptoms of sepsis (SIRS)"
NAMED = {
    "respiratory_failure": [
        "pulmonary|respiratory failure|ARDS",
        "surgery|respiratory failure|ventilatory failure",
        "pulmonary|respiratory failure|acute on chronic respiratory failure not due to CHF",
        f"{SHOCK}|sepsis|sepsis with single organ dysfunction- acute respiratory failure",
    ],
    "sepsis": [
        *(SEPSIS, f"{SHOCK}|sepsis", f"{SHOCK}|septic shock|cultures pending"),
        "renal|disorder of kidney|acute renal failure|due to sepsis",
        f"{SIRS}|due to infectious process with organ dysfunction",
    ],
    "kidney_injury": [RENAL, f"{SHOCK}|sepsis|sepsis with single organ dysfunction- acute renal failure"],
    "shock": [
        *(
            f"{SHOCK}|septic shock",
            f"{SHOCK}|shock, etiology unclear",
            "endocrine|adrenal disorders|hypotension / pressor dependent",
        ),
        f"{SHOCK}|sepsis|sepsis with single organ dysfunction- circulatory system failure",
    ],
}
NOT_NAMED = {
    "respiratory_failure": [
        "pulmonary|respiratory failure|chronic respiratory failure",
        "pulmonary|respiratory failure|pulmonary aspiration|of gastric contents",
        "pulmonary|disorders of the airways|hypoxemia",
    ],
    "sepsis": [
        *(SIRS, f"{SIRS}|due to non-infectious process without organ dysfunction"),
        "infectious diseases|skin, bone and joint infections|septic arthritis|monoarticular",
        "infectious diseases|systemic/other infections|bacteremia",
    ],
    "kidney_injury": [
        "renal|disorder of kidney|chronic renal insufficiency",
        "renal|disorder of kidney|ESRD (end stage renal disease)",
    ],
    "shock": [
        f"{SHOCK}|sepsis",
        f"{SHOCK}|hypotension",
        f"{SHOCK}|dehydration",
        "neurologic|trauma - CNS|spinal cord injury|spinal shock",
    ],
}


@pytest.mark.parametrize("condition", NAMED)
def test_entries_that_name_a_condition(condition: str) -> None:
    paths = pd.Series([*NAMED[condition], *NOT_NAMED[condition], None], dtype="str")
    expected = [True] * len(NAMED[condition]) + [False] * (len(NOT_NAMED[condition]) + 1)
    np.testing.assert_array_equal(outcomes.names(condition, paths), expected)


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(Refused, match=r"condition 'shok' is not known\. Did you mean 'shock'"):
        outcomes.names("shok", pd.Series(["a"]))


def test_entries_of_no_case_and_without_a_time_are_no_later_entries() -> None:
    found = outcomes.entered_later(
        3, np.array([-1, 0, 1, 1]), np.array([1500, np.nan, 1439, 1440]), np.array([True, True, True, False]), 1440
    )
    np.testing.assert_array_equal(found, [0, 0, np.nan])


@pytest.fixture(scope="module")
def real() -> Path:
    home = Path(os.environ.get("CLINICAL_MTL_DATA") or HERE.parents[2] / "../shared/data")
    if not (home / "eicu_demo" / "patient.csv.gz").is_file():
        pytest.skip(f"no eicu_demo/patient.csv.gz below {home}: set CLINICAL_MTL_DATA to the data home")
    return home


@pytest.fixture(scope="module")
def cohort(real: Path) -> datasets.Cohort:
    return datasets.load("eicu_demo", real)


def test_counts_of_the_real_files(cohort: datasets.Cohort) -> None:
    assert cohort.centre is not None
    assert (len(cohort), len(np.unique(cohort.patient)), len(np.unique(cohort.centre))) == (1627, 1333, 186)
    assert cohort.outcomes.notna().sum().tolist() == [1607, 1627, 1463, 1506, 1506, 1506, 1506]
    assert cohort.outcomes.sum().tolist() == [141, 549, 552, 233, 147, 96, 70]
    assert [round(float(cohort.present(modality).mean()), 2) for modality in cohort.modalities] == [1, 1, 1]
    assert set(CARD.outcomes) == set(cohort.outcome_names)
    assert cohort.tabular is not None
    assert set(CARD.reference) <= set(cohort.tabular)
    assert cohort.text is not None
    assert CARD.procedure in cohort.text


def rows_of(real: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(real / "eicu_demo" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_outcomes_of_the_real_files_against_a_plain_recount(real: Path, cohort: datasets.Cohort) -> None:
    stays = {row["patientunitstayid"]: row for row in rows_of(real, "patient") if int(row["unitdischargeoffset"]) >= 24 * 60}
    alive = [row["hospitaldischargelocation"] for row in stays.values() if row["hospitaldischargestatus"] == "Alive"]
    counts = {
        "death": sum(row["hospitaldischargestatus"] == "Expired" for row in stays.values()),
        "long_icu_stay": sum(int(row["unitdischargeoffset"]) > 3 * 24 * 60 for row in stays.values()),
        "discharge_not_home": sum(place not in ("", "Home") for place in alive),
    }
    later: dict[str, set[str]] = {name: set() for name in ("respiratory_failure", "sepsis", "kidney_injury", "shock")}
    for row in rows_of(real, "diagnosis"):
        if row["patientunitstayid"] in stays and int(row["diagnosisoffset"]) >= 24 * 60:
            parts = row["diagnosisstring"].lower().split("|")
            whole = " ".join(part for part in parts if part != "shock / hypotension")
            aside = "chronic respiratory failure" in parts or "pulmonary aspiration" in parts
            named = {
                "respiratory_failure": "respiratory failure" in whole and not aside,
                "sepsis": bool({"sepsis", "septic shock", "due to sepsis"} & set(parts)) or "(sirs) due to infectious" in whole,
                "kidney_injury": "acute renal failure" in whole,
                "shock": ("shock" in whole and "spinal" not in whole) or "pressor" in whole or "circulatory system" in whole,
            }
            for condition, yes in named.items():
                if yes:
                    later[condition].add(row["patientunitstayid"])
    counts |= {f"later_{condition}": len(found) for condition, found in later.items()}
    assert cohort.outcomes.sum().to_dict() == counts


def test_nothing_from_the_landmark_on_is_read_from_the_real_files(real: Path, cohort: datasets.Cohort, tmp_path: Path) -> None:
    (tmp_path / "eicu_demo").mkdir()
    for name in NEEDED:
        frame = pd.read_csv(real / "eicu_demo" / f"{name.lower()}.csv.gz", dtype=str)
        offsets = frame[[column for column in frame.columns.astype(str) if "offset" in column and column not in NO_TIME]].astype(
            float
        )
        frame = frame[~(offsets >= 1440).any(axis=1)].sample(frac=1, random_state=1)
        for column, value in KNOWN_AFTERWARDS.get(name, {}).items():
            assert column in frame
            frame[column] = str(value)
        if name == "patient":
            frame.loc[frame["unitdischargeoffset"].astype(int) >= 1440, "unitdischargeoffset"] = "1440"
        frame.to_csv(tmp_path / "eicu_demo" / f"{name.lower()}.csv", index=False)
    cut = datasets.load("eicu_demo", tmp_path)
    assert cut.inputs_key == cohort.inputs_key
    assert cut.outcomes.filter(like="later_").sum().sum() == 0


def test_the_real_inputs_hold_no_outcome_and_no_identifier(real: Path, cohort: datasets.Cohort) -> None:
    assert cohort.tabular is not None
    numbers = cohort.tabular.select_dtypes("number")
    assert (numbers.dtypes == np.float32).all()
    for outcome in cohort.outcomes:
        for name in numbers:
            known = cohort.outcomes[outcome].notna() & numbers[name].notna()
            if cohort.outcomes[outcome][known].nunique() == 2:
                assert abs(roc_auc_score(cohort.outcomes[outcome][known], numbers[name][known]) - 0.5) < 0.35, (outcome, name)
    source = pd.read_csv(real / "eicu_demo" / "patient.csv.gz")
    source = source[source["unitdischargeoffset"] >= 1440]
    ages = source["age"].replace("> 89", "90").astype(float)
    assert sorted(ages.dropna()) == sorted(numbers["age"].dropna())
    assert abs(np.corrcoef(ages.fillna(0), numbers["age"].fillna(0))[0, 1]) < 0.07


def test_how_far_the_first_day_of_apache_reaches(real: Path) -> None:
    """Its mean pressures found again among readings by cuff, in stays of two days: what the card says of it."""
    worst = {row["patientunitstayid"]: float(row["meanbp"]) for row in rows_of(real, "apacheapsvar")}
    stays = {row["patientunitstayid"] for row in rows_of(real, "patient") if int(row["unitdischargeoffset"]) >= 2880}
    first: dict[str, int] = {}
    for row in rows_of(real, "vitalaperiodic"):
        number, offset = row["patientunitstayid"], int(row["observationoffset"])
        if number in stays and offset >= 0 and row["noninvasivemean"] and float(row["noninvasivemean"]) == worst.get(number, -1):
            first[number] = min(offset, first.get(number, offset))
    within, after = (sum(start <= offset < stop for offset in first.values()) for start, stop in ((0, 1440), (1440, 1620)))
    assert f"is found again within the 24 hours in {within}, first in the three hours after them in {after}" in " ".join(CARD.notes)

"""Layouts: small made-up copies of INSPIRE and MOVER, as their sources hand them out."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.inspire.cases import COLUMNS as OPERATION
from datasets.mover.cases import COLUMNS as INFORMATION

Row = Mapping[str, object]

LAB = ("LOG_ID", "MRN", "ENC_TYPE_NM", "Lab Code", "Lab Name", "Observation Value", "Measurement Units", "Collection Datetime")
COMPLICATION = ("LOG_ID", "MRN", "Element_Name", "Element_abbr", "CONTEXT_NAME", "SMRTDTA_ELEM_VALUE")
SHEET = ("", "LOG_ID", "MRN", "FLO_NAME", "FLO_DISPLAY_NAME", "RECORD_TYPE", "RECORDED_TIME", "MEAS_VALUE", "UNITS")


def write(path: Path, columns: Sequence[str], rows: Sequence[Row], mark: bool = False) -> None:
    """A CSV file with these columns; what a row lacks is empty. `mark`: with a byte order mark."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8-sig" if mark else "utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def operation(op_id: int, subject: int, **values: object) -> dict[str, object]:
    """INSPIRE: an operation at noon of day 10 of the patient's clock, 2 hours long, home three days later, without events."""
    noon = 10 * 1440 + 720
    row: dict[str, object] = {"op_id": op_id, "subject_id": subject, "hadm_id": op_id + 1, "case_id": "", "opdate": 10 * 1440}
    row |= {"age": 60, "sex": "F", "weight": 60, "height": 160, "race": "Asian", "asa": 2, "emop": 0}
    row |= {"department": "GS", "antype": "General", "icd10_pcs": "0DTJ4"}
    row |= {"orin_time": noon - 60, "orout_time": noon + 135, "opstart_time": noon, "opend_time": noon + 120}
    row |= {"admission_time": 9 * 1440, "discharge_time": 13 * 1440 - 5, "anstart_time": noon - 30, "anend_time": noon + 130}
    return row | values


def inspire(
    home: Path, operations: Sequence[Row], labs: Sequence[Row] = (), diagnosis: Sequence[Row] = (), vitals: Sequence[Row] = ()
) -> Path:
    """A data home with INSPIRE's files."""
    folder = home / "inspire"
    columns = dict.fromkeys((*OPERATION, "hadm_id", "case_id", "opdate", "orout_time", "anend_time", "allcause_death_time"))
    write(folder / "operations.csv", list(columns), operations, mark=True)
    write(folder / "labs.csv", ("subject_id", "chart_time", "item_name", "value"), labs, mark=True)
    write(folder / "diagnosis.csv", ("subject_id", "chart_time", "icd10_cm"), diagnosis, mark=True)
    write(folder / "vitals.csv", ("op_id", "subject_id", "chart_time", "item_name", "value"), vitals, mark=True)
    return home


def surgery(log_id: str, mrn: str, **values: object) -> dict[str, object]:
    """MOVER: an operation on 3 March 2020, in the room from 8:00 to 11:00, home two days later, without events."""
    row: dict[str, object] = {"LOG_ID": log_id, "MRN": mrn, "DISCH_DISP_C": 1, "DISCH_DISP": "Home Routine", "LOS": 2}
    row |= {
        "HOSP_ADMSN_TIME": "3/3/20 6:00",
        "HOSP_DISCH_TIME": "3/5/20 11:00",
        "ICU_ADMIN_FLAG": "No",
        "SURGERY_DATE": "3/3/20 0:00",
    }
    row |= {"BIRTH_DATE": 60, "HEIGHT": "5' 10", "WEIGHT": 2821.92, "SEX": "Male", "PRIMARY_ANES_TYPE_NM": "General "}
    row |= {
        "ASA_RATING_C": 3.0,
        "ASA_RATING": "Severe",
        "PATIENT_CLASS_GROUP": "Inpatient",
        "PATIENT_CLASS_NM": "Inpatient Admission",
    }
    row |= {"PRIMARY_PROCEDURE_NM": "COLECTOMY, LAPAROSCOPIC", "IN_OR_DTTM": "3/3/20 8:00", "OUT_OR_DTTM": "3/3/20 11:00"}
    return row | {"AN_START_DATETIME": "3/3/20 7:50", "AN_STOP_DATETIME": "3/3/20 11:20"} | values


def lab(log_id: str, code: str, value: object, when: str) -> dict[str, object]:
    """MOVER: one laboratory value."""
    return {"LOG_ID": log_id, "MRN": "m", "Lab Code": code, "Observation Value": value, "Collection Datetime": when}


def complication(log_id: str, element: str, value: object) -> dict[str, object]:
    """MOVER: one row of the list of complications."""
    return {"LOG_ID": log_id, "MRN": "m", "Element_abbr": element, "CONTEXT_NAME": "ENCOUNTER", "SMRTDTA_ELEM_VALUE": value}


def sheet(log_id: str, name: str, when: str, value: object) -> dict[str, object]:
    """MOVER: one row of a flowsheet."""
    row = {"": 0, "LOG_ID": log_id, "MRN": "m", "FLO_NAME": "Devices Testing Template", "RECORD_TYPE": "INTRA-OP"}
    return row | {"FLO_DISPLAY_NAME": name, "RECORDED_TIME": when, "MEAS_VALUE": value, "UNITS": "\\N"}


def mover(
    home: Path,
    information: Sequence[Row],
    labs: Sequence[Row] = (),
    complications: Sequence[Row] = (),
    sheets: Sequence[Row] | None = None,
    archive: str = "",
) -> Path:
    """A data home with MOVER's files, with `sheets` dealt to the nineteen parts. `archive`: folder of the tables in `mover/`."""
    folder = home / "mover"
    columns = dict.fromkeys((*information[0], *INFORMATION))
    write(folder / archive / "patient_information.csv", list(columns), information)
    write(folder / archive / "patient_labs.csv", LAB, labs)
    write(folder / archive / "patient_post_op_complications.csv", COMPLICATION, complications)
    for part in range(19) if sheets is not None else ():
        write(folder / "flowsheets_cleaned" / f"flowsheet_part{part + 1}.csv", SHEET, (sheets or ())[part::19])
    return home

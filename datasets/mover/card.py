"""Card: what a reader must know of MOVER, which files are read, and how to get them."""

from __future__ import annotations

from datasets.cohort import Card
from datasets.registry import File

FOLDER = "mover"
# Where the source's archive EPIC_EMR.tar.gz puts them; the loader also takes them from the folder itself.
ARCHIVE = f"{FOLDER}/EPIC_EMR/EMR"
FLOWSHEETS = 19
ACCESS = (
    "MOVER is given to those who sign its data use agreement: apply at https://mover.ics.uci.edu "
    "(https://doi.org/10.24432/C5VS5G). Put the files of EPIC_EMR/EMR into <data home>/mover/ and the nineteen of "
    "flowsheets_cleaned into <data home>/mover/flowsheets_cleaned/. The SIS part has other columns and is not read."
)


def _table(name: str) -> File:
    return File(f"{FOLDER}/{name}", also=(f"{ARCHIVE}/{name}",))


INFORMATION = _table("patient_information.csv")
COMPLICATIONS = _table("patient_post_op_complications.csv")
LABS = _table("patient_labs.csv")
PARTS = tuple(File(f"{FOLDER}/flowsheets_cleaned/flowsheet_part{i}.csv", needed=False) for i in range(1, FLOWSHEETS + 1))

CARD = Card(
    name="mover",
    title="MOVER: operations at the University of California, Irvine, 2017-2023 (EPIC part), when the patient leaves the room",
    source="https://mover.ics.uci.edu; https://doi.org/10.24432/C5VS5G",
    licence="Signed data use agreement with UC Irvine: not to be passed on",
    citation="Samad M et al. Medical Informatics Operating Room Vitals and Events Repository (MOVER): a public-access operating "
    "room database. JAMIA Open 2023;6(4):ooad084.",
    landmark="The patient leaves the operating room (OUT_OR_DTTM), zero of the series' times; what was measured at or after it is "
    "no input. The end of anaesthesia (AN_STOP_DATETIME) is not taken: it is often written in the recovery room, hours later, and "
    "sometimes closed by the system days later.",
    outcomes={
        "any_complication": "A complication of any class (administrative, other and death among them) in the anaesthetist's list "
        "after surgery, in a row of its class or named in the general one. Unknown without a row that says something ('None' says "
        "that there was none).",
        "pulmonary_complication": "A complication of the class Respiratory in that list; Airway (intubation, injury) is not one. "
        "Unknown as above.",
        "kidney_injury": "Highest creatinine within 7 days after the landmark at least 1.5 times the last before the operation "
        "(KDIGO ratio); unknown where either is missing or the baseline exceeds 4 mg/dL.",
        "icu_during_stay": "In intensive care at any time of the hospital stay (ICU_ADMIN_FLAG); the source gives no time, so that "
        "a stay before surgery alone counts too.",
        "death_or_long_stay": "Death in hospital, or more than 14 days in hospital from the landmark.",
        "death": "Death in hospital (discharge disposition Expired).",
    },
    reference=("asa", "age"),
    procedure="procedure",
    subgroups=("age", "sex"),
    nested={"any_complication": ("pulmonary_complication",)},
    notes=(
        "The layout was read from public documentation and code, not from the data: check counts before use.",
        "One centre. Only the EPIC part; the older SIS part cannot be linked and has no ASA class, discharge or patient.",
        "LOG_ID repeats: the row with the most inputs is kept, then the first by content, whatever the order of the file.",
        "Some record numbers (MRN) are reported to be spoiled (as 2.75E+15): those patients cannot be linked to their other stays.",
        "Complications are those that the anaesthetist wrote down, far fewer than other sources find; they have no time.",
        "Kidney injury is unknown where creatinine was not measured on both sides, and not at random.",
        "Laboratory values count by time of collection; a result may have arrived after the landmark. 9999999 stands for none.",
        "The class of the stay (inpatient, outpatient) and diagnoses are no inputs: they have no time, and may be of later.",
        "Series are means of 5 minutes over the 4 hours before the landmark; exact repetitions of a row count as often as they "
        "stand. Of the two streams of a measurement, the anaesthetic one is taken.",
        "The age is capped at 90. Dates are taken as they stand: whether they were shifted is not documented, so that there is no "
        "order in time.",
    ),
)

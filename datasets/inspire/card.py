"""Card: what a reader must know of INSPIRE, which files are read, and how to get them."""

from __future__ import annotations

from datasets.cohort import Card
from datasets.registry import File

FOLDER = "inspire"
ACCESS = (
    "INSPIRE is given to credentialed users of PhysioNet who sign its agreement: apply at "
    "https://physionet.org/content/inspire/ and put the files into <data home>/inspire/, as they come or gzipped."
)


OPERATIONS, LABS, DIAGNOSIS, VITALS = (File(f"{FOLDER}/{name}.csv") for name in ("operations", "labs", "diagnosis", "vitals"))
FILES = (OPERATIONS, LABS, DIAGNOSIS, VITALS)

CARD = Card(
    name="inspire",
    title="INSPIRE: operations at Seoul National University Hospital, 2011-2020, at the end of surgery",
    source="https://physionet.org/content/inspire/ (version 1.3)",
    licence="PhysioNet Credentialed Health Data License: signed agreement, not to be passed on",
    citation="Lim L et al. INSPIRE, a publicly available research dataset for perioperative medicine. Sci Data 2024;11:655. "
    "Lim L, Lee HC. INSPIRE (version 1.3). PhysioNet 2024, doi:10.13026/46m4-f655.",
    landmark="End of surgery (opend_time), zero of the series' times. Times are rounded to 5 minutes; inputs are those strictly "
    "before it. Leaving the room and the end of anaesthesia come later and are no inputs.",
    outcomes={
        "kidney_injury": "Highest creatinine within 7 days after surgery at least 1.5 times the last in the 180 days before it "
        "(KDIGO ratio); unknown where either is missing or the baseline exceeds 4 mg/dL.",
        "icu_stay": "In intensive care at any time after surgery and before discharge, planned or not.",
        "complication_diagnosis": "A diagnosis that names a complication of care, an infection, infarction, arrest, embolism, "
        "stroke, delirium, kidney failure or one of the lungs, first entered from the day after surgery to the 30th and before "
        "discharge: no judgement of a clinician. Unknown for patients without any diagnosis.",
        "pulmonary_diagnosis": "The same for respiratory infection, failure, effusion, atelectasis, pneumothorax, aspiration, "
        "bronchospasm and ARDS (ICD-10 J12-J18, J69, J80, J90, J91, J93, J95, J96, J98).",
        "death_or_long_stay": "Death in hospital, or more than 14 days in hospital from the end of surgery.",
        "death": "Death in hospital, in the stay of the operation.",
    },
    reference=("asa", "age", "emergency"),
    procedure="operation",
    subgroups=("age", "sex"),
    nested={"complication_diagnosis": ("pulmonary_diagnosis",)},
    notes=(
        "The layout was read from public documentation and code, not from the data: check counts before use.",
        "One centre; half of its operations. Ages are rounded. Race, as recorded, is among the inputs. There is no calendar time.",
        "Complications were not recorded: the two outcomes of that kind are codes of three characters with a date, entered for "
        "other purposes; an illness of before that was coded late counts as new. The day of surgery counts as neither before nor "
        "after, as codes have no hour.",
        "Kidney injury is unknown where creatinine was not measured on both sides, and not at random.",
        "The clock is the patient's, over all stays: an entry of intensive care or a death in a later stay belongs to that stay. "
        "Discharge is recorded by the day: a death counts up to one day after it.",
        "Laboratory values and diagnoses are linked by patient and time: of the 180 days before the end of surgery.",
        "Laboratory values count by time of collection; a result may have arrived after the end of surgery.",
        "Series are means of 5 minutes over the 4 hours before the end of surgery. Doses, fluids and blood loss are not taken: "
        "whether they are totals so far or since the last entry is not documented.",
        "A weight or height of 0 stands for none. Names of codes are not in the source: the text is codes.",
    ),
)

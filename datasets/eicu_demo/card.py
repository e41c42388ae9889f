"""Card: what a reader must know of the eICU demo, and where its files come from."""

from __future__ import annotations

from datasets.cohort import Card
from datasets.registry import File

FOLDER = "eicu_demo"
URL = "https://physionet.org/files/eicu-crd-demo/2.0.1"

# As the source spells them; the loader takes them in lower case too, and without .gz.
NEEDED = (
    *("patient", "hospital", "apacheApsVar", "apachePredVar", "diagnosis", "admissionDx", "pastHistory", "note", "treatment"),
    *("physicalExam", "carePlanGeneral", "vitalAperiodic", "respiratoryCharting", "intakeOutput"),
)
OPTIONAL = ("apachePatientResult", "lab", "vitalPeriodic")


def _file(name: str) -> File:
    return File(
        f"{FOLDER}/{name.lower()}.csv.gz",
        url=f"{URL}/{name}.csv.gz",
        sums=f"{URL}/SHA256SUMS.txt",
        needed=name in NEEDED,
        also=() if name.islower() else (f"{FOLDER}/{name}.csv.gz",),
    )


FILES = {name: _file(name) for name in (*NEEDED, *OPTIONAL)}

CARD = Card(
    name="eicu_demo",
    title="eICU demo: stays in intensive care of 186 hospitals in the USA, 2014-2015, after their first 24 hours",
    source="https://physionet.org/content/eicu-crd-demo/2.0.1/",
    licence="ODbL 1.0 (share-alike: a database made from it must be shared under the same licence)",
    citation="Johnson A, Pollard T, Badawi O, Raffa J. eICU Collaborative Research Database Demo (version 2.0.1). PhysioNet 2021, "
    "doi:10.13026/4mxk-na84. Pollard TJ et al. The eICU Collaborative Research Database. Sci Data 2018;5:180178.",
    landmark="24 hours after admission to the unit (zero of all times), for stays that last that long. What was measured or "
    "entered at minute 1440 or later is no input, whatever time it speaks of.",
    outcomes={
        "death": "Death in hospital, in the unit or after it; unknown where the status at discharge is not recorded.",
        "long_icu_stay": "More than 3 days in the unit from admission to it; who died there earlier counts as a short stay.",
        "discharge_not_home": "Left hospital alive, but not for home (other hospital, rehabilitation, nursing facility, other); "
        "unknown for those who died and where the place is not recorded.",
        "later_respiratory_failure": "An entry of respiratory failure in the list of diagnoses at 24 hours or later, new or "
        "continuing: any under that heading but chronic failure alone and aspiration; unknown for stays without any entry.",
        "later_sepsis": "An entry of sepsis or septic shock at 24 hours or later, new or continuing; unknown as above.",
        "later_kidney_injury": "An entry of acute renal failure at 24 hours or later, new or continuing; unknown as above.",
        "later_shock": "An entry that names a shock, dependence on vasopressors or circulatory failure of sepsis at 24 hours or "
        "later, new or continuing; the source's heading 'shock / hypotension' alone is not enough; unknown as above.",
    },
    reference=("age",),
    procedure="admission_diagnosis",
    subgroups=("age", "gender"),
    notes=(
        "A demonstration subset, about one in eighty of the stays of eICU; stays that end before 24 hours are left out.",
        "Later means new or continuing: most who have such an entry later had one in the first day too (first-ever ones are too "
        "few). Entries follow habits of charting, end with the stay, and have not been checked against measurements.",
        "A patient may have several stays, in one hospital admission too; their outcomes at discharge are then the same.",
        "APACHE variables are by definition those of the first 24 hours in the unit, but the source gives them no time, so that "
        "they cannot be cut at the landmark. In stays of two days and more its mean pressure, looked for among readings by cuff, "
        "is found again within the 24 hours in 698, first in the three hours after them in 14.",
        "From apachePredVar only chronic illness, elective surgery, thrombolysis and ventilation on day 1 are taken: it also holds "
        "the death, the place of discharge and columns without a documented time.",
        "APACHE IVa scores and predicted deaths are reference scores: set beside the methods, an input of none.",
        "Admission diagnoses entered after 24 hours are no input, so that some stays have none.",
        "Notes are paths of a structured form, written as words; an entry that recurs stands once, at its first time.",
        "Volumes of urine and fluids are what was written down in an hour; a shift's total may stand at its end.",
        "Laboratory values and monitor readings are channels where lab and vitalPeriodic are in the folder, else not.",
        "Ethnicity, as the hospital recorded it, is among the inputs. An age above 89 is taken as 90. Only the year of discharge "
        "is known: there is no order in time.",
    ),
)

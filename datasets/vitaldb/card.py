"""Cards: the operations at either landmark."""

from __future__ import annotations

from dataclasses import replace

from datasets.cohort import Card

_RECORDED = (
    "Kidney injury is unknown for about half of the operations, and not at random: creatinine was measured again in those "
    "who were expected to need it.",
    "Intensive care was mostly planned and can nearly be read from the operation's name.",
)
_CAPPED = "An age above the source's cap (`>89`) is taken as one year above it."
_LEFT = (
    "The death of a patient with an unknown length of stay decides the composite outcome; other such stays are unknown.",
    "One centre; the source gives no calendar time.",
)

CARD = Card(
    name="vitaldb",
    title="VitalDB: non-cardiac operations at Seoul National University Hospital, 2016-2017, at the end of surgery",
    source="https://vitaldb.net (open dataset); https://physionet.org/content/vitaldb/",
    licence="CC BY 4.0",
    citation="Lee HC et al. VitalDB, a high-fidelity multi-parameter vital signs database in surgical patients. "
    "Sci Data 2022;9:279.",
    landmark="End of surgery (`opend`), the zero of the series' times. Nothing timed after it is an input; durations end at it.",
    outcomes={
        "kidney_injury": "Highest creatinine within 7 days after surgery at least 1.5 times the last before it (KDIGO ratio); "
        "unknown where either is missing or the baseline exceeds 4 mg/dL.",
        "icu_stay": "Any stay in intensive care after surgery, planned or not.",
        "death_or_long_stay": "Death in hospital, or more than 14 days in hospital from the end of surgery.",
        "death": "Death in hospital.",
    },
    reference=("asa", "age", "emergency"),
    procedure="operation",
    subgroups=("age", "sex"),
    nested={"death_or_long_stay": ("death",)},
    notes=(
        *_RECORDED,
        "The recorded final diagnosis and operation stand for the planned ones.",
        "Totals of drugs, fluids and blood loss are those of the whole anaesthesia; they cannot be cut at the end of surgery.",
        _CAPPED,
        *_LEFT,
    ),
)

CARD_PREOP = replace(
    CARD,
    name="vitaldb_preop",
    title="VitalDB: non-cardiac operations at Seoul National University Hospital, 2016-2017, before surgery",
    landmark="Before surgery: the patient enters the operating theatre (`casestart`). Nothing timed after it is an input.",
    notes=(
        *_RECORDED,
        "The recorded final diagnosis and operation stand for the planned ones, and so do its type, approach, position and kind "
        "of anaesthesia: an operation that was changed on the table appears as it ended.",
        "Creatinine between theatre and incision may serve as the baseline of kidney injury; it is no input.",
        _CAPPED,
        *_LEFT,
    ),
)

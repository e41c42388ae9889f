"""Cards: what the two cohorts of the challenge are, and who is not in them."""

from __future__ import annotations

from dataclasses import replace

from datasets.cohort import Card

_END_OF_STAY = {
    "death_or_long_stay": "Death in hospital, or more than 14 days from admission to intensive care to the end of the stay in "
    "hospital. Unknown where the length of a survivor's stay is (167 stays; -1 in the source).",
    "death": "Death in hospital, as the source's outcome files say. Survival after discharge is not used.",
}
_NEW = "Stays that already had it in the first 24 hours, or for which that is unknown, are not at risk: unknown."
_NEXT_DAY = {
    "kidney_injury": "Acute kidney injury by creatinine from 24:00 to 48:00 (KDIGO): at least 0.3 mg/dL above, or at least 1.5 "
    f"times, the lowest earlier value since admission. {_NEW} Also unknown without a value on each side of 24:00, or where the "
    "lowest of the first 24 hours exceeds 4 mg/dL.",
    "new_ventilation": f"Any entry of mechanical ventilation from 24:00 to 48:00. {_NEW} No entry means none, except where "
    "nothing at all was recorded on a day.",
    "hypotension": "Mean arterial pressure (invasive, else cuff) below 65 mmHg at two readings in a row, at most 120 minutes "
    f"apart, from 24:00 to 48:00. {_NEW} A day without it, and with readings in fewer than 6 of its hours, is unknown.",
    "oliguria": "Urine below 0.5 mL/kg/h over 12 hours or more between two entries from 24:00 to 48:00 (KDIGO stage 2), without "
    f"a pause of more than 6 hours between entries. {_NEW} Also unknown without a weight, or where no entries span 12 hours.",
}

CARD = Card(
    name="cinc2012",
    title="PhysioNet/CinC Challenge 2012: 12,000 stays in intensive care, at 48 hours",
    source="https://physionet.org/content/challenge-2012/1.0.0/",
    licence="Open Data Commons Attribution License v1.0",
    citation="Silva I, Moody G, Scott DJ, Celi LA, Mark RG. Predicting in-hospital mortality of ICU patients: the "
    "PhysioNet/Computing in Cardiology Challenge 2012. Comput Cardiol 2012;39:245-248. Goldberger AL et al. PhysioBank, "
    "PhysioToolkit, and PhysioNet. Circulation 2000;101(23):e215-e220.",
    landmark="48 hours after admission to intensive care. Nothing measured at 48:00 or later is an input.",
    outcomes=_END_OF_STAY,
    reference=("age",),
    procedure="icu",
    subgroups=("age", "sex"),
    nested={"death_or_long_stay": ("death",)},
    notes=(
        "Only stays of 48 hours and more were recorded: who died in or left intensive care earlier is not in it.",
        "Five stays are shorter than that by the source's own length of stay.",
        "Adults in coronary, cardiac surgery recovery, medical and surgical intensive care. No calendar time and no centre; each "
        "stay counts as a patient of its own, as the source does not say which stays are of one patient.",
        "The challenge's own split: sets a and b to train on, set c to test on.",
        "SAPS-I and SOFA are reference scores and no inputs; the source does not say over which hours they were taken.",
        "In set c, 2,403 rows bear no variable's name. Nearly all repeat an albumin of the stay, over half of them an hour before "
        "it was measured: they are left out.",
        "Twelve stays hold nothing but descriptors. Values outside plausible ranges count as not measured, heights and weights "
        "too.",
        "The source gives a respiratory rate only to stays without any entry of ventilation in their 48 hours (none has both).",
        "Magnesium is labelled mmol/L by the source; its values are those of mg/dL.",
        "Drugs are not recorded: a pressure that a vasopressor holds up looks like one that needs none.",
    ),
)

CARD_24H = replace(
    CARD,
    name="cinc2012_24h",
    title="PhysioNet/CinC Challenge 2012: 12,000 stays in intensive care, at 24 hours",
    landmark="24 hours after admission to intensive care. Nothing measured at 24:00 or later is an input.",
    outcomes=_NEXT_DAY | _END_OF_STAY,
    notes=(
        "The choice of stays looks ahead: only those of 48 hours and more were recorded, so that survival to 48 hours, and a stay "
        "till then, are known in advance. At the bedside, at 24 hours, they are not.",
        "Each event of the next 24 hours is known for those at risk of it alone: known cases differ between outcomes.",
        "Respiratory rate is no input here: that a stay has one tells that it was not ventilated on the second day either.",
        *CARD.notes,
    ),
)

"""eICU demo: stays in intensive care of many hospitals in the USA, predicted from after their first 24 hours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datasets import outcomes
from datasets.cohort import Cohort
from datasets.eicu_demo import notes, signals, tables
from datasets.eicu_demo.card import CARD, FILES, NEEDED
from datasets.eicu_demo.rows import LANDMARK, STAY, find, opened, rows
from datasets.errors import Refused
from datasets.registry import dataset
from datasets.source import Table

DAY = 1440.0
LATER = ("respiratory_failure", "sepsis", "kidney_injury", "shock")


@dataset("eicu_demo", modalities=("tabular", "text", "series"), card=CARD, files=tuple(FILES.values()))
def load(home: Path) -> Cohort:
    """Stays in intensive care of 186 hospitals (open): death, long stay, discharge, later organ failure, after 24 hours.

    `home`: the data home, which holds the source's files in `eicu_demo/`; apachePatientResult, lab and vitalPeriodic add to it
    where they are there. Refuses missing files, missing columns, numbers that do not parse and stays that stand twice.
    """
    found = {name: opened(home, name) for name in FILES if name in NEEDED or find(home, name)}
    patients = found["patient"]
    reached = patients.whole("unitdischargeoffset") >= LANDMARK
    order = pd.Series(patients.key(STAY))[reached]
    patients = Table(patients.path, patients.frame[reached]).scrambled("eicu_demo", order.to_numpy())
    stays = patients.whole(STAY)
    if not len(stays):
        raise Refused(f"{patients.path}: no stay lasts for {LANDMARK:g} minutes (unitdischargeoffset), so that there is no case.")
    return Cohort(
        card=CARD,
        # By first appearance in the scrambled order: neither the file's order nor its identifiers are left in the codes.
        patient=_codes(patients, "uniquepid"),
        centre=_codes(patients, "hospitalid"),
        outcomes=_outcomes(patients, found["diagnosis"], stays),
        tabular=tables.tabular(patients, found["hospital"], found["apacheApsVar"], found["apachePredVar"]),
        text=pd.DataFrame({kind.field: notes.field(kind, found[kind.file], stays) for kind in notes.KINDS}),
        series=signals.series(found, stays),
        reference=tables.apache(found["apachePatientResult"], stays) if "apachePatientResult" in found else None,
    )


def _outcomes(patients: Table, diagnosis: Table, stays: np.ndarray) -> pd.DataFrame:
    died = outcomes.death(patients.string("hospitaldischargestatus").map({"Expired": 1.0, "Alive": 0.0}).to_numpy(dtype=np.float64))
    listed = rows(diagnosis, stays, ("diagnosisoffset",))
    paths = diagnosis.string("diagnosisstring")
    later = {
        f"later_{condition}": outcomes.entered_later(
            len(stays), listed.case, listed.time, outcomes.names(condition, paths), LANDMARK
        )
        for condition in LATER
    }
    return pd.DataFrame(
        {
            "death": died,
            "long_icu_stay": outcomes.long_icu_stay(patients.number("unitdischargeoffset") / DAY),
            "discharge_not_home": outcomes.not_home(died, patients.string("hospitaldischargelocation")),
            **later,
        }
    )


def _codes(patients: Table, column: str) -> np.ndarray:
    values = patients.string(column)
    if values.isna().any():
        row = patients.frame.index[values.isna().to_numpy()].min()
        raise Refused(f"{patients.path}: column '{column}', data row {row}: it is empty, so that stays cannot be grouped by it.")
    return pd.factorize(values)[0].astype(np.int64)

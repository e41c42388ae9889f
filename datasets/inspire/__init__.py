"""INSPIRE: operations in Seoul, predicted from at the end of surgery; a user's own copy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from datasets import outcomes
from datasets.brought import brought
from datasets.cohort import Cohort
from datasets.inspire import diagnoses, inputs, labs, vitals
from datasets.inspire.card import ACCESS, CARD, DIAGNOSIS, FILES, LABS, OPERATIONS, VITALS
from datasets.inspire.cases import DAY, Cases, operations
from datasets.outcomes.complications import COMPLICATION_CODES, PULMONARY_CODES
from datasets.registry import dataset


@dataset("inspire", modalities=("tabular", "text", "series"), card=CARD, files=FILES, access=ACCESS)
def load(home: Path) -> Cohort:
    """Operations of one hospital in Seoul (credentialed): kidney injury, intensive care, new diagnoses, long stay, death.

    `home`: the data home, which holds operations, labs, diagnosis and vitals in `inspire/`, plain or gzipped. Refuses missing
    files, missing columns and values that do not parse; what is left out is counted in the card's notes.
    """
    found = brought("inspire", FILES, home, ACCESS)
    cases = operations(found[OPERATIONS.path])
    tests = labs.tests(found[LABS.path], cases)
    entries = diagnoses.entries(found[DIAGNOSIS.path], cases)
    return Cohort(
        card=replace(CARD, notes=(*CARD.notes, *cases.left_out)),
        # By first appearance in the scrambled order: neither the file's order nor its identifiers are left in the codes.
        patient=pd.factorize(cases.subject)[0].astype(np.int64),
        outcomes=_outcomes(cases, tests, entries),
        tabular=pd.concat([inputs.tabular(cases), tests.tabular], axis=1),
        text=pd.DataFrame({"operation": inputs.operation(cases), "diagnoses": entries.before(len(cases))}),
        series=vitals.series(found[VITALS.path], cases),
    )


def _outcomes(cases: Cases, tests: labs.Labs, entries: diagnoses.Diagnoses) -> pd.DataFrame:
    end, discharge = cases.landmark, cases.minutes("discharge_time")
    died = outcomes.death_in_stay(end, cases.minutes("inhosp_death_time"), discharge, slack=DAY)
    icu = outcomes.icu_after(end, cases.minutes("icuin_time"), cases.minutes("icuout_time"), discharge)
    stay = (discharge - end) / DAY
    # Until the day of discharge, the last one of the stay; unknown without a discharge after the end of surgery.
    last_day = np.where(stay >= 0, np.minimum(np.floor(discharge / DAY) - np.floor(end / DAY), diagnoses.LAST_DAY), np.nan)

    def entered(wanted: frozenset[str]) -> np.ndarray:
        return outcomes.new_diagnosis(len(cases), entries.case, entries.day, entries.code, wanted, last_day)

    return pd.DataFrame(
        {
            "kidney_injury": outcomes.kidney_injury(tests.baseline, tests.highest),
            "icu_stay": icu,
            "complication_diagnosis": entered(COMPLICATION_CODES),
            "pulmonary_diagnosis": entered(PULMONARY_CODES),
            "death_or_long_stay": outcomes.death_or_long_stay(died, stay),
            "death": died,
        }
    )

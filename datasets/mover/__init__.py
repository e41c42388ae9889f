"""MOVER: operations at UC Irvine, predicted from when the patient leaves the operating room; a user's own copy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from datasets import outcomes
from datasets.brought import brought, located
from datasets.cohort import Cohort
from datasets.mover import complications, flowsheets, inputs, labs
from datasets.mover.card import ACCESS, CARD, COMPLICATIONS, INFORMATION, LABS, PARTS
from datasets.mover.cases import Cases, operations
from datasets.outcomes.complications import PULMONARY
from datasets.registry import dataset

TABLES = (INFORMATION, COMPLICATIONS, LABS)
DAY = 86_400.0


@dataset("mover", modalities=("tabular", "text", "series"), card=CARD, files=(*TABLES, *PARTS), access=ACCESS)
def load(home: Path) -> Cohort:
    """Operations of one hospital in California (signed agreement): complications, kidney injury, ICU, long stay, death.

    `home`: the data home, which holds the source's files in `mover/`, plain or gzipped. Without any part of the flowsheets
    there are no series, and the card says so; with some of them missing, they are asked for. Refuses missing files, missing
    columns, and values of the information on operations that do not parse; what is left out is counted in the card's notes.
    """
    found = brought("mover", TABLES, home, ACCESS)
    cases = operations(found[INFORMATION.path])
    tests = labs.tests(found[LABS.path], cases)
    sheets = _sheets(home, cases)
    left_out = ("The flowsheets are not there: no series.",) if sheets is None else sheets.left_out
    return Cohort(
        card=replace(CARD, notes=(*CARD.notes, *cases.left_out, *tests.left_out, *left_out)),
        # By first appearance in the scrambled order: neither the file's order nor its identifiers are left in the codes.
        patient=pd.factorize(cases.table.string("MRN"))[0].astype(np.int64),
        outcomes=_outcomes(cases, tests, found[COMPLICATIONS.path]),
        tabular=pd.concat([inputs.tabular(cases), tests.tabular], axis=1),
        text=inputs.text(cases),
        series=None if sheets is None else sheets.series,
    )


def _sheets(home: Path, cases: Cases) -> flowsheets.Flowsheets | None:
    if not any(located(part, home) for part in PARTS):
        return None
    return flowsheets.before_landmark(list(brought("mover", PARTS, home, ACCESS).values()), cases)


def _outcomes(cases: Cases, tests: labs.Labs, listed: Path) -> pd.DataFrame:
    case, kind = complications.listed(listed, cases)
    disposition = cases.table.string("DISCH_DISP")
    expired = disposition.str.lower().str.contains("expired", regex=False, na=False)
    died = expired.astype(np.float64).where(disposition.notna(), np.nan).to_numpy()
    days = (cases.moment("HOSP_DISCH_TIME") - cases.landmark) / DAY
    icu = cases.table.string("ICU_ADMIN_FLAG").str.lower().map({"yes": 1.0, "no": 0.0}).to_numpy(dtype=np.float64)
    return pd.DataFrame(
        {
            "any_complication": outcomes.recorded(len(cases), case, kind),
            "pulmonary_complication": outcomes.recorded(len(cases), case, kind, PULMONARY),
            "kidney_injury": outcomes.kidney_injury(tests.baseline, tests.highest),
            "icu_during_stay": outcomes.icu_stay(icu),
            "death_or_long_stay": outcomes.death_or_long_stay(died, days),
            "death": outcomes.death(died),
        }
    )

"""VitalDB: operations in Seoul, predicted from at the end of surgery and before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.cohort import Card, Cohort, Series
from datasets.registry import File, dataset
from datasets.source import Table
from datasets.vitaldb import inputs, labels, records, tracks
from datasets.vitaldb.card import CARD, CARD_PREOP

FILES = (
    File("vitaldb/cases.csv", url="https://api.vitaldb.net/cases", also=("vitaldb/clinical_data.csv",)),
    File("vitaldb/labs.csv", url="https://api.vitaldb.net/labs", also=("vitaldb/lab_data.csv",)),
)
TRACKS = (
    File("vitaldb/trks.csv", url="https://api.vitaldb.net/trks", needed=False),
    # Served one by one; the folder stands for its files, so that they are not called missing once it is there.
    File("vitaldb/tracks/{tid}.csv", needed=False, also=("vitaldb/tracks",)),
)


@dataset("vitaldb", modalities=("tabular", "text", "series"), card=CARD, files=FILES + TRACKS, access=tracks.ACCESS)
def load(home: Path) -> Cohort:
    """Operations in Seoul (open) at the end of surgery: kidney injury, ICU, long stay, death; series where tracks are there.

    `home`: the data home, which holds `vitaldb/cases.csv` and `vitaldb/labs.csv`, as the source serves them or gzipped, and for
    series `vitaldb/trks.csv` with the tracks in `vitaldb/tracks` (layout: `datasets.vitaldb.tracks`); without tracks there are
    no series. Refuses missing files, missing columns and numbers that do not parse.
    """
    cases, labs = records.opened(home / "vitaldb", "vitaldb")
    found = tracks.present(home / "vitaldb")
    if found is None:
        return _cohort(CARD, cases, labs, inputs.at_the_end(cases))
    series = tracks.series(found, cases.key("caseid"), cases.number("opend"))
    return _cohort(replace(CARD, notes=(*CARD.notes, found.said)), cases, labs, inputs.at_the_end(cases), series)


@dataset("vitaldb_preop", modalities=("tabular", "text"), card=CARD_PREOP, files=FILES)
def load_preop(home: Path) -> Cohort:
    """Operations in Seoul (open) before surgery: kidney injury, ICU, long stay, death.

    Files as for `vitaldb`, of which it takes the same cases, outcomes and patient codes in the same order; no tracks are read.
    """
    cases, labs = records.opened(home / "vitaldb", "vitaldb_preop")
    return _cohort(CARD_PREOP, cases, labs, inputs.before_surgery(cases))


def _cohort(card: Card, cases: Table, labs: Table, tabular: pd.DataFrame, series: Series | None = None) -> Cohort:
    return Cohort(
        card=card,
        # By first appearance in the scrambled order: neither the file's order nor its identifiers are left in the codes.
        patient=pd.factorize(cases.whole("subjectid"))[0].astype(np.int64),
        outcomes=labels.outcomes_of(cases, labs),
        tabular=tabular,
        text=inputs.names(cases),
        series=series,
    )

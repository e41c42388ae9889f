"""Myocardial infarction complications (UCI 579): patients in Krasnoyarsk, predicted from at admission."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datasets import outcomes
from datasets.cohort import Cohort
from datasets.errors import Refused
from datasets.mi_complications import records
from datasets.mi_complications.card import CARD
from datasets.mi_complications.columns import CAUSE_OF_DEATH, CAUSES, COMPLICATIONS, FLAGS, GRADES, KINDS, NUMBERS
from datasets.registry import File, dataset
from datasets.source import Table

FILES = (
    File(
        f"{records.FOLDER}/{records.ARCHIVE}",
        url=records.URL,
        also=(f"{records.FOLDER}/{records.DATA}",),
    ),
)


@dataset("mi_complications", modalities=("tabular",), card=CARD, files=FILES)
def load(home: Path) -> Cohort:
    """1,700 patients with myocardial infarction (open): eleven complications and death, at admission.

    `home`: the data home, which holds `mi_complications/MI.data`, or the archive that has it as UCI serves it. Columns are in the
    source's order, or in that of `mi_complications/columns.txt` where that file is there. Refuses a missing file, rows of another
    length, missing columns, numbers that do not parse and codes that the source does not describe.
    """
    table = records.opened(home)
    found = {name: outcomes.complication(_coded(table, column, 0, 1)) for column, name in COMPLICATIONS.items()}
    found["death"] = outcomes.death_by_cause(_coded(table, CAUSE_OF_DEATH, *CAUSES))
    # A record is a patient; what order they are in says nothing of the file's.
    return Cohort(card=CARD, patient=np.arange(len(table.frame)), outcomes=pd.DataFrame(found), tabular=_inputs(table))


def _inputs(table: Table) -> pd.DataFrame:
    """Columns known at admission: measured values, grades and flags (1, 0) as float32, kinds as categories, NaN = missing."""
    numbers = {name: table.number(column) for column, name in NUMBERS.items()}
    numbers |= {name: _coded(table, column, low, high) for column, (name, low, high) in GRADES.items()}
    numbers |= {name: _coded(table, column, 0, 1) for column, name in FLAGS.items()}
    frame = pd.DataFrame(numbers).astype(np.float32)
    kinds = {}
    for column, (name, meaning) in KINDS.items():
        code = pd.Series(_coded(table, column, min(meaning), max(meaning)))
        kinds[name] = code.map(meaning).astype(pd.CategoricalDtype(list(meaning.values())))
    return pd.concat([frame, pd.DataFrame(kinds)], axis=1)


def _coded(table: Table, column: str, low: int, high: int) -> np.ndarray:
    """A column of codes from `low` to `high`, NaN where empty; refuses any other value."""
    code = table.number(column)
    wrong = ~np.isnan(code) & ~np.isin(code, np.arange(low, high + 1))
    if wrong.any():
        row, more = table.frame.index[wrong].min(), int(wrong.sum()) - 1
        rest = f", and {more} more" if more else ""
        raise Refused(f"{table.path}: column '{column}', data row {row}{rest}: the value is no code from {low} to {high}.")
    return code

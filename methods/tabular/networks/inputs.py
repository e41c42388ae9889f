"""Columns as the tensors that a network over a table reads; fitted on train alone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from datasets import Cohort
from methods.columns import Columns
from methods.neural.inputs.table import FittedTable, TableInputs, fit_table
from methods.tabular.directions import first_directions


@dataclass(frozen=True)
class FittedInputs:
    """Which columns are read, and how: numbers on a normal scale and marks for what is missing, categories as codes."""

    columns: Columns
    read: tuple[str, ...]
    table: FittedTable
    _made: dict[str, TableInputs] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, cohort: Cohort) -> TableInputs:
        """The cohort's tensors, kept for the trials of a cell; a row does not depend on the other cases."""
        if cohort.inputs_key not in self._made:
            self._made[cohort.inputs_key] = self.table.inputs(_as_table(cohort, self.columns.frame(cohort)[list(self.read)]))
        return self._made[cohort.inputs_key]


def fit_inputs(columns: Columns, train: Cohort, directions: int, shared: dict[Any, Any]) -> FittedInputs:
    """Fitted on train's columns, of each note field the first `directions` alone. Columns that are the same for all of train are
    left out, and columns that miss together have one mark. Raises ValueError where none is left."""
    key = ("networks", directions, *columns.key)
    if key not in shared:
        shared[key] = _fit(columns, train, directions)
    found: FittedInputs = shared[key]
    if not found.table.width and not found.table.codes:
        raise ValueError("train holds no input at all: no number, category, word or measurement that differs between its cases.")
    return found


def numbers_and_codes(inputs: TableInputs, rows: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """What the authors' networks take: numbers (rows, columns) and codes (rows, categorical columns), None for none."""
    batch = inputs.rows(rows)
    return tuple(part if part.shape[1] else None for part in (batch.numbers, batch.codes))  # type: ignore[return-value]


def known_outcomes(cohort: Cohort, names: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """`y` (cases, outcomes) float32 of 1 and 0, 0 where unknown; `known` (cases, outcomes) bool."""
    y = torch.tensor(cohort.outcomes[list(names)].to_numpy(dtype="float32"))
    return y.nan_to_num(0.0), ~y.isnan()


def _fit(columns: Columns, train: Cohort, directions: int) -> FittedInputs:
    frame = columns.frame(train)
    read = first_directions(frame, directions)
    table = fit_table(_as_table(train, frame[read])) or FittedTable({}, (), {})
    # Of columns that miss for the same cases, as those of one note field do, the first bears the mark of all.
    marks: dict[bytes, Hashable] = {}
    for name in table.marked:
        marks.setdefault(frame[name].isna().to_numpy().tobytes(), name)
    told = {name: scale for name, scale in table.scales.items() if len(scale.knots) > 1}
    return FittedInputs(columns, tuple(read), replace(table, scales=told, marked=tuple(marks.values())))


def _as_table(cohort: Cohort, frame: pd.DataFrame) -> Cohort:
    return replace(cohort, tabular=frame, text=None, series=None)

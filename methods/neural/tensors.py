"""A cohort as the tensors that every neural method reads; fitted on train alone, shared by the trials of a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from datasets import Cohort
from methods.neural.inputs.series import FittedSeries, SeriesInputs, fit_series
from methods.neural.inputs.table import FittedTable, TableInputs, fit_table
from methods.neural.inputs.text import FittedText, TextInputs, fit_text


@dataclass(frozen=True)
class Inputs:
    """The modalities of some cases; None where train does not have one."""

    table: TableInputs | None
    text: TextInputs | None
    series: SeriesInputs | None

    def rows(self, index: Tensor) -> Inputs:
        """These cases, in this order."""
        return Inputs(
            None if self.table is None else self.table.rows(index),
            None if self.text is None else self.text.rows(index),
            None if self.series is None else self.series.rows(index),
        )

    def to(self, device: str) -> Inputs:
        return Inputs(
            None if self.table is None else self.table.to(device),
            None if self.text is None else self.text.to(device),
            None if self.series is None else self.series.to(device),
        )


@dataclass(frozen=True)
class Labels:
    """`y` (cases, outcomes) float32 of 1 and 0, 0 where unknown; `known` (cases, outcomes) bool."""

    y: Tensor
    known: Tensor

    def rows(self, index: Tensor) -> Labels:
        return Labels(self.y.index_select(0, index), self.known.index_select(0, index))

    def to(self, device: str) -> Labels:
        return Labels(self.y.to(device), self.known.to(device))


@dataclass(frozen=True)
class Preprocessing:
    """What was fitted on train. `inputs` keeps what it has made under the cohort's key: trials and seeds share it."""

    table: FittedTable | None
    text: FittedText | None
    series: FittedSeries | None
    _made: dict[str, Inputs] = field(default_factory=dict, repr=False, compare=False)

    def inputs(self, cohort: Cohort) -> Inputs:
        """The cohort's tensors; a row does not depend on the other cases."""
        if cohort.inputs_key not in self._made:
            self._made[cohort.inputs_key] = Inputs(
                None if self.table is None else self.table.inputs(cohort),
                None if self.text is None else self.text.inputs(cohort),
                None if self.series is None else self.series.inputs(cohort),
            )
        return self._made[cohort.inputs_key]


def fit_preprocessing(train: Cohort, shared: dict[Any, Any]) -> Preprocessing:
    """Fitted on train's inputs, kept in `shared`; raises ValueError where train holds no input at all."""
    key = ("neural", train.inputs_key)
    if key not in shared:
        shared[key] = Preprocessing(fit_table(train), fit_text(train), fit_series(train))
    found: Preprocessing = shared[key]
    if found.table is None and found.text is None and found.series is None:
        raise ValueError("train holds no input at all: no number, category, word or measurement.")
    return found


def labels(cohort: Cohort, outcomes: tuple[str, ...]) -> Labels:
    """The cohort's outcomes, in this order."""
    y = cohort.outcomes[list(outcomes)].to_numpy(dtype=np.float32)
    return Labels(torch.from_numpy(np.nan_to_num(y, nan=0.0)), torch.from_numpy(~np.isnan(y)))

"""A cohort as the tensors that every neural method reads; fitted on train alone, shared by the trials of a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from datasets import Cohort
from methods.neural.inputs.document import DocumentInputs, FittedDocument, fit_document
from methods.neural.inputs.notes import FittedNotes, NoteInputs, fit_notes
from methods.neural.inputs.series import FittedSeries, SeriesInputs, fit_series
from methods.neural.inputs.table import FittedTable, TableInputs, fit_table
from methods.neural.inputs.text import FittedText, TextInputs, fit_text
from methods.text_models.named import WORDS


@dataclass(frozen=True)
class Inputs:
    """The modalities of some cases; None where train does not have one."""

    table: TableInputs | None
    text: TextInputs | NoteInputs | None
    document: DocumentInputs | None
    series: SeriesInputs | None

    def rows(self, index: Tensor) -> Inputs:
        """These cases, in this order."""
        return Inputs(*(None if part is None else part.rows(index) for part in vars(self).values()))

    def to(self, device: str) -> Inputs:
        return Inputs(*(None if part is None else part.to(device) for part in vars(self).values()))


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
    text: FittedText | FittedNotes | None
    document: FittedDocument | None
    series: FittedSeries | None
    _made: dict[str, Inputs] = field(default_factory=dict, repr=False, compare=False)

    def inputs(self, cohort: Cohort) -> Inputs:
        """The cohort's tensors; a row does not depend on the other cases."""
        if cohort.inputs_key not in self._made:
            self._made[cohort.inputs_key] = Inputs(
                None if self.table is None else self.table.inputs(cohort),
                None if self.text is None else self.text.inputs(cohort),
                None if self.document is None else self.document.inputs(cohort),
                None if self.series is None else self.series.inputs(cohort),
            )
        return self._made[cohort.inputs_key]


def fit_preprocessing(train: Cohort, shared: dict[Any, Any], text_encoder: str = WORDS, device: str = "cpu") -> Preprocessing:
    """Fitted on train's inputs, kept in `shared`; raises ValueError where train holds no input at all."""
    key = ("neural", text_encoder, device, train.inputs_key)
    if key not in shared:
        text = fit_text(train) if text_encoder == WORDS else fit_notes(train, text_encoder, device)
        shared[key] = Preprocessing(fit_table(train), text, fit_document(train), fit_series(train))
    found: Preprocessing = shared[key]
    if found.table is None and found.text is None and found.series is None:
        raise ValueError("train holds no input at all: no number, category, word or measurement.")
    return found


def labels(cohort: Cohort, outcomes: tuple[str, ...]) -> Labels:
    """The cohort's outcomes, in this order."""
    y = cohort.outcomes[list(outcomes)].to_numpy(dtype=np.float32)
    return Labels(torch.from_numpy(np.nan_to_num(y, nan=0.0)), torch.from_numpy(~np.isnan(y)))

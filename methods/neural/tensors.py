"""A cohort as the tensors that every neural method reads; fitted on train alone, shared by the trials of a cell."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from datasets import Cohort
from methods.neural.inputs.document import DocumentInputs, FittedDocument, LateDocument, fit_document
from methods.neural.inputs.kept import alone, kept, kept_width
from methods.neural.inputs.notes import FittedNotes, NoteInputs, fit_notes
from methods.neural.inputs.series import FittedSeries, SeriesInputs, fit_series
from methods.neural.inputs.table import FittedTable, TableInputs, fit_table
from methods.neural.inputs.text import FittedText, TextInputs, fit_text
from methods.text_models.named import WORDS

Part = TypeVar("Part", TableInputs, TextInputs, DocumentInputs, SeriesInputs)


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
    """What was fitted on train. `inputs` keeps what it has made under the cohort's key: trials and seeds share it, and with a
    `folder` the cells of other methods too."""

    table: FittedTable | None
    text: FittedText | FittedNotes | None
    document: FittedDocument | LateDocument | None
    series: FittedSeries | None
    folder: Path | None = None
    _made: dict[str, Inputs] = field(default_factory=dict, repr=False, compare=False)

    def inputs(self, cohort: Cohort) -> Inputs:
        """The cohort's tensors; a row does not depend on the other cases."""
        if cohort.inputs_key not in self._made:
            with nullcontext() if self.folder is None else alone(self.folder):
                self._made[cohort.inputs_key] = Inputs(
                    self._read(cohort, "table", TableInputs),
                    # What a text model gives for a note lies on disk already.
                    self.text.inputs(cohort) if isinstance(self.text, FittedNotes) else self._read(cohort, "text", TextInputs),
                    self._read(cohort, "document", DocumentInputs),
                    self._read(cohort, "series", SeriesInputs),
                )
        return self._made[cohort.inputs_key]

    def _read(self, cohort: Cohort, part: str, kind: type[Part]) -> Part | None:
        fitted = getattr(self, part)
        if fitted is None:
            return None
        if self.folder is None:
            return fitted.inputs(cohort)
        return kept(self.folder / f"{part}-{cohort.inputs_key}", kind, lambda: fitted.inputs(cohort))


def fit_preprocessing(
    train: Cohort, shared: dict[Any, Any], text_encoder: str = WORDS, device: str = "cpu", folder: Path | None = None
) -> Preprocessing:
    """Fitted on train's inputs, kept in `shared`, and in a `folder` for other processes; raises ValueError where train holds no
    input at all."""
    key = ("neural", text_encoder, device, train.inputs_key)
    if key not in shared:
        text = fit_text(train) if text_encoder == WORDS else fit_notes(train, text_encoder, device)
        home = None if folder is None else folder / train.inputs_key
        shared[key] = Preprocessing(fit_table(train), text, _document(train, home), fit_series(train), home)
    found: Preprocessing = shared[key]
    if found.table is None and found.text is None and found.series is None:
        raise ValueError("train holds no input at all: no number, category, word or measurement.")
    return found


def _document(train: Cohort, home: Path | None) -> FittedDocument | LateDocument | None:
    """What train's notes teach takes the longest of all: where another has fitted them, their width is known."""
    if home is None:
        return fit_document(train)
    document = LateDocument(train)
    with alone(home):
        document.width = kept_width(home / "document", document.fit)
    return document if document.width else None


def labels(cohort: Cohort, outcomes: tuple[str, ...]) -> Labels:
    """The cohort's outcomes, in this order."""
    y = cohort.outcomes[list(outcomes)].to_numpy(dtype=np.float32)
    return Labels(torch.from_numpy(np.nan_to_num(y, nan=0.0)), torch.from_numpy(~np.isnan(y)))

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
from methods.neural.inputs.kept import alone, kept, known
from methods.neural.inputs.notes import FittedNotes, NoteInputs
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
        home = None if folder is None else folder / train.inputs_key
        table, text, document, series = _fitted(train) if home is None else _known(train, home)
        notes = text if text is None or text_encoder == WORDS else FittedNotes(text.fields, text_encoder, device)
        shared[key] = Preprocessing(table, notes, document, series, home)
    found: Preprocessing = shared[key]
    if found.table is None and found.text is None and found.series is None:
        raise ValueError("train holds no input at all: no number, category, word or measurement.")
    return found


Fitted = tuple[FittedTable | None, FittedText | None, FittedDocument | LateDocument | None, FittedSeries | None]


def _fitted(train: Cohort) -> Fitted:
    return fit_table(train), fit_text(train), fit_document(train), fit_series(train)


def _known(train: Cohort, home: Path) -> Fitted:
    """The same where cells of other methods may have fitted them before, so that notes and series need not be looked at again."""
    document = LateDocument(train)

    def find() -> dict[str, Any]:
        text, series = fit_text(train), fit_series(train)
        return {
            "text": None if text is None else text.fields,
            "document": document.fit(),
            "series": None if series is None else series.to_json(),
        }

    with alone(home):
        found = known(home / "fitted", find)
    document.width = found["document"]
    return (
        fit_table(train),
        None if found["text"] is None else FittedText(tuple(found["text"])),
        document if document.width else None,
        None if found["series"] is None else FittedSeries.from_json(found["series"]),
    )


def labels(cohort: Cohort, outcomes: tuple[str, ...]) -> Labels:
    """The cohort's outcomes, in this order."""
    y = cohort.outcomes[list(outcomes)].to_numpy(dtype=np.float32)
    return Labels(torch.from_numpy(np.nan_to_num(y, nan=0.0)), torch.from_numpy(~np.isnan(y)))

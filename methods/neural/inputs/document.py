"""Whole notes as tensors: the same marked terms that trees and linear models read, on the directions found in train."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from datasets import Cohort
from methods.columns.text import TextColumns, fit_text
from methods.neural.inputs.text import written_fields

CHOICE = "marked"
# Directions a note field. Measured on replicate 1 of the surgical world, hard sharing, expected AUC over 4,000 further patients,
# with none, 64 (as trees take) and 16 directions: .806, .804, .813 from 1,800 train cases; .828, .832, .838 from 4,500.
RANK = 16


@dataclass(frozen=True)
class DocumentInputs:
    """`values` (cases, width + fields) float32: each field's directions, 0 where it is empty, then the mask of what is not;
    `present` (cases,) bool."""

    values: Tensor
    present: Tensor

    def rows(self, index: Tensor) -> DocumentInputs:
        return DocumentInputs(self.values.index_select(0, index), self.present.index_select(0, index))

    def to(self, device: str) -> DocumentInputs:
        return replace(self, values=self.values.to(device), present=self.present.to(device))


@dataclass(frozen=True)
class FittedDocument:
    """What train taught of each note field: its terms and directions, their mean (width,), and one spread for all of them, so
    that a direction which tells little stays small."""

    columns: Mapping[Hashable, TextColumns]
    mean: Mapping[Hashable, np.ndarray]
    spread: Mapping[Hashable, float]

    @property
    def width(self) -> int:
        return sum(fitted.width for fitted in self.columns.values()) + len(self.columns)

    def inputs(self, cohort: Cohort) -> DocumentInputs:
        """The cohort's notes; a field that it lacks is empty."""
        values, present = [], []
        for name, fitted in self.columns.items():
            found = (fitted.transform(_notes(cohort, name)) - self.mean[name]) / self.spread[name]
            values.append(np.nan_to_num(found, nan=0.0))
            present.append(~np.isnan(found).any(axis=1))
        seen = np.column_stack(present)
        both = np.column_stack([*values, seen]).astype(np.float32)
        return DocumentInputs(torch.from_numpy(both), torch.from_numpy(seen.any(axis=1)))


class LateDocument:
    """What train's notes teach, of which nothing but the `width` need be known once their inputs are kept: fitted where that, or a
    cohort that none has read before, is asked for."""

    width: int

    def __init__(self, train: Cohort) -> None:
        self._train = train

    def fit(self) -> int:
        """The width that a fit finds; 0 where no field has a term that tells its notes apart."""
        return 0 if self._fitted is None else self._fitted.width

    def inputs(self, cohort: Cohort) -> DocumentInputs:
        """As `FittedDocument` gives them."""
        assert self._fitted is not None
        return self._fitted.inputs(cohort)

    @cached_property
    def _fitted(self) -> FittedDocument | None:
        return fit_document(self._train)


def fit_document(train: Cohort) -> FittedDocument | None:
    """Fitted on train; None where no field has a term that tells its notes apart."""
    columns: dict[Hashable, TextColumns] = {}
    mean: dict[Hashable, np.ndarray] = {}
    spread: dict[Hashable, float] = {}
    for name in written_fields(train):
        notes = _notes(train, name)
        fitted = fit_text(CHOICE, notes, rank=RANK)
        if not fitted.width:
            continue
        found = fitted.transform(notes)
        columns[name], mean[name] = fitted, np.nanmean(found, axis=0)
        spread[name] = float(np.sqrt(np.nanmean((found - mean[name]) ** 2))) or 1.0
    return FittedDocument(columns, mean, spread) if columns else None


def _notes(cohort: Cohort, name: Hashable) -> list[str]:
    if cohort.text is None or name not in cohort.text:
        return [""] * len(cohort)
    note = cohort.text[name]
    return note.astype(object).where(note.notna(), "").tolist()

"""Notes as tensors: token numbers, padded, each with the note field it stands in."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from datasets import Cohort
from methods import words
from methods.neural.inputs.vectors import token_table

# Most tokens of one case over all its note fields, a bound on memory: a surgical case has 380 (median), 534 at most. Of longer
# notes the longest fields lose their end first.
LENGTH = 640
# Empty places between two fields, so that no window over neighbours sees both.
GAP = 2
PADDING = 0
NONE = -1


@dataclass(frozen=True)
class TextInputs:
    """`tokens` (cases, length) int32: rows of `vectors`, 0 for padding; `fields` (cases, length) uint8: 1 + the field, 0 for
    padding; `vectors` (tokens that occur + 1, width) float32, frozen, row 0 zero."""

    tokens: Tensor
    fields: Tensor
    vectors: Tensor

    def rows(self, index: Tensor) -> TextInputs:
        """These cases, without the padding that none of them needs."""
        fields = self.fields.index_select(0, index)
        used = (fields != PADDING).any(dim=0).nonzero()
        length = int(used[-1]) + 1 if len(used) else 1
        return replace(self, tokens=self.tokens.index_select(0, index)[:, :length], fields=fields[:, :length])

    def to(self, device: str) -> TextInputs:
        return TextInputs(self.tokens.to(device), self.fields.to(device), self.vectors.to(device))


@dataclass(frozen=True)
class FittedText:
    """The note fields of train; nothing else is learned from it."""

    fields: tuple[Hashable, ...]

    def inputs(self, cohort: Cohort) -> TextInputs:
        """The cohort's notes; a field that it lacks is empty."""
        notes = [_token_ids(cohort.text.get(name) if cohort.text is not None else None, len(cohort)) for name in self.fields]
        keep = [_kept(np.array([len(note[case]) for note in notes])) for case in range(len(cohort))]
        length = max(map(_length, keep), default=0) or 1
        tokens = np.full((len(cohort), length), NONE, dtype=np.int32)
        fields = np.full((len(cohort), length), PADDING, dtype=np.uint8)
        for case, most in enumerate(keep):
            _join([note[case] for note in notes], most, tokens[case], fields[case])
        return TextInputs(torch.from_numpy(tokens), torch.from_numpy(fields), torch.from_numpy(_numbered(tokens)))


def fit_text(train: Cohort) -> FittedText | None:
    """The note fields in which train has a word; None where there is none."""
    fields = written_fields(train)
    return FittedText(fields) if fields else None


def written_fields(train: Cohort) -> tuple[Hashable, ...]:
    """The note fields in which train has a word."""
    if train.text is None:
        return ()
    return tuple(name for name, note in train.text.items() if note.fillna("").str.strip().ne("").any())


def _token_ids(note: pd.Series | None, cases: int) -> list[np.ndarray]:
    texts = [""] * cases if note is None else note.astype(object).where(note.notna(), "").tolist()
    return words.token_ids([text if text.strip() else "" for text in texts])


def _length(most: np.ndarray) -> int:
    """Places that a case takes whose fields keep so many tokens each."""
    return int(most.sum()) + GAP * max(int(np.count_nonzero(most)) - 1, 0)


def _join(notes: list[np.ndarray], most: np.ndarray, tokens: np.ndarray, fields: np.ndarray) -> None:
    """Writes a case's notes into its row of token numbers and its row of fields, `GAP` places between two fields."""
    start = 0
    for field, (note, kept) in enumerate(zip(notes, most.tolist(), strict=True), start=1):
        if kept:
            tokens[start : start + kept] = note[:kept]
            fields[start : start + kept] = field
            start += kept + GAP


def _numbered(tokens: np.ndarray) -> np.ndarray:
    """The vectors of the tokens that occur, after a row of zeros for places without one; `tokens` then names its rows."""
    table = token_table()
    occurs = np.zeros(1 + len(table), dtype=bool)
    occurs[0] = True
    for row in tokens:
        occurs[row + 1] = True
    place = np.cumsum(occurs, dtype=np.int32) - 1
    for row in tokens:
        row[:] = place[row + 1]
    return np.concatenate([np.zeros((1, table.shape[1]), table.dtype), table[occurs[1:]]])


def _kept(lengths: np.ndarray) -> np.ndarray:
    """How many tokens each field keeps: the longest are cut until all fit."""
    if lengths.sum() <= LENGTH:
        return lengths
    most = max(cut for cut in range(LENGTH + 1) if np.minimum(lengths, cut).sum() <= LENGTH)
    return np.minimum(lengths, most)

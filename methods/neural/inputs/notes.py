"""Notes as the states that a text model's frozen layers give for them: chunks of word pieces, read from disk a batch at a time."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from datasets import Cohort
from methods.text_models import frozen
from methods.text_models.frozen import Taken

# A chunk is padded to the next multiple of this, whatever chunks stand beside it: the same shapes give the same bits.
STEP = 8
# Word pieces that go through the last layer at a time, a bound on memory.
PIECES = 8192
NONE = -1


@dataclass(frozen=True)
class Block:
    """Chunks of one padded length: `states` (n, pieces, width) float32 with zeros for padding, `present` (n, pieces) bool."""

    states: Tensor
    present: Tensor


@dataclass(frozen=True)
class NoteInputs:
    """`chunks` (cases, fields, most chunks of a note) int64: numbers in `taken`, NONE where there is none."""

    chunks: Tensor
    taken: Taken
    device: str = "cpu"

    def rows(self, index: Tensor) -> NoteInputs:
        """These cases."""
        return replace(self, chunks=self.chunks.index_select(0, index.to(self.chunks.device)))

    def to(self, device: str) -> NoteInputs:
        """The states stay on disk; blocks are sent where the network is."""
        return replace(self, device=device)

    def blocks(self) -> tuple[list[Block], Tensor]:
        """The states of the chunks that these cases have, each once, those of one padded length together; and for each entry of
        `chunks`, flattened, its row in these blocks, one after the other: one row more than there are where there is no chunk."""
        numbers = self.chunks.flatten().numpy()
        has = numbers != NONE
        # Short notes repeat: in a batch of vitaldb half of them are distinct.
        distinct, which = np.unique(numbers[has], return_inverse=True)
        padded = -(-self.taken.chunks[distinct, 2] // STEP) * STEP
        order = np.argsort(padded, kind="stable")
        row = np.full(len(numbers), len(distinct))
        row[has] = np.argsort(order)[which]
        found = []
        for length in np.unique(padded):
            these = distinct[order][padded[order] == length]
            most = max(1, PIECES // int(length))
            found += [self._block(these[start : start + most], int(length)) for start in range(0, len(these), most)]
        return found, torch.from_numpy(row).to(self.device)

    def _block(self, numbers: np.ndarray, length: int) -> Block:
        states = np.zeros((len(numbers), length, self.taken.width), dtype=np.float32)
        present = np.zeros((len(numbers), length), dtype=bool)
        for place, (source, start, pieces) in enumerate(self.taken.chunks[numbers].tolist()):
            states[place, :pieces] = self.taken.sources[source][start : start + pieces]
            present[place, :pieces] = True
        return Block(torch.from_numpy(states).to(self.device), torch.from_numpy(present).to(self.device))


@dataclass(frozen=True)
class FittedNotes:
    """The note fields of train and the text model that reads them; nothing else is learned from it."""

    fields: tuple[Hashable, ...]
    text_encoder: str
    device: str

    def inputs(self, cohort: Cohort) -> NoteInputs:
        """The cohort's notes; a field that it lacks is empty."""
        texts: list[str] = []
        for name in self.fields:
            note = cohort.text.get(name) if cohort.text is not None else None
            texts += [""] * len(cohort) if note is None else note.astype(object).where(note.notna(), "").tolist()
        taken = frozen.taken(self.text_encoder, texts, self.device)
        chunks = np.full((len(texts), max([len(of) for of in taken.of], default=0) or 1), NONE, dtype=np.int64)
        for place, of in enumerate(taken.of):
            chunks[place, : len(of)] = of
        by_case = chunks.reshape(len(self.fields), len(cohort), -1).transpose(1, 0, 2)
        return NoteInputs(torch.from_numpy(np.ascontiguousarray(by_case)), taken)

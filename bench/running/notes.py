"""The notes of a cell where a text model reads them: what is made before tuning, and what is written down of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from datasets import Cohort
from methods.text_models.named import WORDS


@dataclass(frozen=True)
class Notes:
    """All notes of a cell's cases, and what reads them. Frozen layers learn nothing, so that no side tells another anything."""

    text_encoder: str
    device: str
    cohorts: tuple[Cohort, ...]

    def prepare(self, progress: Callable[[str], None]) -> None:
        """Has the states of all notes on disk, so that it is seen how far they are."""
        if self.text_encoder != WORDS:
            from methods.text_models import frozen

            frozen.prepare(self.text_encoder, self._texts(), self.device, progress)

    def described(self) -> dict[str, Any]:
        """For cell.json: the distinct notes that the model read, which share lost its end, bytes on disk; empty where it read
        none, as for columns that count words."""
        if self.text_encoder == WORDS:
            return {}
        from methods.text_models import frozen
        from methods.text_models.model import in_use

        if not in_use():
            return {}
        found = frozen.described(self.text_encoder, self._texts(), self.device)
        share = found.cut / found.notes if found.notes else 0.0
        return {"text_model": {"notes": found.notes, "share_cut": share, "cache_bytes": found.size}}

    def _texts(self) -> Iterator[str]:
        for cohort in self.cohorts:
            for _, note in () if cohort.text is None else cohort.text.items():
                yield from note.dropna()

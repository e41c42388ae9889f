"""Identity: a cohort's inputs and its whole content, each named by SHA-256; the same whether it comes whole or in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from datasets.cohort import Cohort

_INPUTS = ("tabular", "text", "series")
_ARRAYS = ("patient", "time", "centre", "official")


class Identity:
    """Takes the pieces of one cohort in order. `inputs` names tables, notes and series alone, `content` all but the card."""

    def __init__(self) -> None:
        self._running: dict[str, Any] = {}

    def add(self, piece: Cohort) -> None:
        """Takes the next cases of the cohort."""
        for part in ("tabular", "text", "outcomes", "reference"):
            if (frame := getattr(piece, part)) is not None:
                for number, (name, column) in enumerate(frame.items()):
                    values = pd.util.hash_pandas_object(column, index=False).to_numpy()
                    self._digest(f"{part}/{number}/{name}").update(values.tobytes())
        if (series := piece.series) is not None:
            grid = repr((series.channels, series.units, series.times.tolist(), series.time_unit))
            self._digest(f"series/{grid}").update(np.ascontiguousarray(series.values))
        for part in _ARRAYS:
            if (array := getattr(piece, part)) is not None:
                self._digest(part).update(np.ascontiguousarray(array))

    @property
    def inputs(self) -> str:
        return digest(f"{name}={found}" for name, found in self._found() if name.split("/")[0] in _INPUTS)

    @property
    def content(self) -> str:
        return digest(f"{name}={found}" for name, found in self._found())

    def _digest(self, name: str) -> Any:
        return self._running.setdefault(name, hashlib.sha256())

    def _found(self) -> Iterable[tuple[str, str]]:
        return sorted((name, running.hexdigest()) for name, running in self._running.items())


def digest(parts: Iterable[str | bytes]) -> str:
    """SHA-256 over parts, each told apart from its neighbours."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8, "little"))
        whole.update(content)
    return whole.hexdigest()

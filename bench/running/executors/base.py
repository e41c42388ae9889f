"""Executor: places a cell somewhere and waits for it. The seam behind which one machine, a cluster or a queue may stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench.protocol.plan import Cell


@dataclass(frozen=True)
class Outcome:
    """How a cell ended: `done`, `failed` (recorded) or `stopped` (by us; it goes on in the next run)."""

    status: str
    reason: str = ""


class Executor(Protocol):
    """Places cells, `slots` at a time. It changes where a cell runs, and nothing of what comes of it."""

    slots: int

    def submit(self, cell: Cell, progress: Callable[[str], None]) -> Outcome:
        """Runs one cell to its end; called from `slots` threads at once. A cell that waits in a queue tells no step."""

    def stop(self) -> None:
        """Ends all running cells now; finished records and finished trials stay."""

    def close(self) -> None:
        """Gives back what it holds; called once, after the last cell."""

"""Supervise: what is done already, what is to be run, and running it, the longest first."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from bench.protocol.plan import Cell
from bench.running.display import Display
from bench.running.executors.base import Executor, Outcome
from bench.running.sign import EVERY, leave


@dataclass(frozen=True)
class Ended:
    """How a run ended: cells by status; `stopped` when the user stopped it."""

    done: int
    failed: int
    stopped: bool


def due(cells: Sequence[Cell]) -> tuple[list[Cell], Counter[str]]:
    """Cells that are to be run, longest first, and how many cells have each status."""
    statuses = [(cell, cell.place.status(cell.key)) for cell in cells]
    waiting = [cell for cell, status in statuses if status != "done"]
    return sorted(waiting, key=lambda cell: -cell.effort), Counter(status for _, status in statuses)


def supervise(cells: Sequence[Cell], executor: Executor, console: Console, study: Path) -> Ended:
    """Runs cells to their ends, leaving signs in the study's folder; Ctrl-C ends the running ones, keeps every finished cell and
    trial, and returns."""
    waiting: queue.SimpleQueue[Cell] = queue.SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    stopped = threading.Event()
    slots, signs = min(executor.slots, len(cells)), _Signs(study, console)
    with Display(len(cells), sum(cell.effort for cell in cells), console) as display:
        threads = [threading.Thread(target=_slot, args=(waiting, executor, display, stopped), daemon=True) for _ in range(slots)]
        try:
            for thread in threads:
                thread.start()
            while alive := [thread for thread in threads if thread.is_alive()]:
                signs.leave(display)
                # With a limit, so that Ctrl-C is noticed while waiting.
                alive[0].join(timeout=0.2)
        except KeyboardInterrupt:
            stopped.set()
            executor.stop()
            for thread in threads:
                thread.join(timeout=10)
        signs.leave(display, ended=True)
    return Ended(display.done, display.failed, stopped.is_set())


@dataclass
class _Signs:
    """Leaves a sign every few seconds; a run goes on without them where they cannot be written."""

    study: Path
    console: Console
    due: float = 0.0

    def leave(self, display: Display, ended: bool = False) -> None:
        if not ended and time.monotonic() < self.due:
            return
        self.due = time.monotonic() + EVERY
        try:
            leave(self.study, display.sign(ended))
        except OSError as error:
            self.due = math.inf
            self.console.print(f"`bench status` will not see this run: {error}", style="yellow", highlight=False, markup=False)


def _slot(waiting: queue.SimpleQueue[Cell], executor: Executor, display: Display, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            cell = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            outcome = executor.submit(cell, partial(display.step, cell))
        except Exception as error:
            outcome = Outcome("failed", f"{type(error).__name__}: {error}")
        display.ended(cell, outcome.status, outcome.reason)

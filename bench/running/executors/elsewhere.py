"""Elsewhere: a cell on a machine that is not the supervisor's, and what of it is seen from here. Both share the file system."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.protocol.plan import Cell
from bench.running.executors.base import Outcome
from bench.running.executors.process import Ending, Process, failure, settled

# Cells that are handed over at once: a thread of the supervisor waits for each, and Slurm takes arrays of 1,000 by default.
MOST = 1000
# Seconds until a shared file system shows a record that another machine wrote (NFS looks again after 60 at the latest).
SHOWN, AGAIN = 90.0, 0.5


def run_here(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Runs a cell on the machine that calls this: gives its steps (`step`), and last how it ended (`ended`)."""
    unseen = _unseen(content["cell"])
    if unseen is not None:
        said = (
            f"{unseen} is not seen on {socket.gethostname()}: results, cache and plug-ins must lie on paths that all machines share"
        )
        yield {"ended": asdict(Ending(1, failure("NotShared", said)))}
        return
    process = Process(content)
    yield {"step": "starting"}
    for step in process.steps():
        yield {"step": step}
    yield {"ended": asdict(process.ending)}


def settled_elsewhere(cell: Cell, ending: Ending, stopped: bool) -> Outcome:
    """What came of a cell that ran on another machine; its record must be seen here too, if a little later."""
    if ending.code == 0 and not _shown(cell):
        said = f"its record is not seen here, in {cell.place.done.parent}: --results must lie on a path that all machines share"
        return settled(cell, Ending(1, failure("NotShared", said)), stopped)
    return settled(cell, ending, stopped)


def _unseen(cell: Mapping[str, Any]) -> str | None:
    needed = [cell["folder"], cell["cohort"], cell["split"], *cell["plugins"]]
    return next((path for path in needed if not Path(path).exists()), None)


def _shown(cell: Cell) -> bool:
    limit = time.monotonic() + SHOWN
    while cell.place.status(cell.key) != "done":
        if time.monotonic() > limit:
            return False
        # Listing a folder makes NFS ask its server what is new in it.
        with suppress(FileNotFoundError):
            list(cell.place.done.parent.iterdir())
        time.sleep(AGAIN)
    return True

"""Workers: what a second process brings, and what a study takes beside its fits."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from bench.disk import read_json
from bench.protocol.plan import plan
from bench.protocol.select import expand
from bench.running.executors.local import Local
from bench.running.supervise import due, supervise
from bench.speed.ceiling import ceiling
from bench.speed.cohort import study
from bench.speed.row import Goal, Row
from bench.speed.size import Size

METHOD = "hard_sharing"
CELLS = 4


@dataclass(frozen=True)
class Ran:
    """Seconds of the clock from the plan to the last cell, and the sum of those inside the methods' fits and predictions."""

    wall: float
    inside: float


def workers(size: Size) -> list[Row]:
    """The same cells by one worker and by two, in turns."""
    ran: dict[int, list[Ran]] = {1: [], 2: []}
    for _ in range(max(1, size.rounds - 1)):
        for slots, found in ran.items():
            found.append(_run(size, slots))
    one, two = (float(np.median([each.wall for each in found])) for found in ran.values())
    overhead = float(np.median([each.wall / (each.inside / 2) for each in ran[2]]))
    inside = float(np.median([each.inside / 2 for each in ran[2]]))
    bare = float(np.median([ceiling(size.bare) for _ in range(size.rounds)]))
    cells = f"{CELLS} cells of {METHOD}, {size.fits} trials"
    return [
        Row(
            what="two workers",
            against="one worker",
            value=one / two,
            goal=Goal(1.8, least=True),
            seconds=(two, one),
            note=f"cells an hour, by the clock: {CELLS * 3600 / two:.0f} against {CELLS * 3600 / one:.0f}; {cells}. What else "
            f"runs on the machine counts: two bare PyTorch loops at once make {bare:.2f} times the steps of one here",
        ),
        Row(
            what="wall time of a study, two workers",
            against="time inside training ÷ workers",
            value=overhead,
            goal=Goal(1.10),
            seconds=(two, inside),
            note=f"{two:.1f} s against {inside:.1f} s by the clock; {cells}, from the plan to the last record",
        ),
    ]


def _run(size: Size, slots: int) -> Ran:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        asked = study(size, methods=[METHOD], folds=CELLS, trials=size.fits, seeds=1)
        began = time.perf_counter()
        ready = plan(asked, expand(asked.methods), home, home / "results", [])
        waiting, _ = due([cell for dataset in ready for cell in dataset.cells])
        ended = supervise(waiting, Local(slots), Console(file=io.StringIO()), home / "results" / asked.name)
        wall = time.perf_counter() - began
        if ended.done < len(waiting):
            raise RuntimeError(f"{len(waiting) - ended.done} of {len(waiting)} cells did not end well.")
        costs = [read_json(cell.place.done / "cell.json")["cost"] for cell in waiting]
        return Ran(wall, sum(cost[part] for cost in costs for part in ("tune_seconds", "fit_seconds", "predict_seconds")))

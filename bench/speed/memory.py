"""Memory: what several workers on one cohort hold together, beside one worker alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.protocol.labels import MethodLabel
from bench.protocol.plan import Cell, plan
from bench.protocol.select import expand
from bench.running.executors.local import Local
from bench.speed.cohort import study
from bench.speed.row import Goal, Row
from bench.speed.size import Size

METHOD = "hard_sharing"
WORKER = "bench.running.worker"
# What a cell on so few patients holds is its libraries and tables of words, which do not grow with the cohort.
FEW = 2_000
# Seconds between two looks: one takes the system a while where a process holds gigabytes.
EVERY = 0.25


def memory(size: Size) -> list[Row]:
    """Methods on one fold of a cohort, run by one worker and by several at once, without what they hold of a small cohort."""
    patients = size.crowd["set"]["patients"]
    whole = _needed(size, 1, patients)
    _refuse_many(size.workers, whole)
    second = whole - _needed(size, 1, FEW)
    first = _needed(size, size.workers, patients) - _needed(size, size.workers, FEW)
    return [
        Row(
            what=f"memory of {size.workers} workers on one cohort of {patients:,} patients",
            against="one worker",
            value=first / second,
            goal=Goal(1.5),
            seconds=(first, second),
            note=f"MB at their highest, shared pages counted once: {first:,.0f} against {second:,.0f}, beside what the same cells "
            f"hold on {FEW:,} patients; so many {METHOD} on one fold, one epoch",
        )
    ]


def _refuse_many(workers: int, alone: float) -> None:
    """Refuses what would not fit beside all else that runs here if nothing were shared."""
    told = next(line for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines() if line.startswith("MemAvailable"))
    free = int(told.split()[1]) / 1024
    if workers * alone > free:
        raise RuntimeError(f"{workers} workers may need {workers * alone:,.0f} MB; {free:,.0f} MB are free here")


def _needed(size: Size, workers: int, patients: int) -> float:
    """MB that so many workers hold at once at the most, each with a method of its own on the same patients."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        crowd = {**size.crowd, "set": {"patients": patients}}
        asked = study(size, datasets=[crowd], trials=1, patients=patients)
        methods = [MethodLabel(label=f"worker_{number}", name=METHOD, set={"epochs": 1}) for number in range(workers)]
        (ready,) = plan(asked, expand(methods), home, home / "results", [])
        return _peak([cell for cell in ready.cells if cell.settings["fold"] == 0])


def _peak(cells: Sequence[Cell]) -> float:
    executor, failed = Local(len(cells)), []

    def run(cell: Cell) -> None:
        outcome = executor.submit(cell, lambda _: None)
        if outcome.status != "done":
            failed.append(f"{outcome.status}: {outcome.reason}")

    threads = [threading.Thread(target=run, args=(cell,), daemon=True) for cell in cells]
    for thread in threads:
        thread.start()
    highest = _watched(lambda: any(thread.is_alive() for thread in threads))
    if failed:
        raise RuntimeError(f"a cell did not end well: {failed[0]}")
    return highest


def _watched(going: Callable[[], bool]) -> float:
    """The highest sum of the workers' shares of memory that was seen while it went on."""
    highest = 0.0
    while going():
        highest = max(highest, sum(share(process) for process in _workers()))
        time.sleep(EVERY)
    return highest


def _workers() -> list[int]:
    """The worker processes that this one has started, and those in which they fit their methods."""
    found = [child for child in _children("self") if WORKER.encode() in _read(Path(f"/proc/{child}/cmdline"))]
    return [*found, *(child for worker in found for child in _children(worker))]


def _children(process: int | str) -> list[int]:
    """The processes that a process has started; none once it has ended."""
    return [int(child) for file in Path(f"/proc/{process}/task").glob("*/children") for child in _read(file).split()]


def share(process: int) -> float:
    """MB of a process: its own pages, and of those that it shares with others its share (PSS); 0 once it has ended."""
    lines = _read(Path(f"/proc/{process}/smaps_rollup")).decode().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        # A process may end between two looks.
        return b""

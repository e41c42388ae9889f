"""Job: what a queue's job does on its machine: one cell, told and telling through files of JSON."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

from bench.disk import append_line, read_json
from bench.running.executors.elsewhere import run_here


def run_job(ask: str) -> None:
    """Runs the cell of the file `ask`; its steps, and how it ended, become lines of the file beside it."""
    for wish in (signal.SIGTERM, signal.SIGINT):
        # Else submitit would go on until the job is killed, and the worker with it.
        signal.signal(wish, _leave)
    told = Path(ask).with_suffix(".jsonl")
    for line in run_here(read_json(Path(ask))):
        append_line(told, line)


def _leave(number: int, _: FrameType | None) -> None:
    # By way of every `finally`: the worker is ended there.
    sys.exit(128 + number)

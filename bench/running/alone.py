"""Alone: no two workers at one cell, whichever machines they are on.

Whoever placed a cell may take its worker for dead while it lives: on a machine that lost its network, in a job that a killed
supervisor left in the queue.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.place import CellPlace


@contextmanager
def alone(place: CellPlace, progress: Callable[[str], None]) -> Iterator[None]:
    """Holds a cell; waits while another worker holds it. The lock is a byte of one file a dataset, and ends with its process."""
    byte = int.from_bytes(hashlib.sha256(f"{place.method}/{place.fold}".encode()).digest()[:7])
    place.folder.mkdir(parents=True, exist_ok=True)
    with (place.folder / ".lock").open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):
            progress("waiting for another worker that is still at it")
            fcntl.lockf(file, fcntl.LOCK_EX, 1, byte)
        yield

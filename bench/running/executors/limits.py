"""Limits: how long a cell may take and how much memory its process may hold, watched from outside.

From outside, because no thread of its own runs while a library computes without letting Python go on. By what it holds (RSS),
because PyTorch reserves address space and data segments far beyond that, which `setrlimit` would count.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

EVERY = 0.1


@dataclass(frozen=True)
class Limits:
    """Of one cell; None = none."""

    minutes: float | None = None
    gigabytes: float | None = None


@dataclass(frozen=True)
class Over:
    """The limit that a cell went over: a name for it, and words."""

    limit: str
    said: str


class Watch:
    """Ends a process that goes over a limit; `over` then says which."""

    def __init__(self, process: subprocess.Popen[str], limits: Limits) -> None:
        self.over: Over | None = None
        self._process, self._limits, self._ended = process, limits, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        if limits != Limits():
            self._thread.start()

    def done(self) -> None:
        """Ends the watch."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _look(self) -> None:
        began = time.monotonic()
        while not self._ended.wait(EVERY):
            if over := self._found(time.monotonic() - began):
                self.over = over
                end(self._process)
                return

    def _found(self, seconds: float) -> Over | None:
        minutes, gigabytes = self._limits.minutes, self._limits.gigabytes
        if minutes is not None and seconds > 60 * minutes:
            return Over("CellTimeout", f"took longer than --cell-timeout {minutes:g} (minutes) and was ended")
        if gigabytes is not None and (held := _all_held(self._process.pid)) > gigabytes:
            return Over("MemoryLimit", f"held {held:.2f} GB of memory, more than --memory {gigabytes:g}, and was ended")
        return None


def _all_held(pid: int) -> float:
    """Memory that the leader of a session holds, with the share of all that it started there."""
    return held_gigabytes(pid) + sum(_share(child) for child in _session(pid) if child != pid)


def _session(pid: int) -> list[int]:
    """Processes of a session, where the system lists them."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        # A process may end between two looks, and then has an empty file or none.
        with suppress(OSError, IndexError):
            # The name of the program stands in brackets, and may hold anything.
            if int(file.read_bytes().rpartition(b")")[2].split()[3]) == pid:
                found.append(int(file.parent.name))
    return found


def _share(pid: int) -> float:
    """Memory of a process in GB, pages that it shares by their share: a fork holds next to nothing."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024**2


def held_gigabytes(pid: int) -> float:
    """Memory that a process holds (RSS); 0 where it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1024**3
    except (OSError, IndexError):
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.strip()
        return int(told) / 1024**2 if told else 0.0


def end(process: subprocess.Popen[str]) -> None:
    """Ends a process that leads a session, and all that it started there, now; also what it has left behind there."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def close(pipe: IO[str] | None) -> None:
    """Closes a pipe, whoever is still at its other end."""
    if pipe is not None:
        with suppress(BrokenPipeError):
            pipe.close()

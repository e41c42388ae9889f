"""Kept inputs: a folder where the workers of one run on this machine keep what they read alike, for as long as it runs."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import IO

from datasets import cache
from datasets.errors import UNWRITABLE

PREFIX = "inputs-"


class KeptInputs:
    """`folder`: in the cache of this machine, None where that cannot be written. It goes with the run; what a killed run has left
    goes with the next."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        home = cache.cache_home()
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sweep(home)
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
            # Held for as long as this process lives: what nobody holds was left by a run that was killed.
            held = _lock(self.folder).open("w")
            self._remove = weakref.finalize(self, _removed, self.folder, held)
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            self.folder = None

    def remove(self) -> None:
        """Removes it, with all that is in it."""
        if self.folder is not None:
            self._remove()


def _removed(folder: Path, held: IO[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    held.close()


def _sweep(home: Path) -> None:
    """Removes the folders of runs that were killed."""
    for folder in home.glob(f"{PREFIX}*"):
        try:
            with _lock(folder).open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except (FileNotFoundError, BlockingIOError):
            # Just being made or removed, or in use.
            continue


def _lock(folder: Path) -> Path:
    return folder / ".run"

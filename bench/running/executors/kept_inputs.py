"""Kept inputs: a folder where the workers of one run on this machine keep what they read alike, for as long as it runs."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import IO

from datasets import cache
from datasets.errors import UNWRITABLE

PREFIX = "inputs-"
# Bytes on disk beyond which what was not read for the longest goes: a study of many worlds would fill any.
MOST = 4_000_000_000


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

    def trim(self) -> None:
        """Removes what was not read for the longest, down to `MOST`; what a worker holds just now stays."""
        if self.folder is None:
            return
        homes = [(lock.stat().st_mtime, lock.parent) for lock in self.folder.glob("*/.lock")]
        sizes = {home: sum(map(_size, home.glob("*/*.npy"))) for _, home in homes}
        left = sum(sizes.values())
        for _, home in sorted(homes):
            if left <= MOST:
                return
            with contextlib.suppress(BlockingIOError), (home / ".lock").open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(home, ignore_errors=True)
                left -= sizes[home]

    def remove(self) -> None:
        """Removes it, with all that is in it."""
        if self.folder is not None:
            self._remove()


def _removed(folder: Path, held: IO[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    held.close()


def _size(file: Path) -> int:
    # A worker renames what it has written.
    with contextlib.suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


def _sweep(home: Path) -> None:
    """Removes the folders of runs that were killed."""
    for folder in home.glob(f"{PREFIX}*"):
        try:
            with _lock(folder).open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except (FileNotFoundError, BlockingIOError, PermissionError):
            # Just being made or removed, in use, or another user's.
            continue


def _lock(folder: Path) -> Path:
    return folder / ".run"

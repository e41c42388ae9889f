"""Files: a folder that appears whole, in the place of the one before it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.disk import read_json
from datasets.errors import Refused

MANIFEST = "manifest.json"


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Gives a draft folder beside `folder` and moves it to its place at the end; an error or a kill leaves the old one.

    Files that somebody else laid into the old folder are kept. Refuses a folder that holds files but no report.
    """
    draft, old = (folder.with_name(f".{folder.name}.{end}") for end in ("draft", "old"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder.parent, os.O_RDONLY)
    except OSError as error:
        raise Refused(f"--reports {folder.parent}: cannot be written ({error.strerror}).") from error
    try:
        # One report at a time in this folder; the lock goes with the process.
        fcntl.flock(handle, fcntl.LOCK_EX)
        if old.exists() and not folder.exists():
            old.rename(folder)
        for left in (draft, old):
            shutil.rmtree(left, ignore_errors=True)
        strangers = _strangers(folder)
        draft.mkdir()
        yield draft
        _seal(draft)
        for name in strangers:
            if not (draft / name).exists():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(folder / name, draft / name)
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise Refused(f"--reports {folder.parent}: cannot be written ({error.strerror}).") from error
    finally:
        os.close(handle)


def _seal(draft: Path) -> None:
    """Lists every file with its SHA-256."""
    files = {path.relative_to(draft).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in _files(draft)}
    (draft / MANIFEST).write_text(json.dumps({"schema": 1, "files": files}, indent=1) + "\n", encoding="utf-8")


def _strangers(folder: Path) -> list[Path]:
    """Files of the old folder that no report wrote."""
    if not folder.exists():
        return []
    if not (folder / MANIFEST).is_file():
        if folder.is_dir() and not any(folder.iterdir()):
            return []
        raise Refused(f"{folder} holds something that is not a report. Move it, or use another --reports folder.")
    ours = {*read_json(folder / MANIFEST).get("files", {}), MANIFEST}
    return [path.relative_to(folder) for path in _files(folder) if path.relative_to(folder).as_posix() not in ours]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())

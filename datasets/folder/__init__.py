"""Folder: anybody's own cohort, from a folder with `cohort.toml` and CSV or Parquet files."""

from __future__ import annotations

import os
from pathlib import Path

from datasets.cohort import Card, Cohort
from datasets.errors import Refused
from datasets.folder.cohort import Examined, card_of, examined, load
from datasets.folder.description import FILE, Description, described
from datasets.registry import Entry, File

__all__ = ["FILE", "Description", "Examined", "described", "entry_of", "examined", "is_folder", "load", "path_of"]


def is_folder(name: str) -> bool:
    """Whether a dataset's name means a folder: a path such as ./cohort or data/cohort, or a name beside which FILE lies."""
    if "/" in name or os.sep in name or name.startswith((".", "~")):
        return True
    try:
        return (Path(name) / FILE).is_file()
    except OSError:
        # Longer than any name of a file may be, or not to be looked into.
        return False


def path_of(name: str) -> Path:
    """The path that a folder's name means, ~ and all; refuses what cannot name one."""
    if "\0" in name:
        raise Refused(f"dataset folder {name!r}: no path holds the sign \\0.")
    try:
        path = Path(name).expanduser()
        path.exists()
    except RuntimeError as problem:
        raise Refused(f"dataset folder {name}: there is no such user.") from problem
    except OSError as problem:
        raise Refused(f"dataset folder {name}: cannot be opened ({problem.strerror}).") from problem
    return path


def entry_of(name: str) -> Entry:
    """The entry of a folder; a relative path starts at the current directory. Refuses a description that cannot be used."""
    folder = path_of(name).resolve()
    description = described(folder)
    modalities = ["tabular"]
    if description.notes or any(table.text for table in description.tables):
        modalities.append("text")
    if description.series:
        modalities.append("series")
    named = [FILE, *(part.file for part in (*description.tables, *description.notes, *description.series))]

    def opened(home: Path) -> Cohort:  # noqa: ARG001
        return load(folder)

    def card() -> Card:
        return card_of(description)

    return Entry(
        name=description.name,
        summary=description.title,
        modalities=tuple(modalities),
        load=opened,
        card=card,
        # Absolute, so that a data home does not matter; what is missing is told by `load`, with all else.
        files=tuple(File(str(folder / file)) for file in dict.fromkeys(named) if (folder / file).is_file()),
    )

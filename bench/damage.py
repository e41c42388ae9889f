"""Damage: what is wrong with a stored file, and where it is kept aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from bench.disk import read_json, seal, sha256
from datasets import Refused

CHANGED = "is not as it was written: its SHA-256 is another one"
TRIAL = ("outcome", "number", "state", "value", "settings", "params", "distributions", "steps", "seconds")
PLAN = ("protocol", "cohort_hash", "split_hash", "outcomes", "methods")


@dataclass(frozen=True)
class Damage:
    """A file, and in words what is wrong with it."""

    file: Path
    why: str

    def __str__(self) -> str:
        return f"{self.file}: {self.why}"


def of_json(file: Path, needed: Iterable[str]) -> Damage | None:
    """What is wrong with a JSON file that is there: unreadable, or without what such a file holds."""
    try:
        content = read_json(file)
    except Refused:
        return Damage(file, "cannot be read as JSON")
    lacks = [name for name in needed if name not in content]
    return Damage(file, f"is another kind of file: it holds no {', no '.join(lacks)}") if lacks else None


def of_sealed(file: Path, needed: Iterable[str]) -> Damage | None:
    """The same, and whether it is as it was written; files of before bear no seal."""
    if found := of_json(file, needed):
        return found
    content = read_json(file)
    return Damage(file, CHANGED) if "seal" in content and content["seal"] != seal(content) else None


def of_plan(file: Path) -> Damage | None:
    """What is wrong with a plan.json, or with a file beside it that it names; plans of before name none."""
    if found := of_sealed(file, PLAN):
        return found
    plan = read_json(file)
    methods = plan["methods"]
    whole = isinstance(methods, dict) and all(isinstance(m, dict) and isinstance(m.get("keys"), list) for m in methods.values())
    return _named(file, plan.get("files", {})) if whole else Damage(file, "does not say which cells it plans")


def of_cell(folder: Path) -> Damage | None:
    """What is wrong with a finished cell: a file that is missing, cannot be read or is not as it was written.

    Records of before hashes were kept are held to what can be read alone.
    """
    file = folder / "cell.json"
    if not file.is_file():
        return Damage(file, "is missing")
    if found := of_sealed(file, ["key"]):
        return found
    meta = read_json(file)
    return _named(file, meta["files"]) if "files" in meta else _unhashed(folder)


def of_trials(file: Path) -> Damage | None:
    """What is wrong with the trials of an unfinished cell; a last line that a kill tore is nothing wrong."""
    if not file.is_file():
        return None
    for number, line in enumerate(file.read_bytes().splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            return None
        try:
            trial: Any = json.loads(line)
        except ValueError:
            return Damage(file, f"line {number} cannot be read as JSON")
        if not isinstance(trial, dict) or not all(name in trial for name in TRIAL):
            return Damage(file, f"line {number} is no trial")
        if "seal" in trial and trial["seal"] != seal(trial):
            return Damage(file, f"line {number} is not as it was written")
    return None


def read_table(file: Path) -> pd.DataFrame:
    """A Parquet file's table; refuses one that cannot be read, by name."""
    from pyarrow import ArrowException

    try:
        return pd.read_parquet(file)
    except (OSError, ValueError, ArrowException) as error:
        raise Refused(f"{file}: cannot be read as Parquet ({type(error).__name__}).") from error


def keep_aside(path: Path, name: str) -> Path:
    """Moves a file or folder beside its place, to `<name>.broken-<n>`, and says where it lies."""
    aside = next(place for n in count(1) if not (place := path.with_name(f"{name}.broken-{n}")).exists())
    path.rename(aside)
    return aside


def _named(by: Path, files: Mapping[str, str]) -> Damage | None:
    """What is wrong with the files that a record names with their hashes."""
    for name, told in files.items():
        path = by.with_name(name)
        if not path.is_file():
            return Damage(path, f"is missing; {by.name} names it")
        if sha256(path) != told:
            return Damage(path, CHANGED)
    return None


def _unhashed(folder: Path) -> Damage | None:
    if not (folder / "predictions.parquet").is_file():
        return Damage(folder / "predictions.parquet", "is missing")
    for file in sorted(folder.glob("*.parquet")):
        try:
            read_table(file)
        except Refused:
            return Damage(file, "cannot be read as Parquet")
    found = (of_json(file, ()) for file in sorted(folder.glob("diagnosed.json")))
    return next((one for one in found if one), None)

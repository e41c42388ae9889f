"""Reported: whether the report that stands is the one that would be written now, from the same records by the same code."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import bench
import datasets
import methods
from bench.disk import read_json, sha256, write_json
from bench.place import CellPlace
from bench.reporting.files import MANIFEST
from bench.store import planned
from datasets import Refused

FILE = "reported.json"
# What computes, draws and writes a report.
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "matplotlib", "jinja2", "markdown-it-py", "bencheval", "pyarrow")
# Of a dataset, beside its cells.
PARTS = ("plan.json", "cohort.json", "split.parquet", "groups.parquet", "factors.parquet")


def state(study: Path) -> str:
    """SHA-256 of all that a report of the study in this folder follows from: records, code and libraries. A cell is told by its
    cell.json, which holds the hashes of its other files; whoever asks has held those against them."""
    digest = hashlib.sha256(json.dumps([sys.version_info[:2], *map(version, LIBRARIES)]).encode())
    for name, content in (*_code(), *_records(study)):
        digest.update(f"{name}\0{content}\0".encode())
    return digest.hexdigest()


def stands(study: Path, report: Path, now: str) -> bool:
    """Whether the report in this folder was written in this state, and every file of it is as it was written."""
    try:
        noted, files = read_json(study / FILE), read_json(report / MANIFEST).get("files", {})
        whole = all(sha256(report / name) == found for name, found in files.items())
        return whole and noted == _noted(report, now)
    except (OSError, Refused):
        return False


def note(study: Path, report: Path, now: str) -> None:
    """Keeps with the records in which state the report was written."""
    write_json(study / FILE, _noted(report, now))


def _noted(report: Path, now: str) -> dict[str, str]:
    return {"state": now, "report": sha256(report / MANIFEST)}


def _code() -> Iterator[tuple[str, str]]:
    for package in (bench, methods, datasets):
        home = Path(str(package.__file__)).parent
        for file in sorted(path for path in home.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            yield f"{package.__name__}/{file.relative_to(home)}", sha256(file)


def _records(study: Path) -> Iterator[tuple[str, str]]:
    for plan in sorted(study.glob("*/plan.json")):
        folder = plan.parent
        for file in (folder / part for part in PARTS):
            yield f"{folder.name}/{file.name}", sha256(file) if file.is_file() else "none"
        for method, fold, key in planned(read_json(plan)):
            place = CellPlace(folder, method, fold)
            status = place.status(key)
            yield f"{folder.name}/{method}/{fold}", f"{status} {' '.join(map(sha256, _telling(place, status)))}"


def _telling(place: CellPlace, status: str) -> list[Path]:
    """The files by whose content a cell is known; all of them in records of before hashes were kept."""
    if status == "done":
        cell = place.done / "cell.json"
        return [cell] if "files" in read_json(cell) else sorted(place.done.iterdir())
    return [place.failed] if status == "failed" else []

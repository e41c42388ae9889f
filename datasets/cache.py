"""Cache: a cohort in a form that opens by memory map, so that workers share it and nothing is pickled."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import platformdirs
import pyarrow as pa
from pyarrow import feather

from datasets.brought import places
from datasets.cohort import Card, Cohort, Series
from datasets.errors import Refused
from datasets.identity import Identity
from datasets.registry import Entry, entry, pieces

FRAMES = ("tabular", "text", "outcomes", "reference")
ARRAYS = ("patient", "time", "centre", "official")


def cache_home() -> Path:
    """Folder of the local forms: CLINICAL_MTL_CACHE, else the user's cache folder."""
    return Path(os.environ.get("CLINICAL_MTL_CACHE") or platformdirs.user_cache_dir("clinical-mtl-bench"))


def prepared(name: str, home: Path, **settings: Any) -> Path:
    """Folder of a dataset's local form, made now unless the same source files, settings and loader made it before."""
    found = entry(name)
    folder = cache_home() / f"{found.name}-{_made_from(found, home, settings)[:16]}"
    if not intact(folder):
        write(pieces(name, home, **settings), folder, [place for file in found.files for place in places(file, home)])
    return folder


def intact(folder: Path) -> bool:
    """Whether a local form is there as it was written: another byte would be another cohort under the same name."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        return bool(
            meta.pop("seal") == _seal(meta) and meta["files"] == {name: _file_hash(folder / name) for name in meta["files"]}
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _seal(meta: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(pieces: Iterable[Cohort], folder: Path, made_from: Iterable[Path] = ()) -> None:
    """Writes a cohort's local form from its pieces, in order: whole, or not at all. One piece is in memory at a time. `made_from`:
    the source files, which `sources` will tell."""
    # Patients' data: for nobody but the user.
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(pieces, draft, sorted({str(path.resolve()) for path in made_from if path.exists()}))
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _write(pieces: Iterable[Cohort], draft: Path, made_from: list[str]) -> None:
    identity, arrays = Identity(), defaultdict[str, list[np.ndarray]](list)
    with ExitStack() as open_files:
        frames: dict[str, Any] = {}
        series: BinaryIO | None = None
        cases, piece = 0, None
        for piece in pieces:
            identity.add(piece)
            for part in FRAMES:
                if (frame := getattr(piece, part)) is not None:
                    batch = pa.Table.from_pandas(frame, preserve_index=False)
                    if part not in frames:
                        frames[part] = open_files.enter_context(pa.ipc.new_file(draft / f"{part}.feather", batch.schema))
                    frames[part].write_table(batch)
            for part in ARRAYS:
                if (array := getattr(piece, part)) is not None:
                    arrays[part].append(array)
            if piece.series is not None:
                if series is None:
                    series = open_files.enter_context((draft / "series.npy").open("wb"))
                    _header(series, 0, piece.series)
                series.write(np.ascontiguousarray(piece.series.values).data)
            cases += len(piece)
        if piece is None:
            raise Refused("a cohort without a single case cannot be kept.")
        if series is not None and piece.series is not None:
            # The header leaves room for the number of cases to grow.
            series.seek(0)
            _header(series, cases, piece.series)
    for part, found in arrays.items():
        np.save(draft / f"{part}.npy", np.concatenate(found), allow_pickle=False)
    meta: dict[str, Any] = {"card": dataclasses.asdict(piece.card), "hash": identity.content, "inputs": identity.inputs}
    meta["made_from"] = made_from
    if piece.series is not None:
        meta["series"] = {
            "channels": piece.series.channels,
            "units": piece.series.units,
            "times": piece.series.times.tolist(),
            "time_unit": piece.series.time_unit,
        }
    meta["files"] = {file.name: _file_hash(file) for file in sorted(draft.iterdir())}
    # As it is read again: tuples are lists there.
    meta = json.loads(json.dumps(meta))
    (draft / "meta.json").write_text(json.dumps(meta | {"seal": _seal(meta)}), encoding="utf-8")


def _header(file: BinaryIO, cases: int, series: Series) -> None:
    shape = (cases, *series.values.shape[1:])
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})


def read(folder: Path, outcomes: pd.DataFrame | None = None) -> Cohort:
    """Opens a cohort's local form; series stay on disk until cases are taken. `outcomes`: instead of its own, not read then."""
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    series = None
    if "series" in meta:
        grid = meta["series"]
        values = np.load(folder / "series.npy", mmap_mode="r", allow_pickle=False)
        series = Series(values, tuple(grid["channels"]), tuple(grid["units"]), np.array(grid["times"]), grid["time_unit"])
    given: dict[str, Any] = {} if outcomes is None else {"outcomes": outcomes}
    there = [part for part in FRAMES if part not in given and (folder / f"{part}.feather").is_file()]
    found = given | {part: _frame(folder / f"{part}.feather") for part in there}
    found |= {part: np.load(folder / f"{part}.npy", allow_pickle=False) for part in ARRAYS if (folder / f"{part}.npy").is_file()}
    cohort = Cohort(card=_card(meta["card"]), series=series, **found)
    return cohort.known_as(meta["inputs"])


def outcomes_of(folder: Path) -> pd.DataFrame:
    """The outcomes of a local form alone."""
    return _frame(folder / "outcomes.feather")


def truth_hash(folder: Path) -> str:
    """SHA-256 of what a local form says of whose outcomes are which, as it lies there now."""
    return hashlib.sha256("".join(_file_hash(folder / name) for name in ("outcomes.feather", "patient.npy")).encode()).hexdigest()


def stored_hash(folder: Path) -> str:
    """Content hash of the cohort in a local form."""
    return str(json.loads((folder / "meta.json").read_text(encoding="utf-8"))["hash"])


def sources(folder: Path) -> list[Path]:
    """The files that a local form was made from, as far as they are known."""
    return [Path(path) for path in json.loads((folder / "meta.json").read_text(encoding="utf-8"))["made_from"]]


def _card(stored: dict[str, Any]) -> Card:
    nested = {name: tuple(parts) for name, parts in stored["nested"].items()}
    return Card(
        **{**stored, "nested": nested} | {name: tuple(stored.get(name, ())) for name in ("reference", "notes", "subgroups")}
    )


def _frame(path: Path) -> pd.DataFrame:
    return feather.read_feather(path, memory_map=True)


def _made_from(found: Entry, home: Path, settings: dict[str, Any]) -> str:
    """SHA-256 over what decides a local form: name, settings, source files by size and time, and the code of this package."""
    digest = hashlib.sha256(json.dumps([found.name, settings], sort_keys=True).encode())
    names = (name for file in found.files for name in (file.path, *file.also))
    for folder in sorted({(home / name).parent.resolve() for name in names}):
        # What is gone between the two looks, or a link to nothing, is no source file.
        for path in sorted(path for path in folder.iterdir() if path.exists()) if folder.is_dir() else ():
            state = path.stat()
            digest.update(f"{path} {state.st_size} {state.st_mtime_ns}".encode())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()

"""Cache: a cohort in a form that opens by memory map, so that workers share it and nothing is pickled."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import platformdirs
from pyarrow import feather

from datasets.cohort import Card, Cohort, Series, content_hash
from datasets.registry import Entry, entry, load


def cache_home() -> Path:
    """Folder of the local forms: CLINICAL_MTL_CACHE, else the user's cache folder."""
    return Path(os.environ.get("CLINICAL_MTL_CACHE") or platformdirs.user_cache_dir("clinical-mtl-bench"))


def prepared(name: str, home: Path, **settings: Any) -> Path:
    """Folder of a dataset's local form, made now unless the same source files, settings and loader made it before."""
    found = entry(name)
    folder = cache_home() / f"{name}-{_made_from(found, home, settings)[:16]}"
    if not (folder / "meta.json").is_file():
        write(load(name, home, **settings), folder)
    return folder


def write(cohort: Cohort, folder: Path) -> None:
    """Writes a cohort's local form: whole, or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    for part in ("tabular", "text", "outcomes"):
        if (frame := getattr(cohort, part)) is not None:
            feather.write_feather(frame, draft / f"{part}.feather", compression="uncompressed")
    for part in ("patient", "time", "centre"):
        if (array := getattr(cohort, part)) is not None:
            np.save(draft / f"{part}.npy", array, allow_pickle=False)
    meta: dict[str, Any] = {"card": dataclasses.asdict(cohort.card), "hash": content_hash(cohort), "inputs": cohort.inputs_key}
    if cohort.series is not None:
        np.save(draft / "series.npy", cohort.series.values, allow_pickle=False)
        meta["series"] = {
            "channels": cohort.series.channels,
            "units": cohort.series.units,
            "times": cohort.series.times.tolist(),
            "time_unit": cohort.series.time_unit,
        }
    (draft / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    draft.rename(folder)


def read(folder: Path) -> Cohort:
    """Opens a cohort's local form; series stay on disk until cases are taken."""
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    series = None
    if "series" in meta:
        grid = meta["series"]
        values = np.load(folder / "series.npy", mmap_mode="r", allow_pickle=False)
        series = Series(values, tuple(grid["channels"]), tuple(grid["units"]), np.array(grid["times"]), grid["time_unit"])
    cohort = Cohort(
        card=_card(meta["card"]),
        patient=np.load(folder / "patient.npy", allow_pickle=False),
        outcomes=_frame(folder / "outcomes.feather"),
        tabular=_frame(folder / "tabular.feather") if (folder / "tabular.feather").is_file() else None,
        text=_frame(folder / "text.feather") if (folder / "text.feather").is_file() else None,
        series=series,
        time=np.load(folder / "time.npy", allow_pickle=False) if (folder / "time.npy").is_file() else None,
        centre=np.load(folder / "centre.npy", allow_pickle=False) if (folder / "centre.npy").is_file() else None,
    )
    return cohort.known_as(meta["inputs"])


def stored_hash(folder: Path) -> str:
    """Content hash of the cohort in a local form."""
    return str(json.loads((folder / "meta.json").read_text(encoding="utf-8"))["hash"])


def _card(stored: dict[str, Any]) -> Card:
    nested = {name: tuple(parts) for name, parts in stored["nested"].items()}
    return Card(**{**stored, "reference": tuple(stored["reference"]), "notes": tuple(stored["notes"]), "nested": nested})


def _frame(path: Path) -> pd.DataFrame:
    return feather.read_feather(path, memory_map=True)


def _made_from(found: Entry, home: Path, settings: dict[str, Any]) -> str:
    """SHA-256 over what decides a local form: name, settings, source files by size and time, and the code of this package."""
    digest = hashlib.sha256(json.dumps([found.name, settings], sort_keys=True).encode())
    for folder in sorted({(home / file).parent.resolve() for file in found.files}):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            state = path.stat()
            digest.update(f"{path} {state.st_size} {state.st_mtime_ns}".encode())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()

"""Remembered: what follows from a cohort and a study alone, kept beside the cohort's local form, so that it is found once."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from bench.compact import write_table
from bench.disk import read_json, sealed, sha256, write_json
from bench.disk import seal as seal_of
from datasets import Refused
from datasets.cache import stored_hash

# What they draw and compute may change with their version.
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "iterative-stratification")
# The folder inside a local form, with which it goes when the cohort is made anew.
FOLDER = "found"
_TOLD = "told.json"


@dataclass(frozen=True)
class Found:
    """`told`: JSON content; `tables` by name."""

    told: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def remembered(local: Path, what: str, decided_by: Mapping[str, Any], find: Callable[[], Found]) -> Found:
    """What `find` gives, read from where it was kept if all that decides it is the same: the cohort's content and local form,
    `decided_by` (JSON content), the code of this folder and the versions of LIBRARIES.

    What is kept bears a hash of every file; where one does not fit, it is found anew.
    """
    key = _key(local, decided_by)
    folder = local / FOLDER / f"{what}-{key[:16]}"
    if (kept := _kept(folder, key)) is not None:
        return kept
    found = find()
    # A cache that cannot be written is no reason to stop: it is found anew each time.
    with suppress(OSError):
        _keep(folder, key, found)
    # As it will be read the next time: JSON has no tuples, and a table on disk fewer types.
    return _kept(folder, key) or found


def _key(local: Path, decided_by: Mapping[str, Any]) -> str:
    content = [local.name, stored_hash(local), decided_by, _code(), sys.version_info[:2], [version(name) for name in LIBRARIES]]
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


@cache
def _code() -> str:
    """SHA-256 of the code that parts cohorts and says what is in them; that of `datasets` is in the name of a local form."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(f"{source.name}\0".encode() + source.read_bytes())
    return digest.hexdigest()


def _kept(folder: Path, key: str) -> Found | None:
    """What is kept under a key, if it is there and as it was written."""
    try:
        told = read_json(folder / _TOLD)
        whole = told.get("key") == key and told.get("seal") == seal_of(told)
        if not whole or any(sha256(folder / f"{name}.parquet") != found for name, found in told["tables"].items()):
            return None
        return Found(told["told"], {name: pd.read_parquet(folder / f"{name}.parquet") for name in told["tables"]})
    except (OSError, Refused):
        return None


def _keep(folder: Path, key: str, found: Found) -> None:
    folder.parent.mkdir(exist_ok=True, mode=0o700)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, table in found.tables.items():
            write_table(draft / f"{name}.parquet", table)
        hashes = {name: sha256(draft / f"{name}.parquet") for name in found.tables}
        write_json(draft / _TOLD, sealed({"key": key, "told": found.told, "tables": hashes}))
        # One that is damaged, or of another key that begins alike, gives way; another process may have been faster.
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)

"""Place: where one cell's record lies, how it begins, and how it appears whole."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.compact import write_table
from bench.damage import of_json
from bench.disk import read_json, sealed, sha256, write_json, write_text

TRIALS, LOG = "trials.jsonl", "log.jsonl"


@dataclass(frozen=True)
class CellPlace:
    """Where one cell's record lies: `folder` is `results/<study>/<dataset>`."""

    folder: Path
    method: str
    fold: int

    @property
    def done(self) -> Path:
        return self.folder / self.method / f"fold-{self.fold}"

    @property
    def failed(self) -> Path:
        return self.folder / self.method / f"fold-{self.fold}.failed.json"

    @property
    def partial(self) -> Path:
        return self.folder / self.method / f".fold-{self.fold}.partial"

    @property
    def making(self) -> Path:
        return self.folder / self.method / f".fold-{self.fold}.record"

    def status(self, key: str) -> str:
        """`done`, `outdated` (done under another key), `broken` (its folder cannot be read as a cell's), `failed` or `new`."""
        if self.done.exists():
            file = self.done / "cell.json"
            if not file.is_file() or of_json(file, ["key"]):
                return "broken"
            return "done" if read_json(file)["key"] == key else "outdated"
        return "failed" if self.failed.is_file() else "new"

    def begin(self, key: str) -> Path:
        """The partial folder of a cell with this key: with the trials of an interrupted run of the same key, else empty."""
        if not _holds(self.partial, key):
            _remove(self.partial)
            self.partial.mkdir(parents=True)
            if _holds(self.making, key) and (trials := _plain(self.making / TRIALS)) is not None:
                (self.partial / TRIALS).write_bytes(trials)
        for child in self.partial.iterdir():
            if child.name not in ("key", TRIALS) or child.is_symlink():
                _remove(child)
        write_text(self.partial / "key", key)
        # Last: whenever this is killed, the trials stand in one of the two.
        _remove(self.making)
        return self.partial

    def set_aside(self) -> None:
        """Keeps an outdated record beside its place, under the start of its key."""
        key = str(read_json(self.done / "cell.json").get("key"))[:8]
        aside = self.done.with_name(f"fold-{self.fold}.outdated-{key}")
        if aside.exists():
            shutil.rmtree(aside)
        self.done.rename(aside)

    def finish(
        self,
        cell: Mapping[str, Any],
        predictions: pd.DataFrame,
        default: pd.DataFrame | None,
        missing: pd.DataFrame | None = None,
        diagnosed: Mapping[str, Any] | None = None,
    ) -> None:
        """Makes the record, with trials and log as they lie in the partial folder, and moves it to its place in one step."""
        _remove(self.making)
        self.making.mkdir(parents=True)
        write_text(self.making / "key", str(cell["key"]))
        for name in (TRIALS, LOG):
            if (text := _plain(self.partial / name)) is not None:
                (self.making / name).write_bytes(text)
        write_table(self.making / "predictions.parquet", predictions)
        if default is not None:
            # The first trial is the default: where it was chosen, both say the same, and it is kept once.
            write_table(self.making / "default.parquet", default.iloc[:0] if default.equals(first_fit(predictions)) else default)
        if missing is not None:
            write_table(self.making / "missing.parquet", missing)
        if diagnosed is not None:
            write_json(self.making / "diagnosed.json", diagnosed)
        files = {path.name: sha256(path) for path in sorted(self.making.iterdir()) if path.name != "key"}
        write_json(self.making / "cell.json", sealed({**cell, "files": files}))
        _remove(self.partial)
        (self.making / "key").unlink()
        self.failed.unlink(missing_ok=True)
        self.making.rename(self.done)

    def fail(self, record: Mapping[str, Any]) -> None:
        """Records a failure; never counts as done."""
        self.failed.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.failed, sealed(record))


def _holds(folder: Path, key: str) -> bool:
    """Whether a folder is of the cell with this key; a record that was stopped at its last step is known by its cell.json."""
    mark, file = _plain(folder / "key"), folder / "cell.json"
    if mark is not None:
        return mark == key.encode()
    return file.is_file() and not of_json(file, ["key"]) and bool(read_json(file)["key"] == key)


def _plain(file: Path) -> bytes | None:
    """What a file holds; None where there is none, or something else of its name: a method may have put it there."""
    return file.read_bytes() if file.is_file() and not file.is_symlink() else None


def _remove(folder: Path) -> None:
    """Removes a folder with all that is in it, a link without following it; nothing where there is none."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def first_fit(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions of the first seed's fit alone."""
    return predictions[predictions["seed"] == 0].reset_index(drop=True)

"""Records: whether the stored cells of a study are what they say, and speak of the same cases."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.disk import read_json
from bench.store import MISSING_COLUMNS, PREDICTION_COLUMNS
from bench.verifying.expected import Finding

KEY = ["row", "outcome", "side", "seed"]
SIDES = ("valid", "test")


@dataclass
class Records:
    """What was checked. `unhashed`: cells of before hashes were kept; `unsplit`: datasets without their split; `broken`: whether
    predictions cannot be scored as they stand, so that no number can be recomputed."""

    cells: int = 0
    unhashed: int = 0
    files: int = 0
    predictions: int = 0
    unsplit: list[str] = field(default_factory=list)
    broken: bool = False
    findings: list[Finding] = field(default_factory=list)


def records(home: Path) -> Records:
    """Checks every cell under `results/<study>/`: hashes, key, one prediction a case, outcome, side and seed, in [0, 1], and that
    rows, patients, sides and outcomes are those of the split and of all other methods."""
    told = Records()
    for plan in sorted(home.glob("*/plan.json")):
        _dataset(told, plan.parent, read_json(plan), home)
    return told


def _dataset(told: Records, folder: Path, plan: Mapping[str, Any], home: Path) -> None:
    split = _split(told, folder, plan, home)
    cohort = read_json(folder / "cohort.json").get("hash", plan["cohort_hash"])
    if cohort != plan["cohort_hash"]:
        told.findings.append(Finding(_name(folder / "cohort.json", home), "hash", str(cohort), str(plan["cohort_hash"])))
    first: dict[tuple[int, str], tuple[str, pd.DataFrame]] = {}
    for method, entry in plan["methods"].items():
        for fold, key in enumerate(entry["keys"]):
            cell = folder / method / f"fold-{fold}"
            if not (cell / "cell.json").is_file():
                continue
            told.cells += 1
            meta = read_json(cell / "cell.json")
            _meta(told, cell, meta, plan, str(key), home)
            for name in ("predictions", "default", "missing"):
                path = cell / f"{name}.parquet"
                if not path.is_file():
                    if name == "predictions":
                        _broken(told, _name(path, home), "", "the file is missing.")
                    continue
                frame = _read(told, path, home)
                if frame is None:
                    continue
                before = len(told.findings)
                _predictions(told, frame, _name(path, home), plan, meta, None if split is None else split.get(fold))
                if name == "predictions" and len(told.findings) == before:
                    _alike(told, frame, _name(path, home), fold, first)


def _split(told: Records, folder: Path, plan: Mapping[str, Any], home: Path) -> dict[int, pd.DataFrame] | None:
    """The split by fold, rows as index; its hash is that of the plan."""
    path = folder / "split.parquet"
    if not path.is_file():
        told.unsplit.append(folder.name)
        return None
    split = pd.read_parquet(path).sort_values(["fold", "row"])[["row", "patient", "fold", "side"]]
    lines = [",".join(map(str, line)) for line in split.itertuples(index=False)]
    found = hashlib.sha256("\n".join(["row,patient,fold,side", *lines, ""]).encode()).hexdigest()
    if found != plan["split_hash"]:
        told.findings.append(Finding(_name(path, home), "split hash in plan.json", str(plan["split_hash"]), found))
    return {int(str(fold)): part.set_index("row") for fold, part in split.groupby("fold")}


def _meta(told: Records, cell: Path, meta: Mapping[str, Any], plan: Mapping[str, Any], key: str, home: Path) -> None:
    name = _name(cell / "cell.json", home)
    same = {"key": key, "cohort_hash": plan["cohort_hash"], "split_hash": plan["split_hash"], "outcomes": plan["outcomes"]}
    for what, planned in same.items():
        if what in meta and meta[what] != planned:
            told.findings.append(Finding(name, f"{what} (plan.json beside it)", str(meta[what]), str(planned)))
    if "files" not in meta:
        told.unhashed += 1
        return
    there = {path.name for path in cell.iterdir() if path.is_file() and path.name != "cell.json"}
    for file in sorted({*meta["files"], *there}):
        path = cell / file
        if file not in there:
            told.findings.append(Finding(_name(path, home), "", "the file is missing; cell.json names it.", None))
        elif file not in meta["files"]:
            told.findings.append(Finding(_name(path, home), "", "cell.json does not name this file.", None))
        else:
            told.files += 1
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            if found != meta["files"][file]:
                told.findings.append(Finding(_name(path, home), "SHA-256 in cell.json", str(meta["files"][file]), found))


def _read(told: Records, path: Path, home: Path) -> pd.DataFrame | None:
    """A table of predictions with all its columns; None where it cannot be read as one."""
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        _broken(told, _name(path, home), "", f"cannot be read as Parquet ({type(error).__name__}).")
        return None
    needed = MISSING_COLUMNS if path.stem == "missing" else PREDICTION_COLUMNS
    if lacks := [column for column in needed if column not in frame]:
        _broken(told, _name(path, home), "", f"column {', '.join(lacks)} is missing.")
        return None
    return frame


def _predictions(
    told: Records, frame: pd.DataFrame, name: str, plan: Mapping[str, Any], meta: Mapping[str, Any], split: pd.DataFrame | None
) -> None:
    """One table of predictions: whole, unique, in [0, 1], on the cases of the split."""
    kind = Path(name).stem
    if frame.empty and kind != "predictions":
        return
    if kind == "missing":
        frame = frame.assign(side="test")
    key = [*KEY, "missing"] if kind == "missing" else KEY
    told.predictions += len(frame)
    if lines := _lines(frame.duplicated(key, keep=False)):
        _broken(told, name, f"rows {lines}", "predict the same case, outcome and seed twice.")
    outside = ~(frame["p"] >= 0) | ~(frame["p"] <= 1)
    if lines := _lines(outside):
        value = frame.loc[outside, "p"].iloc[0]
        _broken(told, name, f"rows {lines}, column p", f"{value:g} stands there; allowed is a number from 0 to 1.")
    if lines := _lines(frame["y"].notna() & ~frame["y"].isin([0, 1])):
        _broken(told, name, f"rows {lines}, column y", "an outcome is 1, 0 or unknown.")
    seeds = {0} if kind == "default" else set(meta.get("seeds", [0]))
    for column, allowed in (("outcome", set(plan["outcomes"])), ("seed", seeds)):
        if (found := set(frame[column].unique())) != allowed:
            _broken(told, name, f"column {column}", f"holds {_listed(found)}; planned are {_listed(allowed)}.")
    sides = frame.groupby("side")["row"].nunique()
    kinds = frame["missing"].nunique() if kind == "missing" else 1
    if len(frame) != int(sides.sum()) * len(plan["outcomes"]) * len(seeds) * kinds:
        _broken(told, name, "", f"{len(frame)} predictions are not one a case, outcome and seed.")
    if split is not None:
        _on_split(told, name, frame, ("test",) if kind == "missing" else SIDES, split)


def _on_split(told: Records, name: str, frame: pd.DataFrame, sides: Sequence[str], split: pd.DataFrame) -> None:
    """Rows, patients and sides are those of split.parquet."""
    for side in sides:
        planned = set(split.index[split["side"] == side])
        rows = set(frame.loc[frame["side"] == side, "row"])
        if rows != planned:
            off = sorted(rows ^ planned)
            _broken(told, name, f"side {side}", f"{len(off)} cases are not those of split.parquet, such as row {off[0]}.")
    known = frame[frame["row"].isin(split.index)]
    off = known["patient"].to_numpy() != split.loc[known["row"], "patient"].to_numpy()
    if off.any():
        row = known.loc[off, "row"].iloc[0]
        _broken(told, name, "column patient", f"{int(off.sum())} cells are not those of split.parquet, such as of row {row}.")


def _alike(
    told: Records, frame: pd.DataFrame, name: str, fold: int, first: dict[tuple[int, str], tuple[str, pd.DataFrame]]
) -> None:
    """All methods of a fold have the same cases and outcomes on each side."""
    for side in SIDES:
        grouped = frame[frame["side"] == side].groupby(["row", "outcome"])
        mine = grouped.agg(patient=("patient", "first"), y=("y", "first")).reset_index()
        varied = mine[grouped["y"].nunique(dropna=False).gt(1).to_numpy()]
        if len(varied):
            _broken(told, name, f"side {side}, column y", f"row {varied['row'].iloc[0]} has two outcomes.")
        where, other = first.setdefault((fold, side), (name, mine))
        if not mine[["row", "outcome"]].equals(other[["row", "outcome"]]):
            _broken(told, name, f"side {side}", f"other cases than in {where}.")
            continue
        for column in ("patient", "y"):
            off = ~((mine[column] == other[column]) | (mine[column].isna() & other[column].isna()))
            for n in np.flatnonzero(off.to_numpy())[:1]:
                place = f"side {side}, row {mine['row'].iloc[n]}, {mine['outcome'].iloc[n]}, column {column}"
                stands, there = f"{mine[column].iloc[n]:g}", f"{other[column].iloc[n]:g} in {where}"
                told.findings.append(Finding(name, place, stands, there))
                told.broken = True


def _broken(told: Records, name: str, where: str, what: str) -> None:
    told.broken = True
    told.findings.append(Finding(name, where, what, None))


def _lines(wrong: pd.Series) -> str:
    """The first places that are wrong, counted from 0 as Parquet readers do."""
    places = np.flatnonzero(wrong.to_numpy()).tolist()
    return ", ".join(map(str, places[:3])) + (f" and {len(places) - 3} more" if len(places) > 3 else "")


def _listed(values: set[Any]) -> str:
    return ", ".join(map(str, sorted(values, key=str)))


def _name(path: Path, home: Path) -> str:
    return path.relative_to(home.parent).as_posix()

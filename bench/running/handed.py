"""Handed: the outcomes that a cell is given, and what fitting it leaves for its record, in files that hold data alone.

A method may have written into what comes back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.disk import write_json
from bench.running.diagnosed import Missing, Parts
from bench.running.final import Predicted
from methods.contract.broken import ContractBrokenError
from methods.contract.checked import believed

# Beside a cell's trials, and gone before its record appears.
FOLDER = "handed"
KNOWN = "known.npy"
_ARRAY = "array"


def hand_out(partial: Path, outcomes: pd.DataFrame, hidden: np.ndarray) -> None:
    """Writes the outcomes (cases, outcomes) that a cell may know: all but those of the rows `hidden`."""
    known = outcomes.to_numpy(np.float32, copy=True)
    known[hidden] = np.nan
    np.save(partial / KNOWN, known, allow_pickle=False)


def handed_out(partial: Path, names: Sequence[str]) -> pd.DataFrame:
    """What `hand_out` wrote."""
    return pd.DataFrame(np.load(partial / KNOWN, allow_pickle=False), columns=list(names))


def hand_over(partial: Path, meta: Mapping[str, Any], predicted: Sequence[Predicted]) -> None:
    """Writes what will be in cell.json, and all predictions and parts, one entry a group of outcomes."""
    folder = partial / FOLDER
    folder.mkdir(exist_ok=True)
    arrays: list[np.ndarray] = []

    def told(found: Any) -> Any:
        if isinstance(found, np.ndarray):
            arrays.append(found)
            return {_ARRAY: len(arrays) - 1}
        if isinstance(found, Mapping):
            return {name: told(value) for name, value in found.items()}
        return [told(value) for value in found] if isinstance(found, list | tuple) else found

    groups = [
        {
            "final": part.final,
            "default": part.default,
            "missing": [{"p": one.p, "unable": one.unable} for one in part.missing],
            "parts": {"train": part.parts.train, "test": part.parts.test},
        }
        for part in predicted
    ]
    content = {"meta": dict(meta), "groups": [told(group) for group in groups]}
    named: dict[str, Any] = {str(number): array for number, array in enumerate(arrays)}
    np.savez(folder / "arrays.npz", **named)
    write_json(folder / "told.json", content)


def take_over(partial: Path, cases: tuple[int, int], outcomes: int, seeds: int) -> tuple[dict[str, Any], list[Predicted]] | None:
    """What `hand_over` wrote, None where nothing is there; `cases` of valid and test, `outcomes`: how many, together or one by one.

    Raises ContractBrokenError for anything but probabilities of these cases and outcomes.
    """
    folder = partial / FOLDER
    if not (folder / "told.json").is_file():
        return None
    content = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:

        def found(told: Any) -> Any:
            if isinstance(told, dict):
                number = told.get(_ARRAY) if len(told) == 1 else None
                return arrays[str(number)] if isinstance(number, int) else {name: found(one) for name, one in told.items()}
            return [found(one) for one in told] if isinstance(told, list) else told

        parts = [found(group) for group in content["groups"]]
    if len(parts) not in (1, outcomes) or any(len(part["final"]) != seeds for part in parts):
        raise ContractBrokenError(f"predictions of {len(parts)} groups of outcomes were handed over; expected 1 or {outcomes}.")
    return content["meta"], [_predicted(part, cases, outcomes // len(parts)) for part in parts]


def _predicted(part: Mapping[str, Any], cases: tuple[int, int], outcomes: int) -> Predicted:
    def both(pair: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        valid, test = pair
        return believed(valid, cases[0], outcomes), believed(test, cases[1], outcomes)

    missing = [
        Missing({name: believed(p, cases[1], outcomes) for name, p in one["p"].items()}, one["unable"]) for one in part["missing"]
    ]
    return Predicted(
        tuple(both(pair) for pair in part["final"]),
        None if part["default"] is None else both(part["default"]),
        tuple(missing),
        Parts(part["parts"]["train"], part["parts"]["test"]),
    )

"""Again: a finished cell rebuilt from its record alone, and how a second run of it differs from the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.protocol.labels import MethodLabel, Point
from bench.protocol.plan import Cell, plan
from bench.protocol.study import Protocol, Study
from datasets import Refused

KEYS = ["row", "patient", "side", "outcome", "seed"]


def rebuilt(meta: Mapping[str, Any], home: Path, draft: Path, plugins: Sequence[str]) -> Cell:
    """The cell of a cell.json, planned anew in `draft`: its cohort is prepared, its split drawn and its key made again."""
    if "origin" not in meta:
        raise Refused("this record is of an older version, which did not keep where its cohort came from: it cannot be run again.")
    named = {"label": meta["method"], "name": meta["name"], "set": meta["set"], "without": tuple(meta.get("without", ()))}
    label = MethodLabel.model_validate(named)
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in meta["protocol"].items()}
    # As a point, for only those may leave out their defaults.
    dataset = Point(label=meta["dataset"], entry=meta["dataset"], values={}, **meta["origin"])
    study = Study(name="again", methods=(label,), datasets=(dataset,), protocol=Protocol.model_validate(values))
    planned = plan(study, [label], home, draft, plugins)[0]
    return planned.cells[meta["fold"]]


def changed(meta: Mapping[str, Any], cell: Cell) -> dict[str, str]:
    """What is not as it was when the cell was first run, in words by name; empty where the key is the same."""
    if cell.key == meta["key"]:
        return {}
    found = {
        name: f"was {meta.get(name)!r}, is {value!r}" for name, value in cell.settings.items() if meta.get(name, value) != value
    }
    return found or {"source": f"the source of method '{meta['name']}', or of what it imports, is another one"}


def differences(first: pd.DataFrame, second: pd.DataFrame) -> dict[str, float]:
    """Largest absolute difference of p by outcome where any bit differs; refuses predictions of other cases."""
    one, other = (frame.sort_values(KEYS, ignore_index=True) for frame in (first, second))
    if not one[KEYS].equals(other[KEYS]) or not one["y"].equals(other["y"]):
        raise Refused("the second run predicted other cases than the first: the cohort or its split is another one.")
    apart = np.abs(one["p"].to_numpy() - other["p"].to_numpy())
    largest = pd.Series(apart).groupby(one["outcome"].to_numpy()).max()
    return {str(outcome): float(value) for outcome, value in largest.items() if value > 0}

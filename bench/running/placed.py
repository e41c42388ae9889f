"""Cells as JSON, for workers in other processes and on other machines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.place import CellPlace
from bench.protocol.plan import Cell


def to_json(cell: Cell) -> dict[str, Any]:
    """A cell as JSON content; paths become absolute."""
    return {
        "folder": str(cell.place.folder.resolve()),
        "key": cell.key,
        "train": cell.train,
        "effort": cell.effort,
        "settings": dict(cell.settings),
        "cohort": str(cell.cohort.resolve()),
        "split": str(cell.split.resolve()),
        "origin": dict(cell.origin),
        "plugins": [str(Path(file).resolve()) for file in cell.plugins],
    }


def from_json(content: Mapping[str, Any]) -> Cell:
    """The cell that `to_json` wrote."""
    settings = content["settings"]
    return Cell(
        place=CellPlace(Path(content["folder"]), settings["method"], settings["fold"]),
        key=content["key"],
        train=content["train"],
        effort=content["effort"],
        settings=settings,
        cohort=Path(content["cohort"]),
        split=Path(content["split"]),
        plugins=tuple(content["plugins"]),
        origin=content["origin"],
    )

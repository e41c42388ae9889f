"""Matched: the generalisation gap, held-out loss beside the twin's at the same training loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.store import CellRecord, DatasetRecord

COLUMNS = ("dataset", "method", "twin", "outcome", "fits", "train_loss", "valid_loss", "twin_valid_loss", "gap")


def generalisation_gap(record: DatasetRecord, twins: Mapping[str, str]) -> pd.DataFrame:
    """COLUMNS, one line a method with its twin and outcome: held-out loss of the method minus that of the twin at the lowest
    training loss that both reach (Mueller et al. 2024); negative says that sharing generalises better. Mean over the final fits and
    folds in which their training losses meet; an outcome for which they never do has no line."""
    lines = []
    for method, twin in twins.items():
        for outcome in record.plan["outcomes"]:
            found = []
            for fold in range(record.plan["folds"]):
                mine, other = record.cells[method, fold], record.cells[twin, fold]
                found += [at for fit in mine.meta["seeds"] if (at := _at(_curve(mine, fit, outcome), _curve(other, fit, outcome)))]
            if found:
                level, here, there = np.mean(found, axis=0)
                lines.append((record.name, method, twin, outcome, len(found), level, here, there, here - there))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _curve(cell: CellRecord, fit: int, outcome: str) -> list[tuple[float, float]]:
    """Losses of an outcome on train and valid by epoch."""
    epochs: Sequence[Mapping[str, Any]] = [line for line in cell.log if line.get("kind") == "epoch" and line["fit"] == fit]
    return [(line["train_loss"][outcome], line["valid_loss"][outcome]) for line in epochs if outcome in line["train_loss"]]


def _at(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> tuple[float, float, float] | None:
    """The lowest training loss that both curves reach, and both held-out losses there."""
    if not one or not other:
        return None
    lowest, highest = max(min(t for t, _ in c) for c in (one, other)), min(c[0][0] for c in (one, other))
    if lowest > highest:
        return None
    return lowest, _read(one, lowest), _read(other, lowest)


def _read(curve: Sequence[tuple[float, float]], level: float) -> float:
    """Held-out loss where training loss first comes down to a level, linear between two epochs."""
    before = curve[0]
    for after in curve:
        if after[0] <= level:
            share = (before[0] - level) / (before[0] - after[0]) if before[0] > after[0] else 1.0
            return before[1] + share * (after[1] - before[1])
        before = after
    return before[1]

"""Cases: whether two studies tested on the same patients, and whether they predicted the same for them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bench.evaluation.tested import Tested, tested
from bench.store import CellRecord, DatasetRecord

PAIRED, UNPAIRED, NOT_COMPARABLE = "paired", "unpaired", "not comparable"
_ORDER = ["seed", "outcome", "side", "row"]


@dataclass(frozen=True)
class Comparable:
    """How two records of a dataset can be compared, why, and on which outcomes."""

    kind: str
    why: str
    outcomes: tuple[str, ...] = ()


def comparable(a: DatasetRecord, b: DatasetRecord) -> Comparable:
    """Paired: the same cohort, split and test cases. Unpaired: the same cohort alone. Not comparable: another cohort, or no outcome
    in common."""
    outcomes = tuple(outcome for outcome in a.plan["outcomes"] if outcome in b.plan["outcomes"])
    if a.plan["cohort_hash"] != b.plan["cohort_hash"]:
        return Comparable(NOT_COMPARABLE, "another cohort (their hashes differ)")
    if not outcomes:
        return Comparable(NOT_COMPARABLE, "no outcome in common")
    whole = len(outcomes) == len(a.plan["outcomes"]) == len(b.plan["outcomes"])
    of = "" if whole else f", on the outcomes of both ({', '.join(outcomes)}); their averages are over these"
    if a.plan["split_hash"] != b.plan["split_hash"]:
        return Comparable(UNPAIRED, f"the same cohort, split otherwise{of}", outcomes)
    if a.plan["folds"] != b.plan["folds"] or not _same_cases(tested(only(a, outcomes)), tested(only(b, outcomes))):
        return Comparable(UNPAIRED, f"the same hashes, but other test cases are stored: a record was changed{of}", outcomes)
    return Comparable(PAIRED, f"the same cohort, split and test cases{of}", outcomes)


def only(record: DatasetRecord, outcomes: tuple[str, ...]) -> DatasetRecord:
    """The record as if the study had asked for these outcomes alone, in this order."""
    if tuple(record.plan["outcomes"]) == outcomes:
        return record

    def cut(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["outcome"].isin(outcomes)].reset_index(drop=True)

    cells = {
        place: replace(cell, predictions=cut(cell.predictions), default=cut(cell.default)) for place, cell in record.cells.items()
    }
    return replace(record, plan={**record.plan, "outcomes": list(outcomes)}, cells=cells)


def _same_cases(a: Tested, b: Tested) -> bool:
    return all(
        np.array_equal(getattr(fold, name), getattr(b.folds[number], name), equal_nan=True)
        for number, fold in a.folds.items()
        if number in b.folds
        for name in ("row", "patient", "y")
    )


def apart(a: DatasetRecord, b: DatasetRecord, methods: tuple[str, ...]) -> dict[str, float]:
    """How far the risks that each of these methods gave lie apart at most, over valid and test, tuned and default, all folds and
    seeds: 0 where all are equal to the bit, NaN where one study has more seeds, or defaults, than the other."""
    return {
        method: float(np.max([_cell(a.cells[method, k], b.cells[method, k]) for k in range(a.plan["folds"])])) for method in methods
    }


def _cell(a: CellRecord, b: CellRecord) -> float:
    return float(np.max([_furthest(a.predictions, b.predictions), _furthest(a.default, b.default)]))


def _furthest(a: pd.DataFrame, b: pd.DataFrame) -> float:
    first, second = (frame.sort_values(_ORDER, kind="stable") for frame in (a, b))
    if any(first[name].tolist() != second[name].tolist() for name in _ORDER):
        return float("nan")
    # Two numbers that differ at all have a difference that is not 0.
    far = np.abs(first["p"].to_numpy(np.float64) - second["p"].to_numpy(np.float64))
    return float(far.max(initial=0.0))

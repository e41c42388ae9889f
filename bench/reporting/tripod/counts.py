"""Counts: cases, known outcomes and events on each side of the folds, and how they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.store import DatasetRecord

SIDES = ("train", "valid", "test")
# Fewer cases are not counted out.
LEAST = 5


@dataclass(frozen=True)
class Sides:
    """`cases` (folds, SIDES); `known` and `positive`: by outcome, the same. Only folds with a finished cell."""

    cases: pd.DataFrame
    known: dict[str, pd.DataFrame]
    positive: dict[str, pd.DataFrame]


def sides(record: DatasetRecord) -> Sides:
    """Counted from the stored predictions of valid and test; train is what is left of the cases used, each of which lies on one
    side of every fold."""
    used = record.cohort["outcomes"]
    cases: dict[int, dict[str, int]] = {}
    known: dict[str, dict[int, dict[str, int]]] = {name: {} for name in record.plan["outcomes"]}
    positive: dict[str, dict[int, dict[str, int]]] = {name: {} for name in record.plan["outcomes"]}
    for (_, fold), cell in record.cells.items():
        if fold in cases:
            continue
        cases[fold] = {side: int(cell.meta["cases"][side]) for side in SIDES}
        first = cell.predictions[cell.predictions["seed"] == cell.predictions["seed"].min()]
        for name in record.plan["outcomes"]:
            y = first[first["outcome"] == name].groupby("side")["y"].agg(["count", "sum"])
            there = {side: (int(y["count"].get(side, 0)), int(y["sum"].get(side, 0))) for side in ("valid", "test")}
            whole = (int(used[name]["known"]), int(used[name]["positive"]))
            train = tuple(total - there["valid"][n] - there["test"][n] for n, total in enumerate(whole))
            for n, into in enumerate((known, positive)):
                into[name][fold] = {"train": train[n], **{side: there[side][n] for side in ("valid", "test")}}
    return Sides(_table(cases), *({name: _table(one) for name, one in both.items()} for both in (known, positive)))


def _table(by_fold: dict[int, dict[str, int]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(by_fold, orient="index", columns=list(SIDES)).sort_index()


def spread(values: Sequence[int] | pd.Series) -> str:
    """One number, or the range over folds: `1,800`, `118 to 125`."""
    low, high = small(int(min(values))), small(int(max(values)))
    return low if low == high else f"{low} to {high}"


def small(number: int) -> str:
    """A count of cases, not told where it is one to four."""
    return f"fewer than {LEAST}" if 0 < number < LEAST else f"{number:,}"


def listed(names: Sequence[str], most: int) -> str:
    """Names, the first `most` of many."""
    rest = len(names) - most
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:most])} and {rest} more"


def count(number: int, what: str) -> str:
    """`1 fold`, `3 folds`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"

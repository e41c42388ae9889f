"""Incomplete: methods of which not every cell is done, told apart by whether one failed or none was tried in vain."""

from __future__ import annotations

from dataclasses import dataclass

from bench.store import DatasetRecord

# What a method, and each of its lines in a table, may be.
OK, FAILED, NOT_RUN, REFERENCE = "ok", "failed", "not run", "reference"
# In this order they are shown, those with scores first.
ORDER = (OK, FAILED, NOT_RUN, REFERENCE)


@dataclass(frozen=True)
class Incomplete:
    """Why a method has no scores. `status`: FAILED where a cell of it failed, else NOT_RUN; `why`: how many, in words."""

    status: str
    why: str


def incomplete(record: DatasetRecord) -> dict[str, Incomplete]:
    """Each method without all of its cells: counts of failures by exception type, and how many of its folds are done."""
    folds, found = record.plan["folds"], {}
    for label in record.plan["methods"]:
        failures = [str(one.get("exception", "unknown error")) for (method, _), one in record.failed.items() if method == label]
        missing = sum(method == label for method, _ in record.missing)
        if failures:
            reasons = failures + [NOT_RUN] * missing
            counts = ", ".join(f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons)))
            found[label] = Incomplete(FAILED, f"{len(reasons)} of {folds} cells: {counts}")
        elif missing:
            found[label] = Incomplete(NOT_RUN, f"{folds - missing} of {folds} fold{'' if folds == 1 else 's'} done")
    return found

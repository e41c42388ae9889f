"""Once: what several sections of a report ask of one dataset's record, found once and gone with the record."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from bench.store import DatasetRecord

T = TypeVar("T")


def once(find: Callable[[DatasetRecord], T]) -> Callable[[DatasetRecord], T]:
    """The same function, which remembers what it found for as long as the record is there."""
    found: WeakKeyDictionary[DatasetRecord, T] = WeakKeyDictionary()

    @wraps(find)
    def remembering(record: DatasetRecord) -> T:
        if "grid" in record.plan:
            # One of many points, whose cells are not held in memory either.
            return find(record)
        if record not in found:
            found[record] = find(record)
        return found[record]

    return remembering

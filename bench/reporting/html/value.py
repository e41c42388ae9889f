"""Value: the number that a cell of a table says, to sort by."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Seconds, so that `90.0 s` stands before `2.1 min`.
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_NUMBER = re.compile(
    r"[<>≤≥~]?\s*([+−-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?)(?:\s?(%|s|min|h))?(?=$|[\s,;:(/])", re.IGNORECASE
)


def value(text: str) -> float | None:
    """The number that a text begins with, durations in seconds; None where it begins with none, as `–` and `failed` do."""
    found = _NUMBER.match(text.strip())
    if found is None:
        return None
    digits, unit = found.groups()
    return float(digits.replace(",", "").replace("−", "-")) * UNITS.get(unit, 1.0)


def values(column: Sequence[str]) -> list[float | None] | None:
    """The numbers of a column; None where fewer than half of the texts begin with one: it is then a column of words."""
    found = [value(text) for text in column]
    known = sum(number is not None for number in found)
    return found if known and 2 * known >= len(found) else None

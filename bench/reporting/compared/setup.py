"""Set-up: whether two studies can be compared, and what they did otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench.comparison.cases import NOT_COMPARABLE, PAIRED, UNPAIRED, Comparable
from bench.comparison.setup import ALONE, Change
from bench.reporting.compared.part import Part

SAYS = {
    PAIRED: "Yes, patient by patient: {why}. Differences are B − A.",
    UNPAIRED: "Side by side alone: {why}. Scores are of other test cases, so that no difference is tested.",
    NOT_COMPARABLE: "No: {why}. What differs is listed; no score is compared.",
}
NOTHING = "Nothing differs."


def comparable(found: Comparable) -> Part:
    """Says plainly whether the two can be compared."""
    return Part("Can they be compared?", (SAYS[found.kind].format(why=found.why),))


def part(changes: Sequence[Change]) -> Part:
    """What differs, a line each."""
    return Part("Set-up", tuple(map(_line, changes)) or (NOTHING,))


def of_points(changes: Sequence[Sequence[Change]]) -> Part:
    """What differs over the points of a grid: what is the same at all of them once, the rest counted."""
    found = Counter(change for one in changes for change in set(one))
    places = Counter((change.part, change.what) for one in changes for change in one)
    lines = [_line(change) for change, number in found.items() if number == len(changes)]
    whole = {(change.part, change.what) for change, number in found.items() if number == len(changes)}
    lines += [
        f"{name} {what}: other at {n} of {len(changes)} points" for (name, what), n in places.items() if (name, what) not in whole
    ]
    return Part("Set-up", tuple(lines) or (NOTHING,))


def _line(change: Change) -> str:
    name = change.part if change.part == change.what else f"{change.part} {change.what}"
    if change.what == ALONE:
        return f"{change.part}: in A alone {change.a}; in B alone {change.b}"
    return f"{name}: {change.a} → {change.b}"

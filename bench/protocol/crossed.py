"""Crossed: lists of settings, crossed into the points of a grid, each with a label of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

Value = bool | int | float | str
Lists = Mapping[str, Sequence[Value]]

# The setting that draws a synthetic world anew: its values are no axis of a grid, but the draws at each of its points.
DRAW = "replicate"
# Rules of the study that a grid may vary beside a dataset's own settings.
RULES = ("patients", "known")
LEAST_PATIENTS = 50
# More is a slip of the pen: each point is a dataset with a cell for every method.
MOST_POINTS = 1000


def checked_lists(lists: Lists) -> Lists:
    """Lists that can be crossed; ValueError for a list that is empty, that says something twice, or that holds anything else than
    numbers, words and truth values."""
    for key, values in lists.items():
        if not isinstance(values, list | tuple) or not values:
            raise ValueError(f"{key} needs a list of values, such as {key} = [1, 2]")
        for value in values:
            if not isinstance(value, Value) or (isinstance(value, float) and not math.isfinite(value)):
                raise ValueError(f"{key} = {value!r} cannot be crossed; allowed are numbers, words and truth values")
        shown = [_shown(value) for value in values]
        twice = sorted({value for value in shown if shown.count(value) > 1})
        if twice:
            raise ValueError(f"{key} = {twice[0]} stands twice")
    for key, check in (("patients", _patients), ("known", _known)):
        for value in lists.get(key, ()):
            check(value)
    if math.prod(len(values) for values in lists.values()) > MOST_POINTS:
        raise ValueError(f"these lists have over {MOST_POINTS} points; take fewer values")
    return lists


def _patients(value: Value) -> None:
    if type(value) is not int or value < LEAST_PATIENTS:
        raise ValueError(f"patients = {value!r}: allowed are whole numbers from {LEAST_PATIENTS} on")


def _known(value: Value) -> None:
    if type(value) not in (int, float) or not 0 < float(value) <= 1:
        raise ValueError(f"known = {value!r}: allowed are shares above 0, at most 1")


def crossed(lists: Lists) -> Iterator[dict[str, Value]]:
    """Every point of the grid: one value for each key, keys in one order whatever the order of the lists."""
    keys = ordered(lists)
    for values in product(*(lists[key] for key in keys)):
        yield dict(zip(keys, values, strict=True))


def ordered(keys: Mapping[str, object]) -> list[str]:
    """Keys in the order of a label: by name, the draw last."""
    return sorted(keys, key=lambda key: (key == DRAW, key))


def point_label(label: str, point: Mapping[str, Value]) -> str:
    """`phase-common_0.5-conflict_1-replicate_0`: the entry's label, then what sets the point apart; the same wherever the values
    stand in their lists."""
    return "-".join([label, *(f"{key}_{_shown(point[key])}" for key in ordered(point))])


def _shown(value: Value) -> str:
    """A value as a part of a label: 1.0 and 1 are the same number and look the same."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

"""Settings: what a study says to a dataset's loader, looked at before anything is made."""

from __future__ import annotations

import inspect
from typing import Any

from bench.protocol.crossed import RULES
from bench.protocol.labels import DatasetLabel, Point
from datasets.errors import Refused, unknown
from datasets.registry import entry

_WORDS = {float: "a number", int: "a whole number", str: "a word", bool: "true or false"}


def refuse_settings(label: DatasetLabel) -> None:
    """Refuses a setting that the dataset does not take, one of another kind than its default, and a world that cannot be."""
    found = entry(label.name)
    parameters = inspect.signature(found.load).parameters
    allowed = [name for name in parameters if name != "home"]
    for name, value in label.set.items():
        crossed = isinstance(label, Point) and name in label.values
        what = f"dataset '{label.entry if isinstance(label, Point) else label.label}': {'grid' if crossed else 'set'}: "
        if name not in allowed:
            raise unknown(f"{what}setting", name, [*allowed, *(RULES if crossed else ())])
        kind = type(parameters[name].default)
        if kind in _WORDS and not _fits(value, kind):
            raise Refused(f"{what}{name}: found {value!r}; allowed is {_WORDS[kind]}, such as {parameters[name].default!r}.")
    if found.truth is not None:
        # The card of a synthetic cohort is made from its world, which says what it allows.
        found.card(**label.set)


def _fits(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind

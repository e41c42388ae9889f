"""Items: what TRIPOD+AI asks for, and how the suite's own methods read inputs and gaps, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from bench.reporting.tripod.counts import listed

FILLED, OPEN = "filled", "open"
# Methods of a kind that are named.
NAMED = 12


@dataclass(frozen=True)
class Item:
    """One item by its number and section in the statement. `author`: what no run can know of it; empty where a run knows all."""

    number: str
    section: str
    heading: str
    author: str


@cache
def items() -> tuple[Item, ...]:
    """All items of TRIPOD+AI (Collins et al., BMJ 2024;385:e078378), in their order."""
    return tuple(Item(**item) for item in _read("items.toml")["item"])


@cache
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """Kinds of method: their registered `names`, how they read `predictors`, what they do with what is `missing`."""
    return _read("handling.toml")


def handled(methods: Mapping[str, Mapping[str, Any]], what: str) -> str:
    """How the methods of a plan handle `what` (predictors or missing), kind by kind; those that the suite does not ship are named
    as not known."""
    by_kind: dict[str, list[str]] = {}
    for label, method in methods.items():
        by_kind.setdefault(_kind(method["name"].split("+")) or "", []).append(label)
    said = [f"{listed(labels, NAMED)}: {kinds()[kind][what]}" for kind, labels in by_kind.items() if kind]
    if strange := by_kind.get(""):
        said.append(f"{listed(strange, NAMED)}: not known here, as the suite does not ship {'it' if len(strange) == 1 else 'them'}")
    return ". ".join(said) + "."


def _kind(parts: Iterable[str]) -> str | None:
    """The kind that all parts of a name are of."""
    found = [kind for kind, entry in kinds().items() if set(parts) <= set(entry["names"])]
    return found[0] if found else None


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("bench.reporting.tripod") / name).read_text(encoding="utf-8"))

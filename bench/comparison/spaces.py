"""Spaces: the search spaces of a study that was run, as its trials recorded them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.trials import CellTrials


@dataclass(frozen=True)
class Space:
    """What was suggested to a method. `ranges`: distribution by parameter, over all trials; `first`: the parameters of the default,
    which a space always has, while those under a condition are seen only where a trial met it."""

    ranges: Mapping[str, Mapping[str, Any]]
    first: frozenset[str]


def spaces(cells: Iterable[CellTrials]) -> dict[tuple[str, str], Space]:
    """The search space of each dataset and method, from the first cell that has ended a trial."""
    found: dict[tuple[str, str], Space] = {}
    for cell in cells:
        place = cell.dataset, cell.method
        if place not in found:
            ranges = {name: content for line in cell.trials for name, content in line["distributions"].items()}
            first = (name for line in cell.trials if line["number"] == 0 for name in line["distributions"])
            found[place] = Space(ranges, frozenset(first))
    return found


def differences(a: Space, b: Space) -> dict[str, tuple[str, str]]:
    """Parameters that were searched otherwise: what each space allowed, in words."""
    names = dict.fromkeys([*a.ranges, *b.ranges])
    told = {name: (_told(a.ranges.get(name)), _told(b.ranges.get(name))) for name in names}
    sure = a.first | b.first | (a.ranges.keys() & b.ranges.keys())
    return {name: both for name, both in told.items() if both[0] != both[1] and name in sure}


def _told(content: Mapping[str, Any] | None) -> str:
    """`0.0001 to 0.01, log` or `one of 32, 64, 96`."""
    if content is None:
        return "not searched"
    said = content["attributes"]
    if "choices" in said:
        return f"one of {', '.join(map(str, said['choices']))}"
    step = said.get("step")
    steps = "" if step is None or (step == 1 and content["name"] == "IntDistribution") else f", step {step:g}"
    return f"{said['low']:g} to {said['high']:g}{steps}{', log' if said['log'] else ''}"

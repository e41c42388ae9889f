"""Places: how the points of a grid are named, and on which sides of a figure its axes lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from bench.diagnostics.phase import Axes
from bench.protocol.crossed import RULES


@dataclass(frozen=True)
class Planes:
    """A grid as planes side by side: `across` and `down` are the axes of each plane (None: a single row), `panels` the places of
    the other axes that vary, one plane each."""

    across: str
    down: str | None
    panels: tuple[Mapping[str, Any], ...]


def planes(axes: Axes) -> Planes | None:
    """How many patients, and how much is known, set planes apart; the world's own settings span them. None where nothing varies."""
    varied = sorted((axis for axis, values in axes.items() if len(values) > 1), key=lambda axis: axis in RULES)
    if not varied:
        return None
    across, down, rest = varied[0], varied[1] if len(varied) > 1 else None, varied[2:]
    panels = tuple(dict(zip(rest, values, strict=True)) for values in product(*(axes[axis] for axis in rest)))
    return Planes(across, down, panels)


def shown(axis: str, value: Any) -> str:
    """A value as readers expect it: 12,430 patients, 20 % known."""
    if axis == "known":
        return f"{100 * value:g} %"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def told(place: Mapping[str, Any], axes: Sequence[str] | None = None) -> str:
    """A point in words: `common 0.5, conflict 1, patients 1,000`."""
    return ", ".join(f"{axis} {shown(axis, place[axis])}" for axis in (place if axes is None else axes))

"""Row: one comparison as it was measured, and what is aimed at."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Goal:
    """A limit on a measured value: at most, or `least` at least; `unit` follows the number."""

    limit: float
    least: bool = False
    unit: str = ""

    def met(self, value: float) -> bool:
        """NaN meets nothing."""
        return value >= self.limit if self.least else value <= self.limit

    def within(self, margin: float) -> Goal:
        """The same goal for who allows a share of `margin` more, or so much less where it is a least."""
        return replace(self, limit=self.limit / (1 + margin) if self.least else self.limit * (1 + margin))

    @property
    def said(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.shown(self.limit)}"

    def shown(self, value: float) -> str:
        """The value in this goal's unit, with digits enough to be held against the limit."""
        if not math.isfinite(value):
            return "–"
        number = f"{value:.0f}" if self.unit == "%" else f"{value:.4f}" if 0 < value < 0.01 else f"{value:.2f}"
        return f"{number} {self.unit}".strip()


@dataclass(frozen=True)
class Row:
    """`value`: seconds of `what` over seconds of `against`, unless the goal's unit or `note` says otherwise. `seconds`: the two by
    themselves, NaN where there is no second. `alike`: whether both sides gave the same, as `note` defines it; None where nothing
    is to be the same."""

    what: str
    against: str
    value: float
    goal: Goal
    seconds: tuple[float, float]
    note: str
    alike: bool | None = None

    @property
    def met(self) -> bool:
        return self.goal.met(self.value) and self.alike is not False

    def lost(self, margin: float) -> bool:
        """Whether the goal is missed by more than a share of `margin`, or the two sides did not give the same."""
        return not self.goal.within(margin).met(self.value) or self.alike is False

    def to_json(self) -> dict[str, Any]:
        """JSON content; what is not finite becomes null."""
        found = asdict(self) | {"met": self.met, "seconds": [_finite(one) for one in self.seconds]}
        return found | {"value": _finite(self.value)}


def from_json(content: dict[str, Any]) -> Row:
    """The row that `to_json` wrote."""
    kept = {key: value for key, value in content.items() if key != "met"}
    first, second = (math.nan if one is None else float(one) for one in content["seconds"])
    value = math.nan if content["value"] is None else float(content["value"])
    return Row(**{**kept, "goal": Goal(**content["goal"]), "seconds": (first, second), "value": value})


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

"""Growth: how seconds and memory of one subject grow with one extent of a cohort, the others held."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from bench.speed.scaling.invented import Extent

# What grows: its sizes, measured whole and with `--quick`.
SIZES = {
    "patients": (1_000, 10_000, 100_000, 1_000_000),
    "outcomes": (2, 8, 32, 64),
    "features": (50, 200, 800, 2_000),
}
QUICK = {"patients": (1_000, 4_000, 16_000), "outcomes": (2, 8, 16), "features": (50, 200, 500)}
TINY = {"patients": (600, 1_200), "outcomes": (2, 3), "features": (10, 20)}
# A bootstrap reads no features.
LEFT_OUT = frozenset({("bootstrap", "features")})


@dataclass(frozen=True)
class Growth:
    """`seconds` of the processor and `megabytes` above what an idle process holds, one a size."""

    subject: str
    axis: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    megabytes: tuple[float, ...]

    @property
    def slope(self) -> float:
        """The power of the size that seconds grow by, from the two largest: 1 is linear. Smaller ones are ruled by what costs the
        same at every size."""
        return _power(self.sizes, self.seconds)

    @property
    def memory_slope(self) -> float:
        return _power(self.sizes, self.megabytes)

    def to_json(self) -> dict[str, Any]:
        """JSON content; what is not finite becomes null."""
        slopes = {"slope": self.slope, "memory_slope": self.memory_slope}
        return asdict(self) | {name: value if math.isfinite(value) else None for name, value in slopes.items()}


def extent(axis: str, size: int, patients: int = 10_000) -> Extent:
    """A cohort of this size along one axis; where patients do not grow there are `patients` of them."""
    return Extent(**{"patients": patients, axis: size})


def _power(sizes: tuple[int, ...], found: tuple[float, ...]) -> float:
    if len(sizes) < 2 or min(found[-2:]) <= 0:
        return math.nan
    return math.log(found[-1] / found[-2]) / math.log(sizes[-1] / sizes[-2])

"""Expected: what a file of a report should say, as it was recomputed, and what was found where it says something else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


class LeftOut:
    """Stands for a number that a quick verification does not recompute."""


LEFT_OUT = LeftOut()


@dataclass(frozen=True)
class Expected:
    """One CSV file: `keys` are the columns that tell its rows apart, `rows` what stands in each column of a row; `means`: by what
    other way it was recomputed, in a few words. A number may be None or NaN (nothing stands there) or LEFT_OUT."""

    name: str
    keys: tuple[str, ...]
    rows: Sequence[Row]
    means: str

    def joined(self, other: Expected) -> Expected:
        """The same file with the rows of another dataset, what both say standing in it once."""
        keys = tuple(dict.fromkeys([*self.keys, *other.keys]))
        rows = [*self.rows, *(row for row in other.rows if row not in self.rows)] if "dataset" not in keys else None
        return Expected(self.name, keys, [*self.rows, *other.rows] if rows is None else rows, self.means)


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: in which file, where in it, what stands there and what it should be; without the latter,
    what is wrong in words."""

    file: str
    where: str
    stands: str
    recomputed: str | None

    def __str__(self) -> str:
        place = f"{self.file}, {self.where}" if self.where else self.file
        if self.recomputed is None:
            return f"{place}: {self.stands}"
        return f"{place}: {self.stands or 'nothing'} stands there; recomputed: {self.recomputed or 'nothing'}"


@dataclass
class Checked:
    """What was checked of one file. `worst`: the largest deviation, in units of the sixth significant digit; NaN where files
    were compared letter by letter. `unchecked`: what no verifier covers; `left_out`: what a quick verification leaves out."""

    file: str
    numbers: int = 0
    means: str = ""
    worst: float = math.nan
    unchecked: int = 0
    left_out: int = 0
    findings: list[Finding] = field(default_factory=list)

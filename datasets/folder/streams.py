"""Streams: what note and series files share: rows of known cases, timed, and cut at the landmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from datasets.checks.findings import Finding, Tally, error, warning
from datasets.folder import cells
from datasets.folder.batches import batches
from datasets.folder.clock import Clock
from datasets.folder.files import Source
from datasets.folder.parts import Measurements, Notes

UNKNOWN_CASE = 'the first table has no such case; take the row out, or say unknown_cases = "leave_out" for this file.'
UNTIMED = "the cell is empty; without a time nobody knows whether it was known at the landmark."


@dataclass(frozen=True)
class Rows:
    """Rows of a stream whose case is known and whose time is at or before the landmark.

    `place` (rows,): their case. `since` (rows,): time from the landmark in the clock's unit, never positive, NaN where it cannot be
    read, as was told. `row`: their data row.
    """

    cells: dict[str, pa.Array]
    place: np.ndarray
    since: np.ndarray
    row: np.ndarray

    def where(self, kept: np.ndarray) -> Rows:
        mask = pa.array(kept)
        return Rows({name: c.filter(mask) for name, c in self.cells.items()}, self.place[kept], self.since[kept], self.row[kept])


def before_landmark(
    source: Source, said: Notes | Measurements, columns: list[str], case: str, cases: pd.Index, clock: Clock | None,
    missing: tuple[str, ...], found: list[Finding],
) -> Iterator[Rows]:  # fmt: skip
    """The rows of a stream that may be read, batch by batch; all that is wrong or left out is told, in numbers, at the end."""
    tally = Tally(source.name)
    rows = strange = later = 0
    for batch in batches(source, [case, said.time, *columns], found):
        rows += len(batch.row)
        place, empty = cells.places(batch.cells[case], cases, missing)
        tally.add(case, "the cell is empty; every row needs its case.", batch.row[empty])
        unknown = ~empty & (place < 0)
        strange += int(unknown.sum())
        if said.unknown_cases == "refuse":
            tally.add(case, UNKNOWN_CASE, batch.row[unknown])
        all_rows = Rows({name: batch.cells[name] for name in (said.time, *columns)}, place, np.zeros(len(place)), batch.row)
        known = all_rows.where(place >= 0)
        if clock is None or not len(known.row):
            continue
        times = known.cells[said.time]
        read = clock.since(times, known.place, missing, said.decimal)
        for why, mask in read.wrong.items():
            tally.add(said.time, f"the cell {why}.", known.row[mask])
        untimed = np.asarray(cells.text(times, missing).is_null().to_numpy(zero_copy_only=False), dtype=bool)
        tally.add(said.time, UNTIMED, known.row[untimed])
        late = read.values > 0
        later += int(late.sum())
        yield Rows(known.cells, known.place, read.values, known.row).where(~late)
    found.extend(tally.findings())
    if strange and said.unknown_cases == "leave_out":
        found.append(warning(source.name, f"{strange:,} of {rows:,} rows are of cases that the first table lacks; left out."))
    if later and later == rows - strange:
        what = (
            "every row is timed after the landmark; times count from it, negative before it, unless [landmark] at says otherwise."
        )
        found.append(error(source.name, what))
    elif later:
        share = f"{later:,} of {rows:,} rows ({later / rows:.1%})"
        found.append(warning(source.name, f"{share} are timed after the landmark; they are no inputs and were left out."))

"""Series: measurements in long form, streamed into the bins that the folder states."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.checks.findings import Finding, Tally, error, warning
from datasets.cohort import Series
from datasets.folder import cells
from datasets.folder.clock import Clock
from datasets.folder.description import FILE, Description
from datasets.folder.files import opened
from datasets.folder.parts import SECONDS, Bins, Measurements
from datasets.folder.streams import Rows, before_landmark
from datasets.grid import Channel, Grid

UNKNOWN = '`variables` does not list what the cell says; add it with its unit, or say unknown_variables = "leave_out".'
NO_UNIT = 'the times of series are numbers; say their unit in [landmark], such as unit = "h".'
# A bin of one case and variable while it is filled, and once more as the result.
BYTES = 12 + 4


def read_series(
    folder: Path, description: Description, cases: pd.Index, clock: Clock | None, found: list[Finding]
) -> tuple[Series | None, dict[str, str]]:
    """The series of all cases on one grid, each bin the mean of what was measured in it; and the file of each variable.

    The last bin holds its end too, so that what is measured at the landmark itself is read where the bins stop there.
    """
    bins = description.bins
    if bins is None:
        return None, {}
    variables = {name: said for part in description.series for name, said in part.variables.items()}
    channels = [
        Channel(name, said.unit, -np.inf if said.low is None else said.low, np.inf if said.high is None else said.high)
        for name, said in variables.items()
    ]
    needed = len(cases) * bins.count * len(channels) * BYTES
    if needed > _memory():
        shape = f"{len(cases):,} cases, {bins.count:,} bins and {len(channels)} variables"
        what = f"a grid of {shape} needs {needed / 2**30:.1f} GiB of memory; take wider bins or fewer variables."
        found.append(error(f"{FILE}, [bins]", what))
        return None, {}
    grid = Grid(len(cases), channels, bins.start + bins.width * np.arange(bins.count), bins.width, bins.unit)
    files: dict[str, list[str]] = {name: [] for name in variables}
    for said in description.series:
        for name in said.variables:
            files[name].append(said.file)
        _read(folder, description, said, grid, cases, clock, found)
    return grid.series(), {name: ", ".join(dict.fromkeys(names)) for name, names in files.items()}


def _read(
    folder: Path,
    description: Description,
    said: Measurements,
    grid: Grid,
    cases: pd.Index,
    clock: Clock | None,
    found: list[Finding],
) -> None:
    source = opened(folder, said.file, said.separator, found)
    case = said.case or description.columns.case
    columns = [said.variable, said.value]
    if source is None or [name for name in (case, said.time, *columns) if source.lacks(name, found)]:
        return
    if clock is not None and clock.seconds is None:
        found.append(error(said.file, NO_UNIT))
        return
    assert description.bins is not None
    tally, counts = Tally(said.file), Counter[str]()
    places = {channel.name: place for place, channel in enumerate(grid.channels)}
    of_listed = np.append([places[name] for name in said.variables], -1)
    for rows in before_landmark(source, said, columns, case, cases, clock, description.missing, found):
        listed, _ = cells.places(rows.cells[said.variable], pd.Index(list(said.variables), dtype=object), description.missing)
        if said.unknown_variables == "refuse":
            tally.add(said.variable, UNKNOWN, rows.row[listed < 0])
        counts["of variables that `variables` does not list"] += int((listed < 0).sum())
        kept = rows.where(listed >= 0)
        read = cells.numbers(kept.cells[said.value], description.missing, said.decimal)
        for why, mask in read.wrong.items():
            tally.add(said.value, f"the cell {why}.", kept.row[mask])
        _fill(grid, description.bins, kept, clock, of_listed[listed[listed >= 0]], read.values, counts)
    found.extend(tally.findings())
    for what, count in counts.items():
        if count and (said.unknown_variables == "leave_out" or "variables" not in what):
            found.append(warning(said.file, f"{count:,} rows are {what}; left out."))


def _fill(
    grid: Grid, bins: Bins, rows: Rows, clock: Clock | None, channel: np.ndarray, values: np.ndarray, counts: Counter[str]
) -> None:
    if clock is None or clock.seconds is None:
        return
    time = rows.since * clock.seconds / SECONDS[bins.unit]
    time = np.where(time == bins.stop, bins.stop - bins.width / 2, time)
    # A time that cannot be read was told, and is within nothing.
    within = (time >= bins.start) & (time < bins.stop)
    outside = (time < bins.start) | (time >= bins.stop)
    low, high = (np.array([getattr(c, side) for c in grid.channels])[channel] for side in ("low", "high"))
    counts["timed before the first bin or after the last one"] += int((outside & ~np.isnan(values)).sum())
    counts["outside the range that is said of their variable"] += int((within & ((values < low) | (values > high))).sum())
    grid.add(rows.place, time, channel, values)


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

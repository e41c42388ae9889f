"""Tracks: what the monitors recorded during an operation, as series that end with it.

Layout below the data home: `vitaldb/trks.csv` (https://api.vitaldb.net/trks: caseid, tname, tid) and for each track one file
`vitaldb/tracks/{tid}.csv` or `{tid}.csv.gz` (https://api.vitaldb.net/{tid}: `Time` in seconds from `casestart`, and the value).
Tracks of other names than those of `CHANNELS` may lie beside them and are not read.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.cohort import Series
from datasets.errors import Refused
from datasets.grid import Channel, Grid
from datasets.source import Table
from datasets.vitaldb.records import find

# Outside these ranges stand flushed and open lines, probes in the air, and electrodes without contact.
CHANNELS = {
    "Solar8000/ART_MBP": Channel("arterial_mean_pressure", "mmHg", 20, 200),
    "Solar8000/NIBP_MBP": Channel("cuff_mean_pressure", "mmHg", 20, 200),
    "Solar8000/HR": Channel("heart_rate", "1/min", 20, 250),
    "Solar8000/PLETH_SPO2": Channel("oxygen_saturation", "%", 40, 100),
    "Solar8000/ETCO2": Channel("end_tidal_co2", "mmHg", 5, 100),
    "BIS/BIS": Channel("bispectral_index", "1", 1, 100),
    "Solar8000/BT": Channel("temperature", "°C", 30, 43),
}
WIDTH = 5.0
STEPS = 96
ACCESS = (
    "Tracks are served one by one: for each row of vitaldb/trks.csv (https://api.vitaldb.net/trks) whose tname is one of "
    f"{', '.join(CHANNELS)}, save https://api.vitaldb.net/{{tid}} as vitaldb/tracks/{{tid}}.csv (or .csv.gz, as it came)."
)
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Tracks:
    """Tracks that are here, in the order of their names: case, place of the channel, file. `listed`: how many there could be."""

    case: np.ndarray
    channel: np.ndarray
    paths: tuple[Path, ...]
    listed: int

    @property
    def said(self) -> str:
        """What a card says of them."""
        return (
            f"Series: {len(self.paths):,} of the {self.listed:,} tracks that the source lists for these channels are in the data "
            "home; those that are not count as not measured."
        )


def present(folder: Path) -> Tracks | None:
    """The tracks below `vitaldb`; None where there are none. Refuses tracks that nothing says the cases of."""
    place = folder / "tracks"
    # Backwards, so that of a track that is there both plain and gzipped the plain one is read.
    paths = sorted(place.iterdir(), reverse=True) if place.is_dir() else []
    files = {path.name.removesuffix(".gz").removesuffix(".csv"): path for path in paths}
    if not files:
        return None
    listing = find(folder, ("trks.csv",))
    if listing is None:
        raise Refused(
            f"vitaldb: {place} holds tracks, but {folder / 'trks.csv'} (also as .gz), which says whose they are, is not there. "
            "Get it from https://api.vitaldb.net/trks, or take the tracks away to go without series."
        )
    table = Table.read(listing)
    table = Table(listing, table.frame[table.string("tname").isin(list(CHANNELS)).to_numpy()])
    numbers = {name: number for number, name in enumerate(CHANNELS)}
    rows = pd.DataFrame(
        {"case": table.whole("caseid"), "channel": table.string("tname").map(numbers), "tid": table.string("tid")}
    ).sort_values(["tid", "case", "channel"])
    here = rows[rows["tid"].isin(list(files))]
    if here.empty:
        raise Refused(
            f"vitaldb: none of the files in {place} is a track that {listing} lists for the channels {', '.join(CHANNELS)}. "
            f"{ACCESS} Or take the folder away to go without series."
        )
    found = tuple(files[tid] for tid in here["tid"])
    return Tracks(here["case"].to_numpy(np.int64), here["channel"].to_numpy(np.int64), found, len(rows))


def series(tracks: Tracks, case: np.ndarray, end: np.ndarray) -> Series:
    """Means of 5 minutes over the 8 hours that end with surgery: 96 steps, in minutes from -480, the last ends at 0.

    Steps are counted back from the end of surgery, so that operations of any length share their last minutes, and minutes stay
    minutes. Before the record begins there is nothing: NaN. 98 of 100 records are shorter than 8 hours; of longer ones
    the beginning is left out. `case`, `end` (cases,): number, and end of surgery in seconds. Cases without tracks are NaN.
    """
    grid = Grid(len(case), tuple(CHANNELS.values()), WIDTH * np.arange(-STEPS, 0), WIDTH, time_unit="min")
    place = {int(number): row for row, number in enumerate(case)}
    for number, channel, path in zip(tracks.case, tracks.channel, tracks.paths, strict=True):
        row = place.get(int(number))
        if row is not None:
            time, value = _samples(path)
            # A sum of floats depends on its order, and nothing may depend on that of a file.
            order = np.lexsort((value, time))
            minute = (time[order] - end[row]) / 60
            grid.add(np.full(len(time), row), minute, np.full(len(time), channel), value[order])
    return grid.series()


def _samples(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Seconds and values of a track, NaN = not measured. Refuses what is none, by row."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
        frame = pd.read_csv(path, dtype=np.float64, na_values="-nan(ind)", compression="gzip" if packed else None)
    except (OSError, EOFError, ValueError, zlib.error):
        # Slower, and says what is wrong where.
        table = Table.read(path)
        table = Table(path, table.frame.replace("-nan(ind)", None))
        frame = pd.DataFrame({str(name): table.number(str(name)) for name in table.frame})
    # Where rows are longer than the header, pandas takes their first field for an index.
    two = len(frame.columns) == 2 and isinstance(frame.index, pd.RangeIndex)
    if not two or str(frame.columns[0]).strip().lower() != "time":
        raise Refused(f"{path}: a track has two columns, the first of them Time; this file has others. Fetch it again.")
    time, value = frame.iloc[:, 0].to_numpy(), frame.iloc[:, 1].to_numpy()
    if np.isnan(time).any():
        raise Refused(f"{path}: column 'Time', data row {int(np.isnan(time).argmax()) + 1}: the value is empty.")
    return time, value

"""Records: the files of one set, read out of its archive in one pass."""

from __future__ import annotations

import csv
import io
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from datasets.cinc2012.channels import CHANNELS
from datasets.errors import Refused

HEADER = b"Time,Parameter,Value"
# What stands at 00:00 and says whose file it is. Weight is one of them there, and a channel from then on.
DESCRIPTORS = ("RecordID", "Age", "Gender", "Height", "ICUType", "Weight")
LAST_MINUTE = 48 * 60


@dataclass(frozen=True)
class Records:
    """The rows of an archive. `descriptors`: float64, one row a file, −1 = unknown. The others (rows,), in the archive's order:
    `file` 0, 1, …; `minute` since admission; `channel`: place in CHANNELS; `value`."""

    descriptors: pd.DataFrame
    file: np.ndarray
    minute: np.ndarray
    channel: np.ndarray
    value: np.ndarray


def read(path: Path) -> Records:
    """Reads `set-x.tar.gz`; refuses by file and row what is not in the source's layout. Rows that name no variable are left out."""
    bodies = list(_bodies(path))
    if not bodies:
        raise Refused(f"{path} holds no file of a stay (*.txt).")
    lines = np.array([body.count(b"\n") for body in bodies])
    file = np.repeat(np.arange(len(bodies)), lines)
    row = np.arange(len(file)) - np.repeat(np.cumsum(lines) - lines, lines)

    def refuse(wrong: np.ndarray, why: str) -> None:
        if wrong.any():
            first, more = int(np.argmax(wrong)), int(wrong.sum()) - 1
            rest = f", and {more} more" if more else ""
            raise Refused(f"{path}: file {file[first] + 1} of the archive, data row {row[first] + 1}{rest}: {why}.")

    rows = _rows(path, bodies)
    minute = _parsed(rows["Time"], _minutes)
    value = _parsed(rows["Value"], lambda text: pd.to_numeric(text, errors="coerce").to_numpy(np.float64))
    channel = _parsed(rows["Parameter"], _places(channel.name for channel in CHANNELS))
    descriptor = _parsed(rows["Parameter"], _places(DESCRIPTORS))
    refuse(~((minute >= 0) & (minute <= LAST_MINUTE)), "the time is not one from 00:00 to 48:00")
    refuse(~np.isfinite(value), "the value is not a number")
    named = (rows["Parameter"] != "").to_numpy()
    refuse(named & np.isnan(channel) & np.isnan(descriptor), "the parameter is none that the source names")
    refuse(np.isnan(channel) & (descriptor >= 0) & (minute > 0), "a general descriptor stands after 00:00")
    described = (descriptor >= 0) & (minute == 0)
    measured = (channel >= 0) & ~described
    return Records(
        _descriptors(path, len(bodies), file[described], descriptor[described].astype(np.int64), value[described]),
        file[measured],
        minute[measured].astype(np.int64),
        channel[measured].astype(np.int64),
        value[measured],
    )


def _bodies(path: Path) -> Iterator[bytes]:
    """The files of an archive without their headers, one after another: nothing is written to disk."""
    try:
        with tarfile.open(path, "r|gz") as archive:
            place = 0
            for member in archive:
                name = PurePosixPath(member.name).name
                if not name.endswith(".txt") or name.startswith(".") or (opened := archive.extractfile(member)) is None:
                    continue
                place += 1
                head, _, body = opened.read().replace(b"\r\n", b"\n").partition(b"\n")
                if head.removeprefix(b"\xef\xbb\xbf").strip() != HEADER:
                    raise Refused(f"{path}: file {place} of the archive does not begin with the line {HEADER.decode()}.")
                body = body if body.endswith(b"\n") or not body else body + b"\n"
                if body.count(b",") != 2 * body.count(b"\n"):
                    row = next(i for i, line in enumerate(body.split(b"\n"), 1) if line.count(b",") != 2)
                    raise Refused(f"{path}: file {place} of the archive, data row {row}: the row has other than three fields.")
                yield body
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise Refused(f"{path} cannot be read as an archive (.tar.gz): {type(error).__name__}. Fetch it again.") from error


def _rows(path: Path, bodies: list[bytes]) -> pd.DataFrame:
    """All rows, each column as categories: a value that stands a thousand times is held and parsed once."""
    text = io.BytesIO(b"".join(bodies))
    names = HEADER.decode().split(",")
    try:
        return pd.read_csv(
            text,
            header=None,
            names=names,
            index_col=False,
            dtype="category",
            na_filter=False,
            skip_blank_lines=False,
            quoting=csv.QUOTE_NONE,
        )
    except ValueError as error:
        raise Refused(f"{path}: the files of the archive are not three fields a row in UTF-8: {type(error).__name__}.") from error


def _parsed(column: pd.Series, parse: Callable[[pd.Series], np.ndarray]) -> np.ndarray:
    return parse(pd.Series(column.cat.categories))[column.cat.codes]


def _minutes(text: pd.Series) -> np.ndarray:
    parts = text.str.extract(r"^([0-9]+):([0-5][0-9])$").astype(np.float64)
    return (60 * parts[0] + parts[1]).to_numpy()


def _places(names: Iterable[str]) -> Callable[[pd.Series], np.ndarray]:
    places = {name: float(place) for place, name in enumerate(names)}
    return lambda text: text.map(places).to_numpy(np.float64)


def _descriptors(path: Path, files: int, file: np.ndarray, descriptor: np.ndarray, value: np.ndarray) -> pd.DataFrame:
    """One row a file; a file may give its weight more than once."""
    found = pd.DataFrame({"file": file, "descriptor": descriptor, "value": value})
    by_place = found.groupby(["file", "descriptor"])["value"]
    count = by_place.size().unstack(fill_value=0).reindex(index=range(files), columns=range(len(DESCRIPTORS)), fill_value=0)
    for place, name in enumerate(DESCRIPTORS):
        wrong = (count[place] == 0) | (count[place] > 1) & (name != "Weight")
        if wrong.any():
            first = int(np.argmax(wrong))
            how = "is missing" if count[place][first] == 0 else "stands twice"
            raise Refused(f"{path}: file {first + 1} of the archive: the descriptor '{name}' {how} at 00:00.")
    return by_place.max().unstack().set_axis(DESCRIPTORS, axis=1)

"""Files: which files of a folder may be opened, and the names of their columns."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from datasets.checks.findings import Finding, error
from datasets.folder.description import FILE

NO_ROW = "has one line alone, which should be the header; there is no row of data."
MARKS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# A header that holds such a cell is a row of data.
_DATA = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|\d{4}-\d{2}-\d{2}.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*|\?|-")


@dataclass(frozen=True)
class Source:
    """A file that can be opened: `name` as the description has it, `columns` by their names without outer blanks."""

    name: str
    path: Path
    columns: tuple[str, ...]
    separator: str = ","

    @property
    def parquet(self) -> bool:
        return self.path.suffix.lower() == ".parquet"

    def lacks(self, column: str, found: list[Finding]) -> bool:
        """Whether a column is not there; if so, it is told, with the nearest name."""
        if column in self.columns:
            return False
        near = get_close_matches(column, self.columns, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        found.append(error(self.name, f"column '{column}' is missing.{hint} It is named in {FILE}."))
        return True


def located(folder: Path, name: str, found: list[Finding]) -> Path | None:
    """Where a file of the folder lies; None, and told why, where it leaves the folder, is not there or is not read."""
    try:
        wrong = _unread(folder, name)
    except OSError as problem:
        wrong = f"cannot be opened ({problem.strerror})."
    if wrong:
        found.append(error(name, wrong))
        return None
    return folder / name


def _unread(folder: Path, name: str) -> str | None:
    """Why a file is not read."""
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or ".." in re.split(r"[/\\]", name):
        return f"the path leaves the folder; put the file into the folder and name it as seen from {FILE}."
    if not re.search(r"\.(csv|csv\.gz|parquet)$", name, re.IGNORECASE):
        return "is of a kind that is not read; allowed are .csv, .csv.gz and .parquet."
    if (folder / name).is_symlink() and not (folder / name).resolve().is_relative_to(folder.resolve()):
        return "is a link that leaves the folder; put the file itself there."
    if not (folder / name).is_file():
        return f"there is no such file in {folder}."
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        return "lies behind a link that leaves the folder; put the file itself there."
    return None


def opened(folder: Path, name: str, separator: str, found: list[Finding]) -> Source | None:
    """A file ready to be read; None, and told why, where its header cannot be used."""
    path = located(folder, name, found)
    if path is None:
        return None
    try:
        columns = _parquet_names(path) if path.suffix.lower() == ".parquet" else _header(path, separator)
        _refuse_header(columns)
    except Unusable as problem:
        found.append(error(name, str(problem)))
        return None
    except (OSError, EOFError, pa.ArrowException) as problem:
        # The library's own words may quote the file.
        found.append(error(name, f"cannot be read ({type(problem).__name__}); is it whole?"))
        return None
    return Source(name, path, tuple(columns), separator)


class Unusable(Exception):
    """Why a file cannot be read, in words for the user."""


def _header(path: Path, separator: str) -> list[str]:
    with open_file(path) as file:
        start = file.read(1 << 16)
    if not start.strip():
        raise Unusable("is empty.")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
        raise Unusable("is not UTF-8 text (UTF-16, or no text at all); save it as CSV UTF-8.")
    lines = start.removeprefix(b"\xef\xbb\xbf").splitlines()
    if len(start) < 1 << 16 and not any(line.strip() for line in lines[1:]):
        raise Unusable(NO_ROW)
    line = lines[0]
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Unusable("line 1 is not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8).") from problem
    if not text.strip():
        raise Unusable("starts with an empty line; the first line must name the columns.")
    cells = next(csv.reader([text], delimiter=separator))
    if len(cells) == 1 and (other := [mark for mark in MARKS if mark in text]):
        raise Unusable(
            f"the header has {MARKS[other[0]]} and no {MARKS[separator]}; say separator = {_quoted(other[0])} for it in {FILE}, "
            f"or save it with {MARKS[separator]}."
        )
    return [cell.strip() for cell in cells]


def _quoted(mark: str) -> str:
    return '"\\t"' if mark == "\t" else f'"{mark}"'


def _refuse_header(columns: list[str]) -> None:
    data = [place for place, name in enumerate(columns, start=1) if _DATA.fullmatch(name)]
    if data:
        # Such names may be a patient's values: they are not shown.
        raise Unusable(
            f"the first line must name the columns, but its cell {data[0]}{_more(data)} reads like a value; add a line of names."
        )
    empty = [place for place, name in enumerate(columns, start=1) if not name]
    if empty:
        raise Unusable(
            f"column {empty[0]}{_more(empty)} of the header has no name; name it, or take it out (row numbers that pandas or R "
            "writes: index=False, row.names = FALSE; or a separator at the end of each line)."
        )
    twice = [place for place, name in enumerate(columns, start=1) if columns.index(name) < place - 1]
    if twice:
        first = columns.index(columns[twice[0] - 1]) + 1
        raise Unusable(f"columns {first} and {twice[0]}{_more(twice)} of the header have the same name; rename one.")


def _more(many: Sequence[Any]) -> str:
    return f" (and {len(many) - 1} more)" if len(many) > 1 else ""


def _parquet_names(path: Path) -> list[str]:
    if not path.stat().st_size:
        raise Unusable("is empty.")
    with pa.parquet.ParquetFile(path) as file:
        return [str(name).strip() for name in file.schema_arrow.names]


def open_file(path: Path) -> Any:
    """A plain or gzipped file, to be read as bytes."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")

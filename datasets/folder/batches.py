"""Batches: the rows of a file, batch by batch, each with its number; what is wrong with the file as a file is told."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from datasets.checks.findings import Finding, Tally, error
from datasets.folder.cells import readable
from datasets.folder.files import NO_ROW, Source, Unusable, open_file

BLOCK_BYTES = 16 << 20


@dataclass(frozen=True)
class Batch:
    """Some rows of a file. `row` (rows,): number of the data row, from 1; a quoted line break does not end a row."""

    cells: dict[str, pa.Array]
    row: np.ndarray


def batches(source: Source, wanted: Sequence[str], found: list[Finding]) -> Iterator[Batch]:
    """The columns wanted, batch by batch; rows of another width than the header, and a file that ends too early, are told."""
    tally = Tally(source.name)
    rows = 0
    try:
        for batch in (_parquet if source.parquet else _csv)(source, wanted, tally, found):
            rows += len(batch.row)
            yield batch
        if not rows and not tally.findings():
            found.append(error(source.name, NO_ROW))
    except Unusable as problem:
        found.append(error(source.name, str(problem)))
    except (OSError, EOFError, UnicodeDecodeError, pa.ArrowException) as problem:
        found.append(error(source.name, _broken(source, problem)))
    found.extend(tally.findings())


def _parquet(source: Source, wanted: Sequence[str], _: Tally, found: list[Finding]) -> Iterator[Batch]:
    with pa.parquet.ParquetFile(source.path) as file:
        names = dict(zip(source.columns, file.schema_arrow.names, strict=True))
        types = dict(zip(source.columns, file.schema_arrow.types, strict=True))
        strange = {column for column in wanted if not readable(types[column])}
        for column in sorted(strange):
            what = f"is of the Parquet type {types[column]}, which is not read"
            allowed = "allowed are text, numbers, truth values, and dates without a time zone"
            found.append(error(source.name, f"{what}; {allowed}.", column))
        start = 0
        for batch in file.iter_batches(batch_size=1 << 17, columns=[names[column] for column in wanted]):
            rows = batch.num_rows
            cells = {column: pa.nulls(rows) if column in strange else batch.column(names[column]) for column in wanted}
            yield Batch(cells, np.arange(start + 1, start + 1 + rows))
            start += rows


def _csv(source: Source, wanted: Sequence[str], tally: Tally, _: list[Finding]) -> Iterator[Batch]:
    ragged: list[int] = []

    def skip(row: Any) -> str:
        ragged.append(row.number - 1)
        return "skip"

    places = [str(place) for place in range(len(source.columns))]
    asked = [places[source.columns.index(column)] for column in wanted]
    last = places[-1]
    start, ending = 0, ""
    try:
        with open_file(source.path) as file:
            tail = _Tail(file)
            reader = pa.csv.open_csv(
                pa.PythonFile(tail, mode="r"),
                read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False, column_names=places, skip_rows=1),
                parse_options=pa.csv.ParseOptions(delimiter=source.separator, newlines_in_values=True, invalid_row_handler=skip),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(places, pa.string()),
                    include_columns=list(dict.fromkeys([*asked, last])),
                    strings_can_be_null=False,
                ),
            )
            for batch in reader:
                if not batch.num_rows:
                    continue
                row = _numbered(np.arange(start, start + batch.num_rows), ragged)
                start += batch.num_rows
                ending = batch.column(last)[-1].as_py()
                yield Batch({column: batch.column(place) for column, place in zip(wanted, asked, strict=True)}, row)
        if re.search(r"[\r\n]", ending) and not tail.end.rstrip().endswith(b'"'):
            raise Unusable(f"the quotation mark that opens in {_last(start, ragged)} is never closed; the rest is one cell.")
    finally:
        tally.add(None, f"has more or fewer cells than the header names ({len(source.columns)}); is a quotation mark open?", ragged)


def _last(read: int, ragged: list[int]) -> str:
    return f"data row {_numbered(np.array([read - 1]), ragged)[0]}"


def _numbered(place: np.ndarray, ragged: list[int]) -> np.ndarray:
    """Numbers of data rows, from 1, where those in `ragged` (in order) were not read."""
    left_out = np.array(ragged, dtype=np.int64)
    return place + 1 + np.searchsorted(left_out - np.arange(1, len(left_out) + 1), place, side="right")


class _Tail(io.RawIOBase):
    """A file that remembers its last bytes, and ends where it is not UTF-8: what pyarrow would make of a row of another width there
    is a traceback on standard error."""

    def __init__(self, file: Any) -> None:
        self._file, self.end = file, b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found: bytes = self._file.read(size)
        self._decoder.decode(found, final=size != 0 and not found)
        self.end = (self.end + found[-64:])[-64:]
        return found


def _broken(source: Source, problem: Exception) -> str:
    """Why reading stopped; the library's own words are not passed on, for they quote the file."""
    if isinstance(problem, UnicodeDecodeError) or "UTF8" in str(problem):
        return f"line {_not_utf8(source.path)} is not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)."
    if "straddl" in str(problem):
        return f"a quotation mark is opened and never closed, or a cell is longer than {BLOCK_BYTES >> 20} MiB."
    return f"cannot be read to its end ({type(problem).__name__}); is it whole?"


def _not_utf8(path: Path) -> int:
    with open_file(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return number

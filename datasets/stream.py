"""Stream: a CSV file of any size, read batch by batch; memory does not depend on its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from datasets.errors import Refused
from datasets.source import Table

BLOCK_BYTES = 4 << 20
MISSING = ("", "\\N")


@dataclass(frozen=True)
class Batch:
    """Some rows of a file, as strings, null = missing. `row` (rows,): number of the data row, from 1."""

    path: Path
    columns: pa.RecordBatch
    row: np.ndarray

    def __len__(self) -> int:
        return self.columns.num_rows

    def where(self, kept: np.ndarray) -> Batch:
        """The rows of a mask (rows,)."""
        return Batch(self.path, self.columns.filter(pa.array(kept)), self.row[kept])

    def parsed(self, column: str, parse: Callable[[pd.Series], Any]) -> np.ndarray:
        """A column through a function on strings without outer blanks, (rows,) float64, NaN = missing.

        Each distinct string is parsed once.
        """
        encoded = self.columns.column(column).dictionary_encode()
        text = _strings(pa.compute.utf8_trim_whitespace(encoded.dictionary))
        # One NaN more than there are strings: a missing value's index, -1, finds it.
        values = np.append(np.asarray(parse(text), dtype=np.float64), np.nan)
        return values[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]

    def place(self, column: str, known: pd.Index, spelled: Callable[[str], str] = str) -> np.ndarray:
        """Where each value, `spelled` so, stands in an index of strings (dtype object): (rows,) int64, -1 = nowhere, or missing."""
        encoded = self.columns.column(column).dictionary_encode()
        words = pd.Index([spelled(word.strip()) for word in encoded.dictionary.to_pylist()], dtype=object)
        return np.append(known.get_indexer(words), -1)[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]

    def missing(self, column: str) -> np.ndarray:
        """Which rows hold nothing, or blanks: (rows,) bool."""
        return np.isnan(self.parsed(column, lambda text: np.where(text == "", np.nan, 1.0)))

    def number(self, column: str) -> np.ndarray:
        """A column of numbers, float64, NaN where missing. Refuses what does not parse, by row."""
        value = self.parsed(column, numbers)
        wrong = ~np.isfinite(value) & ~self.missing(column)
        if wrong.any():
            raise Refused(f"{self.path}: column '{column}', data row {self.row[wrong].min()}: the value is not a number.")
        return value


class Stream:
    """The columns named of a CSV file, plain or gzipped, with or without a byte order mark; "" and `\\N` are missing.

    `also`: column → another name that it may bear. `torn_allowed`: rows with more or fewer cells than the header are left out
    and counted in `torn`, else the first one is refused. Refuses missing columns by name, and what is no CSV file.
    """

    def __init__(
        self, path: Path, columns: Sequence[str], also: Mapping[str, str] | None = None, torn_allowed: bool = False
    ) -> None:
        self.path, self.columns = path, tuple(columns)
        self.torn_allowed, self.torn, self.rows, self._first_torn = torn_allowed, 0, 0, 0
        self._header = self._names(also or {})

    def __iter__(self) -> Iterator[Batch]:
        self.torn, self.rows = 0, 0
        reader = self._open([self._header[column] for column in self.columns])
        while (batch := self._next(reader)) is not None:
            row = np.arange(self.rows + 1, self.rows + 1 + batch.num_rows)
            self.rows += batch.num_rows
            yield Batch(self.path, pa.RecordBatch.from_arrays(batch.columns, names=list(self.columns)), row)

    def table(self) -> Table:
        """The whole file, for one that is small."""
        batches = [batch.columns for batch in self]
        whole = pa.Table.from_batches(batches, pa.schema([(name, pa.string()) for name in self.columns]))
        frame = pd.DataFrame({name: _strings(whole.column(name)) for name in self.columns})
        return Table(self.path, frame.set_axis(range(1, len(frame) + 1)))

    def _names(self, also: Mapping[str, str]) -> dict[str, str]:
        """Column → its name in the file, blanks and all."""
        there = {name.strip(): name for name in self._open(None).schema.names}
        found = {name: there.get(name, there.get(also.get(name, ""), "")) for name in self.columns}
        lacking = [name for name in self.columns if not found[name]]
        if lacking:
            listed = ", ".join(f"'{name}'" + (f" (or '{also[name]}')" if name in also else "") for name in lacking)
            raise Refused(
                f"{self.path}: column{'s' if len(lacking) > 1 else ''} {listed} {'are' if len(lacking) > 1 else 'is'} missing. "
                f"The file has: {', '.join(sorted(there))}."
            )
        return found

    def _open(self, include: list[str] | None) -> Any:
        return self._read(
            lambda: pa.csv.open_csv(
                self.path,
                read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
                parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=self._tear),
                convert_options=pa.csv.ConvertOptions(
                    null_values=list(MISSING),
                    strings_can_be_null=True,
                    column_types=dict.fromkeys(include or (), pa.string()),
                    include_columns=include,
                ),
            )
        )

    def _next(self, reader: Any) -> pa.RecordBatch | None:
        try:
            return self._read(reader.read_next_batch)
        except StopIteration:
            return None

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (OSError, pa.ArrowException) as error:
            if self._first_torn:
                raise Refused(
                    f"{self.path}: data row {self._first_torn} has more or fewer cells than the header; was the file cut off?"
                ) from None
            # The library's own message quotes the row.
            raise Refused(f"{self.path} cannot be read as CSV: {type(error).__name__}.") from None

    def _tear(self, row: Any) -> str:
        if self.torn_allowed:
            self.torn += 1
            return "skip"
        self._first_torn = self._first_torn or row.number - 1
        return "error"


def numbers(text: pd.Series) -> np.ndarray:
    """Strings as float64, NaN where one is no number."""
    return np.asarray(pd.to_numeric(text, errors="coerce"), dtype=np.float64)


def _strings(array: pa.Array | pa.ChunkedArray) -> pd.Series:
    return pd.Series(array.to_pandas(), dtype="str")

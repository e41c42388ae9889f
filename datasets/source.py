"""Source: a file as its source hands it out, read as strings; columns are parsed and checked when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.errors import Refused


@dataclass(frozen=True)
class Table:
    """A source file as strings; its columns parse on demand. The index is the number of the data row, from 1."""

    path: Path
    frame: pd.DataFrame

    @classmethod
    def read(cls, path: Path) -> Table:
        """Reads a CSV file, plain or gzipped, with or without a byte order mark; refuses what is not one."""
        try:
            frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
        except (OSError, EOFError, ValueError) as error:
            raise Refused(f"{path} cannot be read as CSV: {type(error).__name__}.") from error
        return cls(path, frame.set_axis(range(1, len(frame) + 1)).rename(columns=str.strip))

    def where(self, column: str, value: str) -> Table:
        """The rows where a column holds this value."""
        return Table(self.path, self.frame[self.string(column, strip=False).to_numpy() == value])

    def scrambled(self, dataset: str, key: np.ndarray) -> Table:
        """The rows in an order that neither follows nor depends on that of the file: by SHA-256 of (dataset, key)."""
        digests = [hashlib.sha256(repr((dataset, int(k))).encode()).hexdigest() for k in key]
        return Table(self.path, self.frame.iloc[np.argsort(digests)])

    def string(self, column: str, strip: bool = True) -> pd.Series:
        """A column of strings without outer blanks, None where empty."""
        if column not in self.frame.columns:
            raise Refused(f"{self.path}: column '{column}' is missing.")
        values = self.frame[column].reset_index(drop=True)
        return values.str.strip().replace("", None) if strip else values

    def number(self, column: str, capped: bool = False) -> np.ndarray:
        """A column of numbers, float64, NaN where empty; `>89` is 90 where `capped`. Refuses what does not parse."""
        text = self.string(column)
        cap = text.str.startswith(">").fillna(False).astype(bool) if capped else pd.Series(False, index=text.index)
        value = pd.to_numeric(text.str.removeprefix(">").where(cap, text), errors="coerce").to_numpy(dtype=np.float64)
        self._refuse(column, text.notna().to_numpy() & ~np.isfinite(value), "is not a number")
        return value + cap.to_numpy(dtype=np.float64)

    def whole(self, column: str) -> np.ndarray:
        """A column of whole numbers without gaps, int64."""
        value = self.number(column)
        self._refuse(column, np.isnan(value) | (value != np.floor(value)), "is empty or not a whole number")
        return value.astype(np.int64)

    def key(self, column: str) -> np.ndarray:
        """A column of whole numbers without gaps or repetition, int64."""
        value = self.whole(column)
        self._refuse(column, pd.Series(value).duplicated().to_numpy(), "repeats an earlier one")
        return value

    def parsed(self, column: str, parse: Callable[[pd.Series], np.ndarray], why: str) -> np.ndarray:
        """A column through a function of its strings, NaN where empty; refuses what the function gives NaN for, as `why` says."""
        text = self.string(column)
        value = np.asarray(parse(text), dtype=np.float64)
        self._refuse(column, text.notna().to_numpy() & np.isnan(value), why)
        return value

    def _refuse(self, column: str, wrong: np.ndarray, why: str) -> None:
        if wrong.any():
            row, more = self.frame.index[wrong].min(), int(wrong.sum()) - 1
            rest = f", and {more} more" if more else ""
            raise Refused(f"{self.path}: column '{column}', data row {row}{rest}: the value {why}.")

"""Columns: the tabular inputs of a cohort as Table 1 of a paper describes them, by the library tableone."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.reporting.grid import NOTHING, Cell, Grid
from bench.reporting.table_one.withheld import LEAST, SMALL, WITHHELD, guarded, is_small, patients_by, patients_of

# Whole numbers with so few different values are levels (ASA class, yes or no), not measurements.
FEW_NUMBERS = 6
MOST_LEVELS = 10
# More levels than this with too few patients each are not named: they may be free text, or worse.
MOST_SMALL = 3
# The library works on strings; more values at once would cost memory for nothing.
VALUES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Column:
    """One tabular column as it will be described. `levels`: names of the codes in `values`, None for a measurement."""

    name: str
    values: np.ndarray
    levels: tuple[str, ...] | None = None

    @property
    def known(self) -> np.ndarray:
        return ~np.isnan(self.values) if self.levels is None else self.values >= 0


def characteristics(table: pd.DataFrame, patient: np.ndarray) -> Grid:
    """One line a measurement (median [Q1, Q3]) or level (n, % of the cases with a known value), with the cases it is missing in.

    `patient` (cases,): codes from 0. Measurements and levels of one to four patients are withheld. Columns are described
    in batches, so that a million cases need no more memory than their own.
    """
    rows: list[tuple[Cell, ...]] = []
    at_once = max(1, VALUES_AT_ONCE // max(1, len(table)))
    for start in range(0, table.shape[1], at_once):
        columns = [_column(str(name), table[name], patient) for name in table.columns[start : start + at_once]]
        texts = _described(columns)
        for i, column in enumerate(columns):
            rows += [tuple(Cell(text) for text in line) for line in _lines(column, texts, f"c{i}", patient)]
    return Grid("Characteristics", ("", "level", "missing (%)", "n (%) or median [Q1, Q3]"), tuple(rows))


def _column(name: str, series: pd.Series, patient: np.ndarray) -> Column:
    if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        known = values[~np.isnan(values)]
        found = pd.unique(known)
        if 0 < len(found) <= FEW_NUMBERS and (found == np.floor(found)).all() and len(known) >= LEAST * len(found):
            ordered = np.sort(found)
            codes = np.where(np.isnan(values), -1, np.searchsorted(ordered, values)).astype(np.int64)
            return Column(name, codes, tuple(f"{value:.0f}" for value in ordered))
        return Column(name, values)
    category = series.astype("category").cat
    codes, names = category.codes.to_numpy().astype(np.int64), [str(value) for value in category.categories]
    count = np.bincount(codes[codes >= 0], minlength=len(names))
    present = np.flatnonzero(count)
    order = present if category.ordered else present[np.argsort(-count[present], kind="stable")]
    small = patients_by(patient, codes, len(names)) < LEAST
    shown = order[~small[order]] if small[present].sum() > MOST_SMALL else order
    # One level left over stands for itself.
    if len(shown) > MOST_LEVELS + (len(shown) == len(order)):
        frequent = shown[np.argsort(-count[shown], kind="stable")][:MOST_LEVELS]
        shown = np.sort(frequent) if category.ordered else frequent
    # Code -1 reads the last place: unknown stays unknown.
    place = np.full(len(names) + 1, len(shown), dtype=np.int64)
    place[shown], place[-1] = np.arange(len(shown)), -1
    rest = len(order) - len(shown)
    levels = [names[code] for code in shown] + ([f"({rest} more levels)"] if rest else [])
    return Column(name, place[codes], tuple(levels))


def _described(columns: Sequence[Column]) -> dict[tuple[str, str], str]:
    """What tableone says of each column (`c0`, `c1`, …) and level (its code): names of our own would clash with its words."""
    from tableone import TableOne

    frame = pd.DataFrame({f"c{i}": _plain(column) for i, column in enumerate(columns) if column.known.any()})
    if frame.empty:
        return {}
    numbers = [f"c{i}" for i, column in enumerate(columns) if f"c{i}" in frame and column.levels is None]
    with warnings.catch_warnings():
        # How it builds its frame will change in a later pandas.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        made = TableOne(
            frame,
            categorical=[name for name in frame if name not in numbers],
            continuous=numbers,
            nonnormal=numbers,
            include_null=False,
            label_suffix=False,
            decimals={name: _decimals(columns[int(name[1:])].values) for name in numbers},
        )
    return {(str(name), str(level)): str(text) for (name, level), text in made.tableone["Overall"].items()}


def _plain(column: Column) -> np.ndarray | pd.Categorical:
    if column.levels is None:
        return column.values
    kind = pd.CategoricalDtype([str(code) for code in range(len(column.levels))])
    return pd.Categorical.from_codes(column.values.tolist(), dtype=kind)


def _decimals(values: np.ndarray) -> int:
    """Digits that show the quartiles' distance with two figures, three at most."""
    known = values[~np.isnan(values)]
    if (known == np.floor(known)).all():
        return 0
    low, high = np.percentile(known, [25, 75])
    spread = high - low or float(np.std(known))
    return min(3, max(0, 1 - math.floor(math.log10(spread)))) if spread > 0 else 1


def _lines(column: Column, texts: dict[tuple[str, str], str], key: str, patient: np.ndarray) -> Iterator[tuple[str, str, str, str]]:
    known = column.known
    missing, cases = int((~known).sum()), len(known)
    has, lacks = patients_of(patient, known), patients_of(patient, ~known)
    gap = (
        SMALL if is_small(lacks) else WITHHELD if is_small(has) else f"{missing} ({100 * missing / cases:.1f})" if missing else "0"
    )
    if column.levels is None or not known.any():
        text = NOTHING if not known.any() else SMALL if is_small(has) else texts[key, ""].replace(",", ", ")
        yield column.name, "", gap, text
        return
    counts = patients_by(patient, column.values, len(column.levels))
    said = guarded([texts[key, str(code)] for code in range(len(column.levels))], counts.tolist())
    lines = list(zip(column.levels, said, strict=True))
    # Of yes or no, the yes is enough.
    lines = lines[1:] if column.levels == ("0", "1") else lines
    for number, (level, text) in enumerate(lines):
        yield (column.name if number == 0 else ""), level, (gap if number == 0 else ""), text

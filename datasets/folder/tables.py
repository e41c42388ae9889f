"""Tables: which cases there are, and every column of every table beside its cases."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from datasets.checks.findings import Finding, Tally, error, warning
from datasets.folder import cells
from datasets.folder.batches import batches
from datasets.folder.cells import Read
from datasets.folder.description import FILE, Description
from datasets.folder.files import Source, opened
from datasets.folder.parts import Table


@dataclass(frozen=True)
class Column:
    """A column of a table, for the rows of known cases: `place` and `row` (rows,) are their case and their data row."""

    table: Table
    name: str
    cells: pa.ChunkedArray
    place: np.ndarray
    row: np.ndarray

    def tell(self, wrong: Mapping[str, np.ndarray], found: list[Finding]) -> None:
        """Tells the cells of each mask (rows,), with the reason it stands under."""
        tally = Tally(self.table.file)
        for why, mask in wrong.items():
            tally.add(self.name, f"the cell {why}.", self.row[mask])
        found.extend(tally.findings())

    def of_cases(self, values: np.ndarray, cases: int) -> np.ndarray:
        """Values of rows as values of cases: NaN, NaT or None where a case has no row."""
        empty: object = {"M": np.datetime64("NaT"), "O": None}.get(values.dtype.kind, np.nan)
        whole = np.full(cases, empty, dtype=values.dtype)
        whole[self.place] = values
        return whole


@dataclass(frozen=True)
class Tables:
    """`cases`: identifiers in the cohort's order. `columns`: by name, all tables together, without those that are ignored."""

    cases: pd.Index
    columns: Mapping[str, Column]
    missing: tuple[str, ...]

    def numbers(self, name: str, found: list[Finding], more: str = "") -> np.ndarray | None:
        """A column of numbers, float64 (cases,); `more` is added to what is said of a cell that is none."""
        if (column := self.columns.get(name)) is None:
            return None
        read = cells.numbers(column.cells, self.missing, column.table.decimal)
        unclear = (cells.NOT_A_NUMBER, cells.SIGN)
        column.tell({f"{why}{more}" if why in unclear else why: mask for why, mask in read.wrong.items()}, found)
        return column.of_cases(read.values, len(self.cases))

    def flags(self, name: str, found: list[Finding]) -> np.ndarray | None:
        """A column of 1, 0 and nothing, float32 (cases,)."""
        if (column := self.columns.get(name)) is None:
            return None
        values = cells.numbers(column.cells, self.missing, column.table.decimal).values
        said = ~np.asarray(cells.text(column.cells, self.missing).is_null().to_numpy(), dtype=bool)
        wrong = said & (values != 0) & (values != 1)
        column.tell(
            {"holds something else than 1, 0 or nothing (nor are TRUE and FALSE taken in CSV); make such a column from it": wrong},
            found,
        )
        return column.of_cases(np.where(wrong, np.nan, values).astype(np.float32), len(self.cases))

    def codes(self, name: str, found: list[Finding]) -> np.ndarray | None:
        """A column of identifiers as codes from 0, by first appearance in the cohort's order: int64 (cases,)."""
        if (column := self.columns.get(name)) is None:
            return None
        read = cells.identifiers(column.cells, self.missing)
        column.tell(read.wrong, found)
        whole = column.of_cases(read.values, len(self.cases))
        if (without := len(self.cases) - len(column.place)) > 0:
            found.append(error(column.table.file, f"{without:,} cases have no row here, so they have none.", name))
        return pd.factorize(whole, use_na_sentinel=False)[0].astype(np.int64)

    def dates_or_numbers(self, name: str, found: list[Finding]) -> np.ndarray | None:
        """A column of times, (cases,): datetime64[us] or float64, as most of its cells are."""
        if (column := self.columns.get(name)) is None:
            return None
        if cells.kind(column.cells, self.missing, column.table.decimal) == "numbers":
            return self.numbers(name, found)
        read = cells.dates(column.cells, self.missing)
        column.tell(read.wrong, found)
        return column.of_cases(read.values, len(self.cases))


def read_tables(folder: Path, description: Description, found: list[Finding]) -> Tables | None:
    """Reads all tables of a folder; None where not even the cases can be read. The first table says which cases there are."""
    sources = [opened(folder, table.file, table.separator, found) for table in description.tables]
    _tell_columns(description, sources, found)
    cases: pd.Index = pd.Index([], dtype=object)
    columns: dict[str, Column] = {}
    for number, (table, source) in enumerate(zip(description.tables, sources, strict=True)):
        case = table.case or description.columns.case
        if source is None or source.lacks(case, found) or not (len(cases) or number == 0):
            continue
        wanted = [name for name in source.columns if name not in table.ignore or name == case]
        parts = list(batches(source, wanted, found))
        if not parts:
            continue
        read = {name: pa.chunked_array([part.cells[name] for part in parts]) for name in wanted}
        row = np.concatenate([part.row for part in parts])
        identifiers = cells.identifiers(read.pop(case), description.missing)
        if number == 0:
            cases = _scrambled(description.name, pd.unique(identifiers.values[~identifiers.wrong[cells.EMPTY]]))
        place = _placed(table, case, identifiers, row, cases, found)
        kept = place >= 0
        if (without := len(cases) - int(kept.sum())) > 0:
            found.append(
                warning(table.file, f"{without:,} of {len(cases):,} cases have no row here; what it holds is missing for them.")
            )
        for name, column in read.items():
            columns.setdefault(name, Column(table, name, column.filter(pa.array(kept)), place[kept], row[kept]))
    return Tables(cases, columns, description.missing) if len(cases) else None


def _tell_columns(description: Description, sources: Sequence[Source | None], found: list[Finding]) -> None:
    """Tells columns that are named and not there, or there twice."""
    everywhere: list[str] = []
    for table, source in zip(description.tables, sources, strict=True):
        if source is not None:
            case = table.case or description.columns.case
            everywhere += [name for name in source.columns if name not in table.ignore and name != case]
            for name in dict.fromkeys([*table.kinds, *table.measured, *table.measured.values(), *table.units]):
                source.lacks(name, found)
    for name in sorted({name for name in everywhere if everywhere.count(name) > 1}):
        found.append(error(f"column '{name}'", "stands in several tables; list it under `ignore` of all but one."))
    if None in sources:
        return
    for name, role in description.roles.items():
        if name not in everywhere:
            near = get_close_matches(name, everywhere, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            found.append(error(FILE, f"column '{name}' ({role}) is in no table.{hint}"))


def _scrambled(dataset: str, identifiers: np.ndarray) -> pd.Index:
    """The cases in an order that neither follows nor depends on that of the file: by SHA-256 of (dataset, identifier)."""
    named = hashlib.sha256(f"{dataset}\n".encode())
    digests = []
    for name in identifiers:
        digest = named.copy()
        digest.update(name.encode())
        digests.append(digest.hexdigest())
    return pd.Index(identifiers[np.argsort(np.array(digests, dtype="S64"))], dtype=object)


def _placed(table: Table, case: str, identifiers: Read, row: np.ndarray, cases: pd.Index, found: list[Finding]) -> np.ndarray:
    """Case of each row (rows,): -1 where it is empty, unknown, or stands there for the second time, as is told."""
    values = identifiers.values
    place = cases.get_indexer(pd.Index(values, dtype=object))
    empty = identifiers.wrong[cells.EMPTY]
    strange = ~empty & (place < 0)
    twice = ~empty & pd.Series(values).duplicated().to_numpy() & ~strange
    tally = Tally(table.file)
    tally.add(case, "the cell is empty; every row needs its case.", row[empty])
    tally.add(case, "the case stands in a row before; a table has one row a case.", row[twice])
    if table.unknown_cases == "refuse":
        what = 'the first table has no such case; take the row out, or say unknown_cases = "leave_out" for this file.'
        tally.add(case, what, row[strange])
    elif strange.any():
        share = f"{int(strange.sum()):,} of {len(row):,} rows"
        found.append(warning(table.file, f"{share} are of cases that the first table lacks; left out."))
    found.extend(tally.findings())
    return np.where(twice, -1, place)

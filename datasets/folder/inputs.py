"""Inputs: the columns of the tables that a method may read, each by its kind; what was known only after the landmark is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from datasets.checks.findings import Finding, error
from datasets.folder import cells
from datasets.folder.clock import Clock
from datasets.folder.description import Description
from datasets.folder.parts import Table
from datasets.folder.tables import Column, Tables

DAY = 86_400.0
LATER = "is timed after the landmark; what is known only later is no input: take the column out (`ignore`), or correct the cell"
UNTIMED = "has a value, but no time in '{}', so that nobody knows whether it was known at the landmark"
CATEGORY = ", or if the column holds categories, list it under `categories`"


@dataclass(frozen=True)
class Inputs:
    """`tabular`: float64 and categorical columns; `text`: strings. One row a case. `files`: input → file it stands in."""

    tabular: pd.DataFrame
    text: pd.DataFrame
    files: dict[str, str]
    said: frozenset[str]
    units: dict[str, str]


def read_inputs(description: Description, tables: Tables, clock: Clock | None, found: list[Finding]) -> Inputs:
    """All inputs of the tables. Kinds that nobody has said are told from most of a column's cells."""
    taken = set(description.roles) | {time for table in description.tables for time in table.measured.values()}
    tabular: dict[str, np.ndarray | pd.Categorical] = {}
    text: dict[str, np.ndarray] = {}
    for column in tables.columns.values():
        if column.name in taken:
            continue
        kind = column.table.kinds.get(column.name)
        if kind == "text":
            values = column.of_cases(cells.strings(column.cells, tables.missing), len(tables.cases))
            text[column.name] = np.array([value or "" for value in values], dtype=object)
        elif (read := _values(column, kind, tables, clock, found)) is not None:
            tabular[column.name] = read
        found.extend(_late(column, tables, clock))
    index = range(len(tables.cases))
    return Inputs(
        pd.DataFrame(tabular, index=index),
        pd.DataFrame(text, index=index, dtype="str"),
        {name: tables.columns[name].table.file for name in (*tabular, *text)},
        frozenset(name for table in description.tables for name in table.kinds),
        {name: unit for table in description.tables for name, unit in table.units.items()},
    )


def _values(
    column: Column, said: str | None, tables: Tables, clock: Clock | None, found: list[Finding]
) -> np.ndarray | pd.Categorical | None:
    kind = said or cells.kind(column.cells, tables.missing, column.table.decimal)
    if kind == "numbers":
        return tables.numbers(column.name, found, more="" if said else CATEGORY)
    if kind == "categories":
        if not said:
            column.tell({f"{cells.SIGN}{CATEGORY}": cells.signs(column.cells, tables.missing)}, found)
        values = column.of_cases(cells.strings(column.cells, tables.missing), len(tables.cases))
        return pd.Categorical(values, categories=sorted({value for value in values if value is not None}))
    if not said:
        what = "holds dates; list it under `times`, to be read as days before the landmark, or under `ignore`."
        found.append(error(column.table.file, what, column.name))
        return None
    if clock is None:
        return None
    read = clock.since(column.cells, column.place, tables.missing, column.table.decimal)
    column.tell({**read.wrong, LATER: read.values > 0}, found)
    # 0 stays 0, without a sign.
    return column.of_cases(0.0 - read.values / (DAY if clock.dated else 1.0), len(tables.cases))


def _late(column: Column, tables: Tables, clock: Clock | None) -> Iterator[Finding]:
    """What the time beside a column says of its cells."""
    table: Table = column.table
    times = tables.columns.get(table.measured.get(column.name, ""))
    if times is None or clock is None:
        return
    told: list[Finding] = []
    read = clock.since(times.cells, times.place, tables.missing, table.decimal)
    times.tell(read.wrong, told)
    value = ~np.asarray(cells.text(column.cells, tables.missing).is_null().to_numpy(), dtype=bool)
    broken = np.any([*read.wrong.values(), np.zeros(len(value), dtype=bool)], axis=0)
    unknown = np.isnan(read.values) & ~broken & ~_at_unknown(clock, times.place)
    column.tell({LATER: value & (read.values > 0), UNTIMED.format(times.name): value & unknown}, told)
    yield from told


def _at_unknown(clock: Clock, place: np.ndarray) -> np.ndarray:
    return np.isnat(clock.at[place]) if clock.dated else np.isnan(clock.at[place])

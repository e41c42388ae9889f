"""Compared: a CSV file as it stands, cell by cell against what was recomputed."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.verifying.expected import LEFT_OUT, Checked, Expected, Finding

DIGITS = 6
# Differences of equal scores come out as rounding noise of double precision, which no two ways of adding share.
NOISE = 1e-12


def compared(path: Path, expected: Expected | None) -> Checked:
    """Everything in a CSV file against what is expected of it: row by row by its keys, then column by column.

    Without an expectation everything in it is unchecked.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    if not lines:
        return Checked(path.name, findings=[Finding(path.name, "", "the file is empty, not even columns are named.", None)])
    head, body = lines[0], lines[1:]
    if expected is None:
        return Checked(path.name, means="not checked", unchecked=sum(text != "" for line in body for text in line))
    told = Checked(path.name, means=expected.means, worst=0.0)
    if missing := [key for key in expected.keys if key not in head] if body or expected.rows else []:
        told.findings.append(Finding(path.name, "line 1", f"column {', '.join(missing)} is missing.", None))
        return told
    columns = dict.fromkeys(column for row in expected.rows for column in row)
    for column in (one for one in columns if one not in head):
        told.findings.append(Finding(path.name, "line 1", f"column {column} is missing.", None))
    waiting: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in expected.rows:
        waiting[tuple(_key(row.get(key)) for key in expected.keys)] = row
    if len(waiting) != len(expected.rows):
        raise AssertionError(f"{path.name}: keys {expected.keys} do not tell the expected rows apart")
    seen = set()
    for number, texts in enumerate(body, start=2):
        if len(texts) != len(head):
            told.findings.append(Finding(path.name, f"line {number}", f"{len(texts)} cells under {len(head)} columns.", None))
            continue
        line = dict(zip(head, texts, strict=True))
        key = tuple(_key(line[name]) for name in expected.keys)
        where = f"line {number} ({', '.join(part for part in key if part)})"
        if key in seen:
            told.findings.append(Finding(path.name, where, "a second row of this kind.", None))
        elif key not in waiting:
            told.findings.append(Finding(path.name, where, "a row that does not follow from the records.", None))
        else:
            _row(told, where, line, waiting[key], expected.keys)
        seen.add(key)
    for key in waiting:
        if key not in seen:
            told.findings.append(
                Finding(path.name, f"row ({', '.join(part for part in key if part)})", "the row is missing.", None)
            )
    return told


def agrees(stands: str, expected: Any) -> tuple[bool, float]:
    """Whether a cell says what was recomputed, and how far off it is in units of the sixth significant digit.

    Numbers that count must be equal; others equal to six significant digits, of which the last may differ by one, as two ways of
    adding round a tie to either side. Words must be equal.
    """
    if expected is None or (isinstance(expected, float) and math.isnan(expected)):
        return stands == "", 0.0
    if isinstance(expected, str | bool):
        return stands == str(expected), 0.0
    try:
        found = float(stands)
    except ValueError:
        return False, math.inf
    if isinstance(expected, int):
        return found == expected, abs(found - expected)
    if not math.isfinite(found) or not math.isfinite(expected):
        return found == expected, 0.0 if found == expected else math.inf
    if abs(found) < NOISE and abs(expected) < NOISE:
        return True, 0.0
    unit = 10.0 ** (math.floor(math.log10(max(abs(expected), NOISE))) - DIGITS + 1)
    rounded = abs(found - float(f"{expected:.{DIGITS}g}")) / unit
    return rounded <= 1 + 1e-6, abs(found - expected) / unit


def shown(value: Any) -> str:
    """A value as the report would write it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)


def is_number(text: str) -> bool:
    """Whether a cell holds a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _row(told: Checked, where: str, line: Mapping[str, str], row: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for column, text in line.items():
        if column in keys:
            continue
        if column not in row:
            told.unchecked += text != ""
            continue
        if row[column] is LEFT_OUT:
            told.left_out += text != ""
            continue
        told.numbers += is_number(text)
        same, off = agrees(text, row[column])
        if same:
            told.worst = max(told.worst, off)
        else:
            told.findings.append(Finding(told.file, f"{where}, column {column}", text, shown(row[column])))


def _key(value: Any) -> str:
    """A key as text; numbers in one way of writing, whatever the column made of them."""
    text = shown(value)
    if isinstance(value, bool) or text in ("nan", "inf", "-inf", "True", "False"):
        return text
    return f"{float(text):.{DIGITS}g}" if is_number(text) else text

"""Cells: what the cells of a column say, as text, number, date or identifier, and which of them say something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Beside an empty cell. Others are said by `missing` in cohort.toml.
MISSING = ("NA", "N/A", "NaN", "nan", "NULL", "null")
LARGEST = float(np.finfo(np.float32).max)

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$"
_DATE = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"
# A date in any order: meant as one, then read or refused as one.
_DATE_LIKE = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?$"
_SIGN = r"^[^\pL\pN]+$"

SIGN = 'holds only a sign such as - or ?; if it means missing, say so, as in missing = ["?"]'
NOT_A_NUMBER = "is not a number (written like 1047.5); if it means missing, list it under `missing`"
DECIMAL_COMMA = 'is a number with a decimal comma; say decimal = "," for the file'
INFINITE = f"is infinite or too large for a number (beyond {LARGEST:.1e})"
NOT_A_DATE = "is not a date; allowed are 2021-03-04 and 2021-03-04 12:30 (also with seconds, or T between), without a time zone"
EMPTY = "is empty"


@dataclass(frozen=True)
class Read:
    """`values` (rows,), where nothing is said NaN, NaT or None; `wrong`: reason → mask (rows,) of cells that say something else."""

    values: np.ndarray
    wrong: dict[str, np.ndarray]


def text(cells: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    """Strings without outer blanks, null where the cell is empty or spells missing. Other types are written as CSV would."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        cells = cells.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(cells.cast(pa.string()))
    gone = pc.is_in(trimmed, value_set=pa.array(["", *MISSING, *missing], pa.string()))
    return pc.if_else(gone, pa.scalar(None, pa.string()), trimmed)


def readable(kind: pa.DataType) -> bool:
    """Whether cells of this type are read at all: text, numbers, truth values, dates."""
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null, pa.types.is_boolean, pa.types.is_date)
    numeric = pa.types.is_integer(inner) or pa.types.is_floating(inner) or pa.types.is_decimal(inner)
    stamped = pa.types.is_timestamp(inner) and inner.tz is None
    return numeric or stamped or any(test(inner) for test in tests)


def identifiers(cells: pa.Array, missing: tuple[str, ...]) -> Read:
    """Names of cases, patients or centres: strings, `12.0` taken as `12`; empty ones are wrong."""
    found = _identifiers(cells, missing)
    return Read(_objects(found), {EMPTY: _mask(found.is_null())})


def places(cells: pa.Array, known: pd.Index, missing: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Where each identifier stands in `known` (-1 = nowhere), and which are empty: both (rows,). For cells that repeat much."""
    coded = pc.dictionary_encode(_identifiers(cells, missing))
    index = np.append(known.get_indexer(pd.Index(coded.dictionary.to_pylist(), dtype=object)), -1).astype(np.int64)
    empty = _mask(coded.is_null())
    return index[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)], empty


def strings(cells: pa.Array, missing: tuple[str, ...]) -> np.ndarray:
    """Objects: str, or None where missing."""
    return _objects(text(cells, missing))


def numbers(cells: pa.Array, missing: tuple[str, ...], decimal: str = ".") -> Read:
    """float64, NaN where missing. Wrong: what is no number, infinite, or too large for float32."""
    if pa.types.is_boolean(cells.type) or pa.types.is_integer(cells.type) or _real(cells.type):
        # Not safe: whole numbers beyond 2^53 are rounded, as in a CSV file.
        values = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
        return _finite(values, {})
    found = text(cells, missing)
    if decimal == "." and (quick := _all_numbers(found)) is not None:
        return _finite(quick, {})
    if decimal == ",":
        # A point beside a decimal comma is a thousands mark: not read.
        found = pc.replace_substring(pc.replace_substring(found, ".", "·"), ",", ".")
    fits = pc.match_substring_regex(found, _NUMBER)
    values = pc.if_else(fits, found, None).cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    wrong = _mask(pc.invert(fits))
    comma = np.zeros(len(values), dtype=bool)
    if wrong.any() and decimal == ".":
        comma = wrong & _mask(pc.match_substring_regex(found, r"^[+-]?\d+,\d+$"))
    infinite = wrong & _mask(pc.match_substring_regex(found, r"^[+-]?[Ii][Nn][Ff]([Ii][Nn][Ii][Tt][Yy])?$"))
    sign = wrong & signs(found, missing)
    return _finite(values, {SIGN: sign, NOT_A_NUMBER: wrong & ~comma & ~infinite & ~sign, DECIMAL_COMMA: comma, INFINITE: infinite})


def dates(cells: pa.Array, missing: tuple[str, ...]) -> Read:
    """datetime64[us], NaT where missing. Wrong: what is no date written as ISO 8601 has it."""
    if pa.types.is_timestamp(cells.type) or pa.types.is_date(cells.type):
        return Read(cells.cast(pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False).astype("datetime64[us]"), {})
    found = text(cells, missing)
    fits = pc.match_substring_regex(found, _DATE)
    said = pd.Series(_objects(pc.if_else(fits, found, None)), dtype=object)
    values = pd.to_datetime(said, format="ISO8601", errors="coerce").to_numpy().astype("datetime64[us]")
    return Read(values, {NOT_A_DATE: ~_mask(found.is_null()) & np.isnat(values)})


def kind(cells: pa.Array, missing: tuple[str, ...], decimal: str = ".") -> str:
    """What a column holds by most of its cells: numbers, dates or categories; numbers where nothing is said."""
    if pa.types.is_timestamp(cells.type) or pa.types.is_date(cells.type):
        return "dates"
    said = text(cells, missing).drop_null()
    if not len(said) or pa.types.is_boolean(cells.type) or (decimal == "." and _all_numbers(said) is not None):
        return "numbers"
    wrong = numbers(said, missing, decimal).wrong
    # A decimal comma is meant as a number, and is then told to be one.
    if sum(mask.sum() for reason, mask in wrong.items() if reason == NOT_A_NUMBER) <= len(said) / 2:
        return "numbers"
    return "dates" if _mask(pc.match_substring_regex(said, _DATE_LIKE)).sum() >= len(said) / 2 else "categories"


def signs(cells: pa.Array, missing: tuple[str, ...]) -> np.ndarray:
    """Cells that hold neither letter nor digit, such as - or ?: (rows,) bool."""
    return _mask(pc.match_substring_regex(text(cells, missing), _SIGN))


def hours_and_minutes(cells: pa.Array, missing: tuple[str, ...]) -> np.ndarray:
    """Cells such as 07:30 or 36:05:10: (rows,) bool."""
    return _mask(pc.match_substring_regex(text(cells, missing), r"^\d+:\d{2}(:\d{2})?$"))


def _identifiers(cells: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    # As whole numbers are written once a gap has turned their column into floats.
    return pc.replace_substring_regex(text(cells, missing), r"^([+-]?\d+)\.0+$", r"\1")


def _real(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _all_numbers(found: pa.Array) -> np.ndarray | None:
    """The numbers of a column in which nothing else is written; None where something is, or where one is not finite."""
    try:
        values = found.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return values.to_numpy(zero_copy_only=False).astype(np.float64) if pc.all(pc.is_finite(values)).as_py() is not False else None


def _finite(values: np.ndarray, wrong: dict[str, np.ndarray]) -> Read:
    large = np.abs(values) > LARGEST
    infinite = large | wrong.get(INFINITE, np.zeros(len(values), dtype=bool))
    return Read(np.where(large, np.nan, values), {**wrong, INFINITE: infinite})


def _mask(found: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), dtype=bool)


def _objects(found: pa.Array) -> np.ndarray:
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=object)

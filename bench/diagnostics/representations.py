"""Representations: what the parts of each method's networks hold, as its cells measured it, mean over folds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.store import DatasetRecord

REDUNDANCY_COLUMNS = ("dataset", "method", "part", "other", "squared_cosine", "cka")
PROBE_COLUMNS = ("dataset", "method", "part", "outcome", "auc", "auprc")
FACTOR_COLUMNS = ("dataset", "method", "part", "factor", "r2")


def redundancy_table(record: DatasetRecord) -> pd.DataFrame:
    """REDUNDANCY_COLUMNS, one line a method and pair of parts, on test cases."""
    return _table(record, "redundancy", REDUNDANCY_COLUMNS, keys=2)


def probe_table(record: DatasetRecord) -> pd.DataFrame:
    """PROBE_COLUMNS, one line a method, part and outcome: how well a linear probe reads it from the part, on test cases."""
    return _table(record, "probes", PROBE_COLUMNS, keys=2)


def factor_table(record: DatasetRecord) -> pd.DataFrame:
    """FACTOR_COLUMNS, one line a method, part and true factor: R² on test cases of a linear probe; synthetic cohorts alone."""
    return _table(record, "factors", FACTOR_COLUMNS, keys=2)


def _table(record: DatasetRecord, name: str, columns: Sequence[str], keys: int) -> pd.DataFrame:
    """Means over a method's folds, by the first `keys` columns after dataset and method, in the order in which they were found."""
    lines = [
        {"dataset": record.name, "method": method, **line}
        for method in record.plan["methods"]
        for (label, _), cell in sorted(record.cells.items())
        if label == method
        for line in cell.diagnosed.get(name, ())
    ]
    table = pd.DataFrame(lines, columns=list(columns))
    by = list(columns[: 2 + keys])
    return table.groupby(by, sort=False, as_index=False, dropna=False).mean() if len(table) else table

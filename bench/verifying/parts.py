"""Parts: what cells measured of the parts of their networks, averaged fold by fold."""

from __future__ import annotations

import math
from typing import Any

from bench.verifying.expected import Expected
from bench.verifying.laws import NAN
from bench.verifying.predicted import Dataset

# By table: what tells its rows apart, and its numbers.
TABLES = {
    "redundancy": (("part", "other"), ("squared_cosine", "cka")),
    "probes": (("part", "outcome"), ("auc", "auprc")),
    "factors": (("part", "factor"), ("r2",)),
}


def parts(data: Dataset, name: str) -> Expected:
    """One of TABLES, from the cells' diagnosed.json."""
    keys, columns = TABLES[name]
    rows = []
    for method in data.record.plan["methods"]:
        found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for cell in data.cells(method):
            for line in cell.diagnosed.get(name, ()):
                found.setdefault(tuple(line[key] for key in keys), []).append(line)
        for place, lines in found.items():
            row: dict[str, Any] = {"dataset": data.name, "method": method, **dict(zip(keys, place, strict=True))}
            for column in columns:
                values = [line[column] for line in lines if line.get(column) is not None]
                row[column] = math.fsum(values) / len(values) if values else NAN
            rows.append(row)
    return Expected(name, ("dataset", "method", *keys), rows, "means over cells")

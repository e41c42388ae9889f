"""Write: a comparison as one Markdown file and a CSV file for each kind of number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from bench.comparison.points import table as points_table
from bench.comparison.results import COSTS, RESULTS, VERDICTS
from bench.comparison.studies import Comparison
from bench.disk import write_text
from bench.reporting.compared.told import page
from datasets.errors import Refused

SETUP = ("dataset", "part", "what", "a", "b", "counts")
LEADERS = ("dataset", "metric", "study", "method", "score", "second", "difference", "low", "high", "p_holm")


def write(comparison: Comparison, folder: Path) -> list[Path]:
    """Writes `compare.md` and CSV files of six significant digits, each replaced whole; refuses a folder that cannot be written."""
    datasets = comparison.datasets
    tables = {
        "setup": pd.DataFrame(_setup(comparison), columns=list(SETUP)),
        "results": _joined([dataset.results for dataset in datasets], RESULTS),
        "leaders": pd.DataFrame(_leaders(comparison), columns=list(LEADERS)),
        "verdicts": _joined([dataset.verdicts for dataset in datasets], VERDICTS),
        "cost": _joined([dataset.costs for dataset in datasets], COSTS),
    }
    if comparison.grids:
        tables["points"] = points_table([point for grid in comparison.grids for point in grid.points])
    texts = {"compare.md": page(comparison)}
    texts |= {f"{name}.csv": one.to_csv(index=False, float_format="%.6g", lineterminator="\n") for name, one in tables.items()}
    try:
        for name, content in texts.items():
            write_text(folder / name, content)
    except OSError as error:
        raise Refused(f"--out {folder}: cannot be written ({error.strerror}). Give another folder.") from error
    return [folder / name for name in texts]


def _joined(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [table for table in tables if not table.empty]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))


def _setup(comparison: Comparison) -> list[dict[str, Any]]:
    named = [(dataset.name, dataset.changes) for dataset in comparison.datasets]
    named += [(f"{grid.label}, point {place}", one) for grid in comparison.grids for place, one in enumerate(grid.changes)]
    return [{"dataset": name, **asdict(change)} for name, changes in named for change in changes]


def _leaders(comparison: Comparison) -> list[tuple[Any, ...]]:
    lines = []
    for dataset in comparison.datasets:
        for metric, both in dataset.leaders.items():
            for study, found in zip("AB", both, strict=True):
                if found is None:
                    continue
                line: tuple[Any, ...] = (dataset.name, metric, study, found.method, found.score)
                for second, gap in list(found.others.items())[:1]:
                    line = (*line, second, gap.value, gap.interval.low, gap.interval.high, found.p_holm[second])
                lines.append(line + (None,) * (len(LEADERS) - len(line)))
    return lines

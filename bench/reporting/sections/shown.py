"""Shown: how metrics and targets are named in every table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.reporting.contents import Contents
from bench.reporting.grid import percent

SHOWN = {"auc": "AUC", "auprc": "AUPRC"}


def head(contents: Contents, metric: str, target: str) -> str:
    """A target as a heading; in AUPRC with its prevalence."""
    name = target.replace("average_components", "average of components")
    if metric != "auprc":
        return name
    share = contents.main.loc[contents.main["outcome"] == target, "prevalence"].iloc[0]
    return f"{name} (prevalence {percent(share)})"


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows by column name."""
    return [{str(name): value for name, value in line.items()} for line in table.to_dict("records")]

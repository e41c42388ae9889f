"""speed: how fast this machine is for the suite, and what the suite itself costs, each as a ratio of two measured side by side."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.disk import write_json
from bench.speed.apart import told
from bench.speed.order import ALL, QUICK
from bench.speed.row import Row, from_json
from bench.speed.table import table
from datasets.errors import Refused

VERSIONS = ("torch", "numpy", "scikit-learn", "xgboost", "lightgbm", "optuna")


def speed(quick: bool, out: Path | None, size: str, margin: float | None = None) -> int:
    """Measures, prints a table, writes it as JSON where asked: 0 = all was measured, whatever it says; 1 = something was not, or a
    goal is missed by more than `margin` per cent."""
    if out is not None:
        refuse_unwritable(out)
    console, aside = Console(), Console(stderr=True)
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for name, (_, title) in (QUICK if quick else ALL).items():
        aside.print(f"Measuring: {title} …", style="dim", highlight=False, markup=False)
        try:
            rows += [from_json(row) for row in told("bench.speed.measured", name, size)]
        except RuntimeError as error:
            failed[title] = str(error)
    said = machine()
    console.print(", ".join(f"{key} {value}" for key, value in said.items()), highlight=False, markup=False, soft_wrap=True)
    if size != "full":
        console.print(f"Sizes of a test ({size}): the numbers mean nothing.", highlight=False)
    print(table(rows, failed, console.width), end="")
    if out is not None:
        write_json(out, _content(said, size, rows, failed))
        console.print(f"Written: {out}", highlight=False, markup=False, soft_wrap=True)
    lost = [] if margin is None else [row.what for row in rows if row.lost(margin / 100)]
    if lost:
        said_lost = f"Missed by more than {margin:g} %: {'; '.join(lost)}."
        console.print(said_lost, highlight=False, markup=False, soft_wrap=True)
    return 1 if failed or lost else 0


def refuse_unwritable(out: Path) -> None:
    """Refuses a file that could not be written once all is measured."""
    found = "it is a folder" if out.is_dir() else None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        found = found or (None if os.access(out.parent, os.W_OK) else "its folder is not yours to write")
    except OSError as error:
        found = str(error.strerror)
    if found:
        raise Refused(f"--out {out}: cannot be written ({found}). Name a file in a folder of yours.")


def machine() -> dict[str, str]:
    """What was measured on, with what."""
    found = {"processor": platform.machine(), "cores": str(os.cpu_count()), "Python": platform.python_version()}
    return found | {name: version(name) for name in VERSIONS}


def _content(said: dict[str, str], size: str, rows: Sequence[Row], failed: dict[str, str]) -> dict[str, Any]:
    return {
        "schema": 1,
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": said,
        "size": size,
        "rows": [row.to_json() for row in rows],
        "failed": failed,
    }

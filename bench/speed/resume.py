"""Resume: how long it takes to find that every cell of a study is done, and to report on it."""

from __future__ import annotations

import json
import math
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.disk import read_json, sealed
from bench.protocol.plan import plan
from bench.protocol.select import expand
from bench.protocol.study import read_study
from bench.running.cell import run_cell
from bench.speed.row import Goal, Row
from bench.speed.size import Size

FOLDS = 5
# With so many repeats, each method has 50 cells.
REPEATS = 10


def resume(size: Size) -> list[Row]:
    """`run --plan` of the study, in a process of its own: it reads what `run` reads before it would start a worker; then its
    report, once."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        cells = finished(size, home)
        seconds = np.array([_found_done(home) for _ in range(size.rounds)])
        reported = _timed(home, "report", "finished", "--reports", str(home / "reports"))[0]
    wall, processor = (float(one) for one in np.median(seconds, axis=0))
    return [
        Row(
            what=f"resume of a finished study of {cells:,} cells",
            against="–",
            value=wall,
            goal=Goal(3.0, unit="s"),
            seconds=(wall, math.nan),
            note=f"`run --plan` from start to end, {processor:.1f} s of it on the processor; the report, which `run` writes "
            "afterwards, is not in it",
        ),
        Row(
            what=f"report of a study of {cells:,} cells",
            against="–",
            value=reported,
            goal=Goal(60.0, unit="s"),
            seconds=(reported, math.nan),
            note="`report` from start to end, once: records read and checked, 2,000 resamples, page, tables and figures",
        ),
    ]


def finished(size: Size, home: Path) -> int:
    """Writes `home`/finished.toml and `home`/results, where each of its cells is done, and gives their number: one cell is run, and
    all others hold a copy of its record."""
    repeats = REPEATS if size.cells >= FOLDS * REPEATS else 1
    folds = FOLDS if size.cells >= FOLDS * REPEATS else 1
    labels = [{"label": f"logistic_{n}", "name": "logistic"} for n in range(max(2, size.cells // (folds * repeats)))]
    said = [
        'extends = "quick"',
        f"methods = [{', '.join(map(_toml, labels))}]",
        f"datasets = [{_toml(dict(size.dataset))}]",
        "[protocol]",
        *(f"{key} = {value}" for key, value in {"trials": 1, "folds": folds, "repeats": repeats}.items()),
    ]
    file = home / "finished.toml"
    file.write_text("\n".join(said) + "\n", encoding="utf-8")
    asked = read_study(str(file))
    ready = plan(asked, expand(asked.methods), home, home / "results", [])
    first, *others = (cell for dataset in ready for cell in dataset.cells)
    run_cell(first, "cpu", lambda _: None)
    record = read_json(first.place.done / "cell.json")
    for cell in others:
        shutil.copytree(first.place.done, cell.place.done)
        copied = record | {"key": cell.key, "method": cell.settings["method"], "fold": cell.settings["fold"]}
        (cell.place.done / "cell.json").write_text(json.dumps(sealed(copied)), encoding="utf-8")
    return 1 + len(others)


def _found_done(home: Path) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    wall, processor, told = _timed(home, "run", str(home / "finished.toml"), "--plan")
    if "All cells are done" not in told:
        raise RuntimeError("a finished study was not found to be finished.")
    return wall, processor


def _timed(home: Path, *command: str) -> tuple[float, float, str]:
    """Seconds by the clock and of the processor, and what a command on `home`/results says."""
    began, before = time.perf_counter(), _children()
    asked = [sys.executable, "-m", "bench", *command, "--results", str(home / "results")]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    return time.perf_counter() - began, _children() - before, done.stdout


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)

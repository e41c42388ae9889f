"""plan: what a run would do, and about how long it would take; nothing is started and nothing kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.place import CellPlace
from bench.protocol.labels import MethodLabel
from bench.protocol.plan import Cell, DatasetPlan, plan, rounds
from bench.protocol.study import Study
from bench.reporting.printable import printable
from bench.running.display import span
from bench.running.estimated import Estimate, Past, at_once, elapsed, estimate, past
from methods.registry import entry


def planned(study: Study, methods: Sequence[MethodLabel], home: Path, results: Path, plugins: Sequence[str]) -> list[DatasetPlan]:
    """The plan of a study, whose cells stand where they would in `results`, while nothing is written there."""
    with TemporaryDirectory() as draft:
        plans = plan(study, methods, home, Path(draft), plugins)
        root = results / study.name
        return [replace(one, cells=tuple(_moved(cell, root / one.label.label) for cell in one.cells)) for one in plans]


def show(console: Console, plans: Sequence[DatasetPlan], results: Path, workers: int) -> None:
    """Cells, fits, time and memory by dataset and method, and all together with so many workers."""
    known = past(results)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("dataset", "method", "cells", "done", "fits", "time", "memory"):
        table.add_column(head, justify="left" if head in ("dataset", "method") else "right", no_wrap=head != "dataset")
    waiting: list[Estimate] = []
    for one in plans:
        for method in dict.fromkeys(cell.settings["method"] for cell in one.cells):
            cells = [cell for cell in one.cells if cell.settings["method"] == method]
            left = [cell for cell in cells if cell.place.status(cell.key) != "done"]
            told = [estimate(cell, known) for cell in left]
            waiting += told
            fits = sum(_fits(cell) for cell in left)
            row = [str(len(cells)), str(len(cells) - len(left)), f"{fits:,}"]
            row += [span(sum(e.seconds for e in told)), _memory(max(e.megabytes for e in told))] if told else ["–", "–"]
            table.add_row(Text(printable(one.label.label)), Text(printable(method)), *row)
    console.print(table)
    if not waiting:
        console.print("All cells are done: a run would only write the report, unless it is up to date.")
        return
    slots = min(workers, len(waiting))
    asked = f"{len(waiting)} cell{'' if len(waiting) == 1 else 's'} to run"
    together = f"{slots} worker{'' if slots == 1 else 's'}"
    console.print(
        f"{asked}: about {span(elapsed(waiting, slots))} with {together}, "
        f"at most about {_memory(at_once(waiting, slots))} at once. {_grounds(known, results)}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _grounds(known: Sequence[Past], results: Path) -> str:
    if not known:
        return f"A guess: nothing was run in {results} yet."
    return f"Judged by {len(known)} finished cell{'' if len(known) == 1 else 's'} in {results}: rough, a factor of two either way."


def _fits(cell: Cell) -> int:
    outcomes = len(cell.settings["outcomes"]) if entry(cell.settings["name"]).per_outcome else 1
    return rounds(cell.settings["protocol"]) * outcomes


def _memory(megabytes: float) -> str:
    return f"{megabytes:,.0f} MB" if megabytes < 10_000 else f"{megabytes / 1024:,.1f} GB"


def _moved(cell: Cell, folder: Path) -> Cell:
    return replace(cell, place=CellPlace(folder, cell.place.method, cell.place.fold))

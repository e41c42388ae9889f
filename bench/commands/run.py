"""run: plan a study, run what is missing, report."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.protocol.plan import DatasetPlan, plan
from bench.protocol.select import absent, expand, load_plugins, refuse_baseline
from bench.protocol.study import read_study, with_text_encoder
from bench.reporting import reported
from bench.running.device import refuse_absent
from bench.running.executors.placing import Placing
from bench.running.mended import mend_cells, mend_study
from bench.running.supervise import due, supervise
from bench.store import study_lock
from datasets.checks import NOTE


def run(
    source: str,
    overrides: Mapping[str, Any],
    home: Path,
    results: Path,
    reports: Path,
    plugins: Sequence[Path],
    placing: Placing,
    only_plan: bool = False,
) -> int:
    """Runs a study and reports it, or only says what it would do: 0 = every cell is done, 1 = some failed, 130 = stopped."""
    if placing.name == "local":
        refuse_absent(placing.device)
    console = Console()
    study = with_text_encoder(read_study(source, overrides), partial(print, file=sys.stderr))
    files = [str(file) for file in plugins]
    for warning in load_plugins(files):
        Console(stderr=True).print(warning, markup=False)
    methods = expand(study.methods)
    if "methods" not in overrides:
        refuse_baseline(study.baseline, methods)
    for line in absent(study.methods):
        console.print(line, style="yellow", highlight=False, markup=False)
    if only_plan:
        from bench.commands.plan import planned, show

        plans = planned(study, methods, home, results, files)
        for dataset in plans:
            _say(console, dataset)
        show(console, plans, results, placing.here)
        return 0
    placing.refuse_absent()
    with study_lock(results, study.name):
        _say_broken(console, mend_study(results / study.name))
        ready = plan(study, methods, home, results, files)
        for dataset in ready:
            _say(console, dataset)
        cells = [cell for dataset in ready for cell in dataset.cells]
        _say_broken(console, mend_cells(cells))
        waiting, statuses = due(cells)
        counts = ", ".join(f"{statuses[status]} {status}" for status in ("done", "new", "outdated", "failed") if statuses[status])
        console.print(f"Study {study.name}: {len(cells)} cells: {counts}.", highlight=False)
        ended = None
        if waiting:
            with closing(placing.executor(len(waiting), results / study.name)) as executor:
                ended = supervise(waiting, executor, console, results / study.name)
        if ended is not None and ended.stopped:
            left = len(waiting) - ended.done - ended.failed
            console.print(f"Stopped: {left} cells are left. The same command goes on from here; finished trials are kept.")
            return 130

        _report(console, study.name, results, reports, ran=ended is not None)
    if ended is not None and ended.failed:
        console.print(f"{ended.failed} cells failed; the next run tries them again.", style="red")
        return 1
    return 0


def _report(console: Console, study: str, results: Path, reports: Path, ran: bool) -> None:
    """Writes the report, unless nothing was run and the one that stands was written by this code from these very records."""
    state = reported.state(results / study)
    if not ran and reported.stands(results / study, reports / study, state):
        where = reports / study / "index.html"
        said = f"Report: {where} is up to date; `python -m bench report {study}` would write the same again."
        console.print(said, highlight=False, markup=False, soft_wrap=True)
        return
    from bench.commands.report import write_report

    write_report(console, study, results, reports)
    reported.note(results / study, reports / study, state)


def _say_broken(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _say(console: Console, dataset: DatasetPlan) -> None:
    said = f"Dataset {dataset.label.label}: {dataset.taken}; outcomes {', '.join(dataset.outcomes)}."
    console.print(said, highlight=False, markup=False)
    for warning in dataset.warnings:
        console.print(f"  {NOTE}{warning}", style="yellow", highlight=False, markup=False)
    for name, reason in {**dataset.left_out, **dataset.methods_left_out}.items():
        console.print(f"  left out: {name} ({reason}).", style="yellow", highlight=False, markup=False)

"""report: write a study's report from stored predictions alone."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bench.reporting.sections import grid_answer
from bench.reporting.terminal import main_table, plain
from bench.reporting.write import write
from bench.store import read_study


def report(source: str, results: Path, reports: Path) -> int:
    """Writes the report of a study that was run: 0 = written."""
    name = source
    if source.endswith(".toml"):
        from bench.protocol.study import read_study as read_plan

        name = read_plan(source).name
    write_report(Console(), name, results, reports)
    return 0


def write_report(console: Console, study: str, results: Path, reports: Path) -> None:
    """Writes a study's report, prints its main tables and says where the rest is."""
    written = write(read_study(results, study), reports)
    for contents in written.datasets:
        console.print(f"\n{contents.record.name}", style="bold", highlight=False, markup=False)
        console.print(main_table(contents, console.width), highlight=False, markup=False, soft_wrap=True)
    for found in written.grids:
        console.print(f"\n{found.label}", style="bold", highlight=False, markup=False)
        console.print(plain(grid_answer.section(found)), highlight=False, markup=False, soft_wrap=True)
    where = f"Report: {written.folder / 'index.html'} (the same as text: index.md)"
    console.print(where, highlight=False, markup=False, soft_wrap=True)

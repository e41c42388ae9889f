"""compare: what changed between two studies that were run."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bench.commands.studies import place
from bench.comparison.spaces import spaces
from bench.comparison.strict import unequal
from bench.comparison.studies import Study, compare
from bench.reporting.compared.told import text
from bench.reporting.compared.write import write
from bench.store import read_study
from bench.trials import read_trials

MOST_REASONS = 10


def compare_studies(first: str, second: str, results: Path, out: Path | None, strict: bool) -> int:
    """Prints what differs, and writes it to `out`: 0 = compared; with `strict`, 1 unless set-up and all predictions are equal."""
    console = Console()
    comparison = compare(_read(first, results), _read(second, results))

    def say(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    say(text(comparison, console.width))
    if out is not None:
        files = write(comparison, out)
        say(f"\nWritten: {files[0]} and {len(files) - 1} CSV files beside it.")
    reasons = unequal(comparison) if strict else []
    if strict:
        say("\nStrict: not equal." if reasons else "\nStrict: set-up and all predictions are equal.")
    for reason in reasons[:MOST_REASONS]:
        say(f"- {reason}")
    if len(reasons) > MOST_REASONS:
        say(f"- and {len(reasons) - MOST_REASONS} more.")
    return 1 if reasons else 0


def _read(source: str, results: Path) -> Study:
    found = place(source, results)
    return Study(read_study(found.results, found.name), spaces(read_trials(found.results, found.name)), found.folder)

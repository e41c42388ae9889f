"""verify: recompute a written report from the stored predictions, and say what does not follow from them."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bench.reporting.rewritten import Rewritten, rewritten
from bench.store import read_study
from bench.verifying.expected import Checked, Finding
from bench.verifying.manifest import Sealed, sealed
from bench.verifying.records import Records, records
from bench.verifying.study import numbers
from datasets.errors import Refused

# Of what is wrong in one file, this much is told.
MOST = 10
LETTERS = "letter by letter"


def verify(source: str, results: Path, reports: Path, quick: bool) -> int:
    """Verifies the report of a study: 0 = all of it follows from the records, 1 = something does not, or was not checked."""
    name = source
    if source.endswith(".toml"):
        from bench.protocol.study import read_study as read_plan

        name = read_plan(source).name
    console, began = Console(), time.monotonic()
    folder = reports / name
    if not any((results / name).glob("*/plan.json")):
        raise Refused(f"no results of study '{name}' in {results}. Run it first: python -m bench run {name}")
    seal = sealed(folder)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("records")

        def said(what: str) -> None:
            progress.update(task, description=what)

        found = records(results / name)
        again, told = None, None
        if not found.broken:
            study = read_study(results, name, checked=False)
            said("the report, written again")
            again = rewritten(study, folder)
            told = numbers(study, folder, sorted({*seal.files, *again.alike}), not quick, said)
    wrong = _wrong(found, seal, again, told)
    if told is not None and again is not None:
        console.print(_table(seal, again, told), highlight=False)
    for line in _said(found, seal, again, told, quick):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for line in _named(wrong):
        print(f"Error: {line}", file=sys.stderr)
    unchecked = sum(one.unchecked for one in told) if told is not None else 0
    spent = f"in {time.monotonic() - began:.0f} s"
    if wrong or unchecked or told is None:
        counts = f"{len(wrong)} thing{'' if len(wrong) == 1 else 's'} wrong" + (f", {unchecked} not checked" if unchecked else "")
        console.print(
            f"{folder} does not follow from its records: {counts}, {spent}.", highlight=False, markup=False, soft_wrap=True
        )
        return 1
    console.print(f"{folder} follows from its records, {spent}.", highlight=False, markup=False, soft_wrap=True)
    return 0


def _wrong(found: Records, seal: Sealed, again: Rewritten | None, told: list[Checked] | None) -> list[Finding]:
    """Everything that is wrong: records, hashes, numbers, then letters, each line of a file once."""
    wrong = [*found.findings, *seal.findings]
    wrong += [one for file in told for one in file.findings] if told is not None else []
    lines = {(one.file, one.where.partition(" (")[0]) for one in wrong}
    if again is not None:
        unnamed = [name for name in seal.strangers if name in again.alike]
        wrong += [Finding(name, "", "manifest.json does not name this file.", None) for name in unnamed]
    for unlike in again.unlike if again is not None else ():
        where = f"line {unlike.line}" if unlike.line else ""
        if (unlike.file, where) not in lines:
            wrong.append(Finding(unlike.file, where, unlike.stands, unlike.written))
    return wrong


def _table(seal: Sealed, again: Rewritten, told: list[Checked]) -> Table:
    """One row a file: how many numbers were checked, by what means, how far off the worst was."""
    files = _joined(told)
    more = {"left out": [one.left_out for one in files], "not checked": [one.unchecked for one in files]}
    more = {head: counts for head, counts in more.items() if any(counts)}
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("file", overflow="fold", min_width=min(21, max(map(len, seal.files))))
    table.add_column("numbers", justify="right", no_wrap=True)
    table.add_column("recomputed by")
    for head in ("worst", *more):
        table.add_column(head, justify="right", no_wrap=True)
    for place, one in enumerate(files):
        worst = "" if math.isnan(one.worst) else f"{one.worst:.2f}"
        counts = [f"{column[place]:,}" if column[place] else "" for column in more.values()]
        table.add_row(Text(one.file), f"{one.numbers:,}", Text(one.means), worst, *counts)
    for name, count in again.alike.items():
        if not name.endswith(".csv"):
            table.add_row(Text(name), f"{count:,}", LETTERS)
    drawn = [name for name in seal.files if name.endswith((".png", ".svg"))]
    if drawn:
        table.add_row(f"{len(drawn)} figures", "", "hashes; drawn from the CSV files")
    return table


def _joined(files: list[Checked]) -> list[Checked]:
    """The page once, however many datasets it tells of."""
    found: dict[str, Checked] = {}
    for one in files:
        if one.file in found:
            before = found[one.file]
            counts = (before.numbers + one.numbers, before.unchecked + one.unchecked, before.left_out + one.left_out)
            found[one.file] = Checked(one.file, counts[0], one.means, max(before.worst, one.worst), counts[1], counts[2])
        else:
            found[one.file] = one
    return list(found.values())


def _said(found: Records, seal: Sealed, again: Rewritten | None, told: list[Checked] | None, quick: bool) -> list[str]:
    lines = [f"Records: {found.cells:,} cells, {found.predictions:,} predictions, {found.files:,} files by their SHA-256."]
    if found.unhashed:
        lines.append(f"  {found.unhashed:,} of {found.cells:,} cells carry no hashes: they were written before hashes were kept.")
    if found.unsplit:
        named = ", ".join(found.unsplit[:3]) + (f" and {len(found.unsplit) - 3} more" if len(found.unsplit) > 3 else "")
        lines.append(f"  No split.parquet, so that rows and sides were not held against it: {named}.")
    lines.append(f"Report: {len(seal.files):,} files by their SHA-256.")
    strangers = [name for name in seal.strangers if again is None or name not in again.alike]
    if strangers:
        lines.append(f"  Not of this report, not checked: {', '.join(strangers)}.")
    if again is not None and again.redrawn:
        lines.append(f"  Drawn otherwise, maybe by another version of matplotlib: {', '.join(again.redrawn)}.")
    if told is None:
        return [*lines, "Numbers were not recomputed: the predictions cannot be scored as they stand."]
    lines.append(
        "Worst: largest deviation, in units of the sixth significant digit (index.md: of the third decimal); 0.5 is rounding."
    )
    if quick:
        count = sum(one.left_out for one in told)
        lines.append(f"Quick: {count:,} cells that resamples decide (intervals, p-values, verdicts) were left out.")
    else:
        lines.append("Resamples were drawn again and scored by ranks, and some of them by scikit-learn, which agreed.")
    return lines


def _named(wrong: list[Finding]) -> list[str]:
    """Findings in words, the first MOST of each file."""
    lines = []
    for file in dict.fromkeys(one.file for one in wrong):
        mine = [one for one in wrong if one.file == file]
        lines += [str(one) for one in mine[:MOST]]
        lines += [f"{file}: {len(mine) - MOST} more."] if len(mine) > MOST else []
    return lines

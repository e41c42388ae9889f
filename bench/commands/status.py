"""status: how far a study is, read from its folder alone, on whatever machine sees it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.damage import of_json
from bench.disk import read_json
from bench.place import CellPlace
from bench.reporting.printable import printable
from bench.running.display import span, told
from bench.running.sign import DEAD, Sign, found
from bench.store import planned, refuse_broken, study_plans

# Failed cells that are named.
NAMED = 10


def status(study: str, results: Path) -> int:
    """Prints cells by method and state, what runs now and what failed: 0 = all done, 1 = something is left."""
    console = Console()
    counts: dict[str, Counter[str]] = {}
    failed: list[str] = []
    for folder, plan in study_plans(results, study):
        for method, fold, key in planned(plan):
            place = CellPlace(folder, method, fold)
            state = place.status(key)
            if state == "failed":
                refuse_broken(of_json(place.failed, ["exception"]))
                record = read_json(place.failed)
                failed.append(f"{folder.name}/{method}/fold-{fold}: {record.get('said') or record['exception']}")
            # What was done under other settings is run again.
            counts.setdefault(method, Counter())["left" if state in ("new", "outdated", "broken") else state] += 1
    total = sum(counts.values(), Counter[str]())
    console.print(f"Study {study}: {total['done']} of {total.total()} cells are done.", highlight=False, markup=False)
    seen = found(results / study)
    _say_run(console, seen)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("method", "done", "left", "failed"):
        table.add_column(head, justify="left" if head == "method" else "right")
    for method, by in counts.items():
        table.add_row(Text(printable(method)), *(str(by[state] or "–") for state in ("done", "left", "failed")))
    console.print(table)
    for line in failed[:NAMED]:
        console.print(f"failed: {line}", style="red", highlight=False, markup=False, soft_wrap=True)
    if len(failed) > NAMED:
        console.print(f"and {len(failed) - NAMED} more failed.", style="red")
    return 0 if total["done"] == total.total() else 1


def _say_run(console: Console, seen: tuple[Sign, float] | None) -> None:
    """Whether somebody works on it, as the last sign tells."""
    if seen is None:
        console.print("No run of it has left a sign here.")
        return
    sign, age = seen
    where = f"on {sign.host} (process {sign.pid})"
    if sign.ended:
        line = f"Nobody runs it: the last run, {where}, ended {span(age)} ago."
    elif age > DEAD:
        line = f"Nobody seems to run it: the last sign, {where}, is {span(age)} old."
    else:
        line = f"Running {where} for {span(sign.gone)}, {told(sign.left)}; last sign {span(age)} ago."
    console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not sign.ended and age <= DEAD:
        for one in sign.running:
            console.print(f"  {one.name}: {one.step}, {span(one.seconds)}", highlight=False, markup=False, soft_wrap=True)

"""rerun: a finished cell once more, from its record alone: equal, or what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from bench.damage import read_table
from bench.disk import read_json
from bench.protocol.select import load_plugins
from bench.running.again import changed, differences, rebuilt
from bench.running.device import refuse_absent
from bench.running.executors.local import Local
from datasets import Refused


def rerun(folder: Path, home: Path, plugins: Sequence[Path], device: str | None) -> int:
    """Runs the cell of a record's folder again beside it, where it was run unless another `device` is named: 0 = equal to the bit,
    1 = something differs."""
    if not (folder / "cell.json").is_file():
        raise Refused(f"{folder}: holds no cell.json. Name a finished cell: results/STUDY/DATASET/METHOD/fold-K.")
    meta = read_json(folder / "cell.json")
    device = device or str(meta.get("computed_on", {}).get("device", "cpu"))
    refuse_absent(device)
    console = Console()
    files = [str(file) for file in plugins]
    for warning in load_plugins(files):
        Console(stderr=True).print(warning, markup=False)

    def say(line: str, style: str = "") -> None:
        console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)

    with TemporaryDirectory() as draft:
        cell = rebuilt(meta, home, Path(draft), files)
        was = changed(meta, cell)
        for name, how in was.items():
            say(f"Not as it was: {name}: {how}.", "yellow")
        if set(was) - {"source"}:
            say("So it would be another cell, and is not run.", "red")
            return 1
        outcome = Local(1, device).submit(cell, lambda step: console.print(step, style="dim", highlight=False, markup=False))
        if outcome.status != "done":
            say(f"The cell {outcome.status}: {outcome.reason}", "red")
            return 1
        found = differences(*(read_table(place / "predictions.parquet") for place in (folder, cell.place.done)))
        again = read_json(cell.place.done / "cell.json")
    for line in _versions(meta, again):
        say(line, "yellow")
    if not found:
        say("Equal: every probability is the same to the bit.", "green")
        return 0
    for name, value in found.items():
        say(f"Differs: {name}: probabilities by up to {value:.3g}.", "red")
    return 1


def _versions(meta: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    first, second = meta.get("versions", {}), again.get("versions", {})
    names = dict.fromkeys([*first, *second])
    return [f"Other version: {n} {first.get(n)}, now {second.get(n)}." for n in names if first.get(n) != second.get(n)]

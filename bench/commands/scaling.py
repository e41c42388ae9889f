"""scaling: how the cost of a study's parts grows with patients, outcomes and features."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench.commands.speed import machine, refuse_unwritable
from bench.disk import write_json
from bench.speed.apart import told
from bench.speed.scaling import growth
from bench.speed.scaling.growth import Growth, extent
from bench.speed.scaling.subjects import SUBJECTS
from bench.speed.scaling.table import table


def scaling(quick: bool, out: Path | None, size: str) -> int:
    """Measures, prints a table, writes it as JSON where asked: 0 = all was measured, whatever it says; 1 = something was not."""
    if out is not None:
        refuse_unwritable(out)
    console, aside = Console(), Console(stderr=True)
    sizes: Mapping[str, tuple[int, ...]] = growth.TINY if size == "tiny" else growth.QUICK if quick else growth.SIZES
    found: list[Growth] = []
    failed: dict[str, str] = {}
    for axis, steps in sizes.items():
        for subject in (name for name in SUBJECTS if (name, axis) not in growth.LEFT_OUT):
            aside.print(f"Measuring: {subject}, {axis} {steps[0]:,} to {steps[-1]:,} …", style="dim", highlight=False)
            try:
                found.append(_grown(subject, axis, steps))
            except RuntimeError as error:
                failed[f"{subject}, {axis}"] = str(error)
    said = machine()
    console.print(", ".join(f"{key} {value}" for key, value in said.items()), highlight=False, markup=False, soft_wrap=True)
    print(table(found, failed, console.width), end="")
    if out is not None:
        measured = datetime.now(UTC).isoformat(timespec="seconds")
        content = {
            "schema": 1,
            "measured": measured,
            "machine": said,
            "growths": [one.to_json() for one in found],
            "failed": failed,
        }
        write_json(out, content)
        console.print(f"Written: {out}", highlight=False, markup=False, soft_wrap=True)
    return 1 if failed else 0


def _grown(subject: str, axis: str, steps: tuple[int, ...]) -> Growth:
    measured = [_measured(subject, axis, step) for step in steps]
    seconds, megabytes = zip(*measured, strict=True)
    return Growth(subject, axis, steps, seconds, megabytes)


def _measured(subject: str, axis: str, step: int) -> tuple[float, float]:
    """Seconds and megabytes of one size, in a process of its own."""
    here = extent(axis, step)
    try:
        content = told("bench.speed.scaling.measured", subject, *map(str, (here.patients, here.outcomes, here.features)))
    except RuntimeError as error:
        raise RuntimeError(f"{step:,}: {error}") from error
    return content["seconds"], content["megabytes"]

"""Table: growths as plain text of limited width, and how they were measured."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.speed.scaling.growth import Growth
from bench.speed.scaling.subjects import RESAMPLES, ROUNDS
from bench.speed.table import LEAST_WIDTH, MOST_WIDTH

NOTE = (
    "Seconds of the processor, one thread, each size in a process of its own; memory: its highest above that of the same work on "
    "1,000 patients. Slope: the power of the size that they grow by between the two largest sizes; 1 is linear. What does not "
    f"grow stands at 10,000 patients, 4 outcomes, 50 numbers a case. trees: {ROUNDS} of LightGBM an outcome; epoch: of the default "
    f"network with hard sharing; bootstrap: {RESAMPLES} resamples of one method."
)


def table(found: Sequence[Growth], failed: Mapping[str, str], width: int) -> str:
    """A block for each subject and axis: sizes, seconds, memory, slopes; `failed`: why what was not measured was not."""
    width = min(max(width, LEAST_WIDTH), MOST_WIDTH)
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("what", "grows", "size", "seconds", "slope", "MB", "slope"):
        grid.add_column(head, justify="left" if head in ("what", "grows") else "right", no_wrap=True)
    for one in found:
        for place, (size, seconds, megabytes) in enumerate(zip(one.sizes, one.seconds, one.megabytes, strict=True)):
            named = (one.subject, one.axis) if place == 0 else ("", "")
            slopes = (_slope(one.slope), _slope(one.memory_slope)) if place == len(one.sizes) - 1 else ("", "")
            cells = (*named, f"{size:,}", f"{seconds:,.2f}", slopes[0], f"{megabytes:,.0f}", slopes[1])
            grid.add_row(*map(Text, cells))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, force_terminal=False, legacy_windows=False).print(grid)
    lines = [line.rstrip() for line in out.getvalue().splitlines()] if found else []
    lines += textwrap.wrap(NOTE, width, break_on_hyphens=False) if found else []
    lines += [line for what, why in failed.items() for line in textwrap.wrap(f"Not measured: {what} ({why}).", width)]
    return "\n".join(lines) + "\n"


def _slope(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"

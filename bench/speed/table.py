"""Table: what was measured as plain text of limited width, and what it rests on."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.speed.row import Row

LEAST_WIDTH, MOST_WIDTH = 60, 110


def table(rows: Sequence[Row], failed: Mapping[str, str], width: int) -> str:
    """The rows in their order, how each was measured, and which goals are not met; `failed`: why what was not measured was not."""
    width = min(max(width, LEAST_WIDTH), MOST_WIDTH)
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("", "what", "against", "measured", "goal", "met"):
        grid.add_column(head, justify="left" if head in ("what", "against") else "right", no_wrap=head not in ("what", "against"))
    for number, row in enumerate(rows, start=1):
        said = (str(number), row.what, row.against, row.goal.shown(row.value), row.goal.said, "yes" if row.met else "no")
        grid.add_row(*map(Text, said))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, force_terminal=False, legacy_windows=False).print(grid)
    lines = [line.rstrip() for line in out.getvalue().splitlines()] if rows else []
    for number, row in enumerate(rows, start=1):
        lines += textwrap.wrap(f"{number}. {row.note}.", width, subsequent_indent="   ", break_on_hyphens=False)
    lines += [line for what, why in failed.items() for line in textwrap.wrap(f"Not measured: {what} ({why}).", width)]
    lines += textwrap.wrap(_told(rows), width) if rows else []
    return "\n".join(lines) + "\n"


def _told(rows: Sequence[Row]) -> str:
    missed = [str(number) for number, row in enumerate(rows, start=1) if not row.met]
    apart = [str(number) for number, row in enumerate(rows, start=1) if row.alike is False]
    said = f"{len(rows) - len(missed)} of {len(rows)} goals are met" + (f"; not met: {', '.join(missed)}." if missed else ".")
    return said + (f" The two sides did not give the same: {', '.join(apart)}." if apart else "")

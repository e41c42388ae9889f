"""Terminal: the main table as plain text of limited width."""

from __future__ import annotations

import io
import re
import textwrap

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.evaluation.incomplete import OK, ORDER, REFERENCE
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, COMPONENTS
from bench.reporting.contents import Contents
from bench.reporting.grid import number, percent, short
from bench.reporting.printable import printable
from bench.reporting.section import Section
from bench.reporting.sections.shown import SHOWN

LEAST_WIDTH = 40
_SCORES = 14


def main_table(contents: Contents, width: int = 100) -> str:
    """AUC and AUPRC of each method on the average and on as many outcomes as fit, best average AUC first; no line is wider."""
    width = max(width, LEAST_WIDTH)
    labels = contents.main["method"].unique().tolist()
    name_width = min(max((len(printable(label)) for label in labels), default=6), max(12, width // 3))
    fitting = max(1, (width - name_width - 1) // _SCORES)
    targets = [AVERAGE, *contents.scores.outcomes][:fitting]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(Text("method"), no_wrap=True, max_width=name_width)
    for target in targets:
        name = textwrap.wrap(short(printable(target), 3 * (_SCORES - 1)), _SCORES - 1)
        head = "\n".join([*name, " ".join(SHOWN[metric] for metric in METRICS)])
        table.add_column(Text(head), justify="right", no_wrap=True)
    for label, status in _order(contents):
        cells = [_cell(contents, label, status, target) for target in targets]
        table.add_row(Text(short(printable(label), name_width)), *cells)
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None, force_terminal=False, legacy_windows=False)
    console.print(table)
    left = [target for target in contents.scores.targets if target not in (*targets, COMPONENTS)]
    if left:
        console.print(Text(f"Not shown for lack of width: {', '.join(map(printable, left))}."))
    shares = ", ".join(f"{printable(o)} {percent(c.prevalence)}" for o, c in contents.scores.counts.items())
    console.print(Text(f"Prevalence: {shares or 'not known'}."))
    for label, found in contents.scores.incomplete.items():
        console.print(Text(f"{printable(label)} {found.status}: {printable(found.why)}."))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def plain(section: Section) -> str:
    """What a section says in words, without its marks of Markdown."""
    text = "\n".join(block for block in section.blocks if isinstance(block, str))
    return re.sub(r"\*\*|\\(?=[\\`*{}\[\]#|~$!_])", "", text)


def _order(contents: Contents) -> list[tuple[str, str]]:
    average = contents.main[contents.main["outcome"] == AVERAGE]
    rank = average["status"].map(ORDER.index)
    ordered = average.assign(rank=rank, last=-average["auc"].where(rank == 0, 0)).sort_values(["rank", "last"], kind="stable")
    return list(zip(ordered["method"], ordered["status"], strict=True))


def _cell(contents: Contents, label: str, status: str, target: str) -> Text:
    if status not in (OK, REFERENCE):
        return Text(status)
    main = contents.main
    line = main[(main["method"] == label) & (main["status"] == status) & (main["outcome"] == target)].iloc[0]
    return Text(" ".join(number(line[metric]) for metric in METRICS))

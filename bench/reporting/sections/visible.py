"""Visible: the smallest differences that could have been seen."""

from __future__ import annotations

from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import LEAST_POSITIVES
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, number
from bench.reporting.markdown import escape
from bench.reporting.section import Section
from bench.reporting.sections.shown import SHOWN

READ_VISIBLE = (
    "The smallest difference between two methods that a single test at 5 % would have seen with 80 % power (2.80 standard "
    "errors, median over pairs with the leader). Smaller differences may be real and yet not be found here."
)


def section(contents: Contents) -> Section:
    """Smallest difference by target and metric."""
    heads = ("target", *(SHOWN[metric] for metric in METRICS))
    rows = [(Cell(target), *(Cell(number(contents.visible[m][target])) for m in METRICS)) for target in contents.scores.targets]
    blocks: list[str | Grid] = [READ_VISIBLE, Grid("", heads, tuple(rows))]
    few = [name for name, count in contents.scores.counts.items() if count.positive < LEAST_POSITIVES]
    if few:
        names = ", ".join(map(escape, few))
        blocks.append(
            f"Under {LEAST_POSITIVES} test positives, AUPRC has no interval and no bold: {names}. The average still holds it."
        )
    return Section(name="visible", title="What could have been seen", blocks=tuple(blocks))

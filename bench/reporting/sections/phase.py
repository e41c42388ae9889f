"""Phase: where in a grid sharing wins, loses or ties."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.diagnostics.phase import LOSES, WINS, Phase
from bench.evaluation.metrics import METRICS
from bench.reporting.grid import NOTHING, Cell, Grid, scored
from bench.reporting.section import Picture, Section
from bench.reporting.sections.places import planes, shown
from bench.reporting.sections.shown import SHOWN, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "When does sharing help?"
READ = (
    "Gain = average score of the method − that of its single-task twin, mean over the draws of a point; absolute, positive is "
    "good. In brackets 95 % intervals, unadjusted. `wins` and `loses` need p < 0.05 after Holm's correction within one metric "
    "over methods × points; all else is a tie, which says that no difference was found, not that there is none."
)
READ_DRAWS = (
    "The draws are the units: each is a world of its own, with patients, loadings and splits drawn anew, so that these intervals "
    "speak of the methods in such worlds. Two or three draws say little of their spread; it is therefore pooled over all points "
    "with as many patients, for each method apart, which takes gains to be equally spread there; points that share their draws "
    "count for less (Satterthwaite)."
)
READ_ONE = (
    "Each point was drawn once: the intervals are from a bootstrap over its test patients and speak of these fitted models, not of "
    "the methods in such worlds. That takes several values of `replicate`."
)
HOW = (
    "A square a point: its mean gain against the twin as number and colour (blue gains, orange loses), ▲ where the method wins, ▼ "
    "where it loses, no sign where it ties."
)


def section(phase: Phase) -> Section | None:
    """Diagram and table of gains; None where no method has its twin in the study."""
    if phase.points.empty:
        return None
    several = bool((phase.points["df"] > 0).any())
    blocks: list[str | Grid | Picture] = [f"{READ} {READ_DRAWS if several else READ_ONE}"]
    # A single axis is told by its curves.
    if (found := planes(phase.axes)) is not None and found.down is not None:
        blocks.append(Picture("phase", lambda: _draw(phase), HOW))
    blocks += gain_grids(phase)
    return Section(
        name="phase",
        title=TITLE,
        blocks=tuple(blocks),
        tables={"phase": phase.points.assign(grid=phase.label), "draws": phase.draws},
        caption="Score minus that of the single-task twin, mean over draws; 95 % intervals, unadjusted; wins, loses: Holm p < 0.05",
        about="gains at each point of the grid; `draws.csv`: scores and gains of each dataset and outcome",
    )


def _draw(phase: Phase) -> Figure:
    from bench.reporting.figures import phase as figure

    found = planes(phase.axes)
    assert found is not None
    return figure.draw(phase.points, phase.axes, found)


def gain_grids(phase: Phase) -> list[Grid]:
    """Gains, one table a metric."""
    return [by_point(phase, phase.points, metric, "gain in average", _gain) for metric in METRICS]


def by_point(phase: Phase, table: pd.DataFrame, metric: str, what: str, text: Callable[[dict[str, Any]], str]) -> Grid:
    """A table of one metric: a row a point, a column a method; `text` of a line is what stands in its cell."""
    axes = phase.varied or tuple(phase.axes)
    methods = table["method"].unique().tolist()
    lines = {(tuple(line[axis] for axis in axes), line["method"]): line for line in rows_of(table[table["metric"] == metric])}
    rows = []
    for place in sorted({place for place, _ in lines}, key=lambda place: phase.order(axes, place)):
        cells = [shown(axis, value) for axis, value in zip(axes, place, strict=True)]
        cells += [text(lines[place, method]) if (place, method) in lines else NOTHING for method in methods]
        rows.append(tuple(Cell(cell) for cell in cells))
    return Grid(f"{phase.label}: {what} {SHOWN[metric]}", (*axes, *methods), tuple(rows))


def _gain(line: dict[str, Any]) -> str:
    text = scored(line["gain"], line["low"], line["high"], sign=True)
    return f"{text} {line['verdict']}" if line["verdict"] in (WINS, LOSES) else text

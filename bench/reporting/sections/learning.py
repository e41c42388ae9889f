"""Learning: how scores move along the one axis that a grid varies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.diagnostics.phase import Phase
from bench.evaluation.metrics import METRICS
from bench.reporting.grid import NOTHING, Cell, Grid, scored
from bench.reporting.section import Picture, Section
from bench.reporting.sections.phase import by_point
from bench.reporting.sections.places import shown
from bench.reporting.sections.shown import SHOWN, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {"patients": "What do more patients bring?", "known": "What do unknown outcomes cost?"}
READ = {
    "patients": "Average score by the number of patients that methods learn from and are chosen on; the test patients stay.",
    "known": "Average score by the share of each outcome's known labels that is left on train; valid and test stay whole.",
}
READ_DRAWS = (
    "Mean over the draws of each point; in brackets 95 % intervals by Student's t over these draws, unadjusted. Worlds differ, so "
    "that they are wide: two methods in the same worlds are told apart by their gains, not by whether their intervals meet."
)
READ_ONE = "Each point was drawn once; in brackets 95 % bootstrap intervals over its test patients, unadjusted."
HOW = "A line a method, named at its end; bands are the intervals of the table."


def section(phase: Phase) -> Section | None:
    """Curves and table of scores where one axis of numbers varies, else a table of the scores at each point; None where nothing was
    scored."""
    if phase.curves.empty:
        return None
    if (axis := along(phase)) is None:
        return levels(phase)
    said = READ.get(axis, f"Average score by {axis}.")
    return Section(
        name="learning",
        title=TITLES.get(axis, f"How do scores move with {axis}?"),
        blocks=(
            f"{said} {_drawn(phase)}",
            Picture("learning", lambda: _draw(phase, axis), HOW),
            *curve_grids(phase, axis),
        ),
        tables={"learning": phase.curves.assign(grid=phase.label)},
        caption="Mean over draws; 95 % intervals, unadjusted",
        about="scores along the axis of the grid",
    )


def levels(phase: Phase) -> Section:
    """Scores of each method at each point: on the page where there are no gains, else in a file, as they would drown these."""
    shown_here = phase.points.empty
    grids = [by_point(phase, phase.curves, metric, "average", _score) for metric in METRICS] if shown_here else []
    return Section(
        name="levels",
        title="Scores at each point",
        blocks=(_drawn(phase), *grids) if shown_here else (),
        tables={"levels": phase.curves.assign(grid=phase.label)},
        caption="Mean over draws; 95 % intervals, unadjusted" if shown_here else "",
        about="scores at each point of the grid",
    )


def _drawn(phase: Phase) -> str:
    return READ_DRAWS if (phase.curves["draws"] > 1).any() else READ_ONE


def _score(line: dict[str, Any]) -> str:
    return scored(line["score"], line["low"], line["high"])


def along(phase: Phase) -> str | None:
    """The one axis that varies, where it is one of numbers."""
    if len(phase.varied) != 1:
        return None
    values = phase.axes[phase.varied[0]]
    return phase.varied[0] if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values) else None


def _draw(phase: Phase, axis: str) -> Figure:
    from bench.reporting.figures import learning as figure

    return figure.draw(phase.curves, axis)


def curve_grids(phase: Phase, axis: str) -> list[Grid]:
    """One table a metric: a row a method, a column a value of the axis."""
    lines = {(line["metric"], line["method"], line[axis]): line for line in rows_of(phase.curves)}
    heads = ("method", *(f"{axis} {shown(axis, value)}" for value in phase.axes[axis]))
    grids = []
    for metric in METRICS:
        rows = []
        for method in phase.curves["method"].unique():
            found = [lines.get((metric, method, value)) for value in phase.axes[axis]]
            texts = [NOTHING if line is None else _score(line) for line in found]
            rows.append((Cell(method), *(Cell(text) for text in texts)))
        grids.append(Grid(f"{phase.label}: average {SHOWN[metric]}", heads, tuple(rows)))
    return grids

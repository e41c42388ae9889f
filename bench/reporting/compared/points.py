"""Points: the datasets of a grid in two studies, in one line and one table."""

from __future__ import annotations

from collections import Counter

from bench.comparison.cases import PAIRED
from bench.comparison.points import summary, table
from bench.comparison.studies import Grid as Crossed
from bench.evaluation.metrics import METRICS
from bench.reporting.compared.part import Part, count
from bench.reporting.grid import Cell, Grid, number
from bench.reporting.sections.shown import SHOWN, rows_of


def comparable(grid: Crossed) -> Part:
    """How many points can be compared, and how."""
    kinds = Counter(point.kind for point in grid.points)
    said = ", ".join(f"{number} {kind}" for kind, number in kinds.items()) or "none"
    alone = "; ".join(f"{len(names)} in {study} alone" for study, names in zip("AB", grid.only, strict=True) if names)
    return Part("Can they be compared?", (f"{count(len(grid.points), 'point')} in both: {said}{f'; {alone}' if alone else ''}.",))


def scores(grid: Crossed) -> Part:
    """One line on all points, then one row a method and metric."""
    lines = table(grid.points)
    paired = [point for point in grid.points if point.kind == PAIRED]
    equal = sum(all(line[-1] == 0 for line in point.lines) and len(point.lines) > 0 for point in paired)
    said = [f"At {equal} of {count(len(grid.points), 'point')} every prediction is equal to the bit."]
    if lacking := sum(len(point.both) < len(point.either) for point in grid.points):
        said.append(f"At {count(lacking, 'point')} a method is not complete in both, and not compared.")
    if lines.empty or (lines["apart"] == 0).all():
        return Part("Scores", tuple(said))
    for metric in METRICS:
        one = rows_of(lines[lines["metric"] == metric])
        furthest = max(one, key=lambda line: abs(line["difference"]))
        said.append(
            f"Average {SHOWN[metric]}, furthest apart: {number(furthest['difference'], sign=True)} ({furthest['method']} on "
            f"{furthest['dataset']})."
        )
    said.append("Means over points; no test is made over them.")
    rows = [
        (
            line["method"],
            SHOWN[line["metric"]],
            str(line["points"]),
            str(line["equal"]),
            *(number(line[side]) for side in "ab"),
            number(line["difference"], sign=True),
            f"{number(line['least'], sign=True)} to {number(line['most'], sign=True)}",
        )
        for line in rows_of(summary(lines))
    ]
    heads = ("method", "metric", "points", "equal", "A", "B", "B − A", "from, to")
    return Part(
        "Scores", tuple(said), (Grid(f"{grid.label}: averages", heads, tuple(tuple(Cell(t) for t in row) for row in rows)),)
    )

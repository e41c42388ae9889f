"""Transfer: whether sharing helps, against the twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.diagnostics.transfer import HARMED, HELPED
from bench.evaluation.metrics import METRICS
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, pages, scored
from bench.reporting.section import Picture, Section
from bench.reporting.sections.shown import SHOWN, head, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

READ_TRANSFER = (
    "Gain = score of the method − score of its twin, which shares nothing; absolute, positive is good. In brackets paired "
    "95 % intervals, unadjusted. `helped` and `harmed` need p < 0.05 after Holm's correction within one metric, over "
    "methods × outcomes (the averages: over methods). An interval can lie beside zero without a verdict, for it is "
    "unadjusted. Gains with one twin hang together: where it was lucky or unlucky in an outcome, all move with it. Δm is the mean "
    "relative difference in percent; its sign is turned: negative says that sharing helped. "
    "From five folds on, `transfer.csv` also holds the Nadeau–Bengio interval and Holm p (`methods_*`), which speak of the methods."
)
READ_TRANSFER_FIGURE = "Right of the line sharing helped, left of it it harmed; grey dots are no clear difference after correction."


def section(contents: Contents) -> Section:
    """Gains against the twin and Δm; without blocks where no complete method has its twin."""

    def draw() -> Figure:
        from bench.reporting.figures import transfer

        return transfer.draw(contents.transfer)

    picture = Picture("transfer", draw, READ_TRANSFER_FIGURE)
    return Section(
        name="transfer",
        title="Does sharing help?",
        blocks=(READ_TRANSFER, *transfer_grids(contents), picture) if contents.pairs.twins else (),
        tables={"transfer": contents.transfer, "delta_m": contents.delta_m},
        caption="Score minus that of the twin; paired 95 % bootstrap intervals, unadjusted; helped, harmed: Holm p < 0.05",
        about="gains against the twin; `delta_m.csv`: Δm",
    )


def transfer_grids(contents: Contents) -> list[Grid]:
    """Gains by outcome in each metric, then Δm; empty without a method that has its twin."""
    if contents.transfer.empty:
        return []
    grids = []
    lines = {(line["metric"], line["method"], line["outcome"]): line for line in rows_of(contents.transfer)}
    for metric in METRICS:
        for targets in pages(contents.scores.targets):
            rows = [
                (Cell(method), Cell(twin), *(Cell(_gain(lines[metric, method, target])) for target in targets))
                for method, twin in contents.pairs.twins.items()
            ]
            heads = ("method", "twin", *(head(contents, "auc", target) for target in targets))
            grids.append(Grid(f"{contents.record.name}: gain in {SHOWN[metric]}", heads, tuple(rows)))
    return [*grids, _delta(contents)]


def _gain(line: dict[str, Any]) -> str:
    said = f" {line['verdict']}" if line["verdict"] in (HELPED, HARMED) else ""
    return scored(line["gain"], line["low"], line["high"], sign=True) + said


def _delta(contents: Contents) -> Grid:
    lines = {(line["metric"], line["method"]): line for line in rows_of(contents.delta_m)}
    rows = []
    for method, twin in contents.pairs.twins.items():
        cells = [lines[metric, method] for metric in METRICS]
        rows.append((Cell(method), Cell(twin), *(Cell(scored(c["delta_m"], c["low"], c["high"], sign=True)) for c in cells)))
    heads = ("method", "twin", *(f"Δm {SHOWN[metric]} (%)" for metric in METRICS))
    return Grid(f"{contents.record.name}: Δm (negative: sharing helped)", heads, tuple(rows))

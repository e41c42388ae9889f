"""Robustness: what methods lose where a modality is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.diagnostics.robustness import robustness, unable
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, scored
from bench.reporting.markdown import escape
from bench.reporting.section import Picture, Section
from bench.reporting.sections.shown import SHOWN, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

READ = (
    "The fitted models, asked about the same test cases with one modality missing for all of them. The number is what is "
    "lost on the average over outcomes (score with all − score without); in brackets its paired 95 % interval, unadjusted. "
    "Nothing was trained anew: how well a method would do that never saw the modality is another question, which a study "
    "answers by `without`."
)
READ_FIGURE = "Right of the line: lost without the modality. A method far to the right leans on it."


def section(contents: Contents) -> Section | None:
    """Losses by missing modality; None where no method reads several."""
    table = robustness(contents.record, contents.scores)
    failed = [
        f"- {escape(method)} cannot predict without {', '.join(f'{modality} ({error})' for modality, error in said.items())}."
        for method, said in unable(contents.record).items()
    ]
    if table.empty and not failed:
        return None

    def draw() -> Figure:
        from bench.reporting.figures import robustness as figure

        return figure.draw(table)

    lines = {(line["method"], line["missing"], line["metric"]): line for line in rows_of(table) if line["outcome"] == AVERAGE}
    gone, grids = list(table["missing"].unique()), []
    for metric in METRICS:
        rows = []
        for method in table["method"].unique():
            found = [lines.get((method, modality, metric)) for modality in gone]
            texts = [scored(line["loss"], line["low"], line["high"], sign=True) if line else "–" for line in found]
            rows.append((Cell(method), *map(Cell, texts)))
        heads = ("method", *(f"without {modality}" for modality in gone))
        grids.append(Grid(f"{contents.record.name}: lost in average {SHOWN[metric]}", heads, tuple(rows)))
    return Section(
        name="robustness",
        title="What if a modality is missing?",
        blocks=(READ, *grids, *(["\n".join(failed)] if failed else []), Picture("robustness", draw, READ_FIGURE)),
        tables={"robustness": table},
        caption="Score with all modalities minus score without one, average over outcomes; paired 95 % intervals, unadjusted",
        about="losses where a modality is missing at test time",
    )

"""Conflict: how the outcomes' gradients agreed in training, and whether that foretold harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bench.diagnostics.conflict import affinity, conflict, curvature, gradients, layers
from bench.diagnostics.foretold import foretold
from bench.diagnostics.matched import generalisation_gap
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, number, percent
from bench.reporting.section import Picture, Section
from bench.reporting.sections import foretold as foretold_section
from bench.reporting.sections.shown import rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

READ = (
    "Every so many steps of the final fits the gradients of the outcomes' losses on the shared parameters were compared. "
    "Two outcomes conflict in a step where their gradients point apart (cosine below 0); the rate is the share of logged "
    "steps in which they do. Magnitude similarity is 1 for gradients of equal length and near 0 where one outcome drowns "
    "another. A weight is the share that the balancing gave an outcome's loss."
)
READ_FIGURE = "Each cell is a pair of outcomes: the number is the share of logged steps in which their gradients pointed apart."
READ_GAP = (
    "Held-out loss of a method minus that of its twin at the lowest training loss that both reach: negative says that what "
    "is learned together generalises better, whatever it did to the speed of learning. Without intervals: read it beside "
    "the gains."
)
READ_FULL = (
    "Logged on request: what a step for one outcome alone would bring the others (affinity, Fifty et al. 2021: positive "
    "lowers their loss), and conflict layer by layer; all layers are in `layers.csv`, curvature in `curvature.csv`."
)
# Layers that the page shows.
LAYERS = 12


def section(contents: Contents) -> Section | None:
    """Cosines, rates and weights of every method that shares; None where none was logged."""
    record = contents.record
    pairs, by_outcome = conflict(record), gradients(record)
    gap = generalisation_gap(record, contents.pairs.twins)
    told = foretold([by_outcome], [contents.transfer])
    # A file tells of all datasets of a study, each of which is foretold apart.
    told.insert(0, "dataset", record.name)
    tables = {"conflict": pairs, "gradients": by_outcome, "gap": gap, "foretold": told}
    full = {"layers": layers(record), "affinity": affinity(record), "curvature": curvature(record)}
    tables |= {name: table for name, table in full.items() if len(table)}

    def draw() -> Figure:
        from bench.reporting.figures import conflict as figure

        return figure.draw(pairs)

    blocks: list[str | Grid | Picture] = []
    if len(pairs):
        blocks += [READ, _rates(contents, pairs), _outcomes(contents, by_outcome), Picture("conflict", draw, READ_FIGURE)]
    if len(gap):
        blocks += [READ_GAP, _gap(contents, gap)]
    if len(told):
        blocks += [foretold_section.READ, foretold_section.grid(record.name, told)]
    if len(full["affinity"]):
        blocks += [READ_FULL, _affinity(contents, full["affinity"]), _layers(contents, full["layers"])]
    if not blocks:
        return None
    return Section(
        name="conflict",
        title="Did the outcomes pull apart?",
        blocks=tuple(blocks),
        tables=tables,
        caption="Means over logged steps of the final fits",
        about="gradients by pair of outcomes; `gradients.csv` by outcome, `gap.csv` at matched training loss, `foretold.csv`",
    )


def _rates(contents: Contents, pairs: pd.DataFrame) -> Grid:
    """One row a method: means over pairs, then the pair that conflicts most."""
    rows = []
    for method, found in pairs.groupby("method", sort=False):
        worst = rows_of(found.nlargest(1, "conflict_rate"))[0]
        means = found[["cosine", "conflict_rate", "magnitude_similarity"]].mean()
        said = f"{worst['outcome']} and {worst['other']}: {percent(worst['conflict_rate'])}"
        texts = [str(method), number(means["cosine"], sign=True), percent(means["conflict_rate"])]
        rows.append(tuple(Cell(t) for t in (*texts, number(means["magnitude_similarity"]), said, f"{found['steps'].max()}")))
    heads = ("method", "mean cosine", "conflict rate", "magnitude similarity", "pair that conflicts most", "logged steps")
    return Grid(f"{contents.record.name}: agreement of gradients", heads, tuple(rows))


def _outcomes(contents: Contents, table: pd.DataFrame) -> Grid:
    """Conflict rate and weight of each outcome, one row a method."""
    lines = {(line["method"], line["outcome"]): line for line in rows_of(table)}
    outcomes = [outcome for outcome in contents.scores.outcomes if outcome in set(table["outcome"])]
    rows = []
    for method in table["method"].unique():
        found = [lines.get((method, outcome)) for outcome in outcomes]
        texts = [f"{percent(line['conflict_rate'])}, weight {number(line['weight'], 2)}" if line else "–" for line in found]
        rows.append((Cell(method), *map(Cell, texts)))
    return Grid(f"{contents.record.name}: conflict rate and weight by outcome", ("method", *outcomes), tuple(rows))


def _gap(contents: Contents, gap: pd.DataFrame) -> Grid:
    lines = {(line["method"], line["outcome"]): line for line in rows_of(gap)}
    outcomes = [outcome for outcome in contents.scores.outcomes if outcome in set(gap["outcome"])]
    rows = [
        (Cell(method), *(Cell(number(lines[method, o]["gap"], sign=True) if (method, o) in lines else "–") for o in outcomes))
        for method in gap["method"].unique()
    ]
    title = f"{contents.record.name}: held-out loss at matched training loss, minus the twin's"
    return Grid(title, ("method", *outcomes), tuple(rows))


def _affinity(contents: Contents, table: pd.DataFrame) -> Grid:
    """One row a method and outcome that is stepped for, the others across."""
    lines = {(line["method"], line["outcome"], line["other"]): line["affinity"] for line in rows_of(table)}
    outcomes = [outcome for outcome in contents.scores.outcomes if outcome in set(table["outcome"])]
    rows = []
    for method, one in dict.fromkeys((line["method"], line["outcome"]) for line in rows_of(table)):
        values = [lines.get((method, one, other), float("nan")) for other in outcomes]
        rows.append((Cell(f"{method}: step for {one}"), *(Cell(number(1e4 * value, 2, sign=True)) for value in values)))
    heads = ("", *(f"brings {other}" for other in outcomes))
    return Grid(f"{contents.record.name}: affinity of outcomes (1 / 10,000 of the loss)", heads, tuple(rows))


def _layers(contents: Contents, table: pd.DataFrame) -> Grid:
    """The layers in which outcomes pull apart most, mean over methods."""
    means = table.groupby("layer", sort=False)[["cosine", "conflict_rate"]].mean().nlargest(LAYERS, "conflict_rate")
    counts = table.groupby("layer")["method"].nunique()
    rows = []
    for line in rows_of(means.reset_index()):
        texts = [line["layer"], number(line["cosine"], sign=True), percent(line["conflict_rate"]), f"{counts.loc[line['layer']]}"]
        rows.append(tuple(map(Cell, texts)))
    title = f"{contents.record.name}: the {len(rows)} shared layers with most conflict"
    return Grid(title, ("layer", "mean cosine", "conflict rate", "methods"), tuple(rows))

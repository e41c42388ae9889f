"""Decisions: whether acting on the risks would do more good than treating everybody or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bench.diagnostics.decisions import decisions
from bench.diagnostics.risks import TOP, risks, top
from bench.diagnostics.scaled import RAW, SCALES, scaled
from bench.evaluation.scores import AVERAGE, LEAST_POSITIVES
from bench.reporting.contents import Contents
from bench.reporting.grid import NOTHING, WIDTH, Cell, Grid, number, percent
from bench.reporting.markdown import escape
from bench.reporting.section import Picture, Section
from bench.reporting.sections.picked import PER, SHOWN_SCALES, lacking, picked
from bench.reporting.sections.shown import rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARE = f"{100 * TOP:.0f} %"
READ = (
    "Whoever treats from a risk of t on says by it that missing one case is as bad as treating (1 − t)/t for nothing. Net "
    "benefit counts by that: true positives, less false ones at their price (Vickers and Elkin 2006), here per "
    f"{PER:,} cases. The gain is over the better of treating all and treating none, at the threshold nearest to the outcome's "
    "prevalence, where the two are worth about the same; above 0, using the risks does good. Mean over seeds, then folds; in "
    f"brackets 95 % intervals by patient, unadjusted, none under {LEAST_POSITIVES} test positives. `decisions.csv` has every "
    "threshold."
)
READ_FIGURE = (
    "Read up from the risk at which you would treat: the highest line does most good there. Dashed: treat all; flat: treat "
    "none. A method under either of them is not worth using at that threshold, however high its AUC. Coloured are the "
    "leaders, their twin, the best of each family and the baseline, grey all others. Where the lower panels stand above the "
    "upper ones, the risks were wrong, not their order."
)
READ_TOP = (
    f"Had one looked only at the {SHARE} of test cases at highest risk: the share of all cases with the outcome that would have "
    "been among them (sensitivity), the share of them that have it (positive predictive value), and how many are evaluated for "
    f"one that is found (its inverse). A useless method finds {SHARE}, with the prevalence for its predictive value."
)
READ_RISKS = (
    "Risks as predicted, among cases with (orange, diamonds) and without (blue, circles) the outcome: thin lines hold the "
    "middle 90 %, thick ones the middle 50 %, the mark is the median. The less the two overlap, the better they are told apart."
)


def section(contents: Contents) -> Section | None:
    """Decision curves, the cases at highest risk, risks by class; None where no method is complete."""
    record = contents.record
    folds = scaled(record)
    if not folds:
        return None
    table, spread = decisions(record, contents.scores, folds), risks(record, contents.scores, folds)
    highest, names = top(record, contents.scores, folds), picked(contents)

    def draw() -> Figure:
        from bench.reporting.figures import decisions as figure

        return figure.draw(table, names)

    def draw_risks() -> Figure:
        from bench.reporting.figures import risks as figure

        return figure.draw(spread)

    near = _near(contents, table)
    outcomes = contents.scores.outcomes
    parts = [outcomes[start : start + WIDTH] for start in range(0, len(outcomes), WIDTH)]
    return Section(
        name="decisions",
        title="Would it change decisions?",
        blocks=(
            _said(contents, near),
            READ,
            *(_gains(contents, near, part) for part in parts),
            Picture("decisions", draw, READ_FIGURE),
            READ_TOP,
            _average(contents, highest),
            *(_found(contents, highest, part) for part in parts),
            Picture("risks", draw_risks, READ_RISKS),
        ),
        tables={"decisions": table, "top": highest, "risks": spread},
        caption="95 % intervals by patient, unadjusted",
        about=f"net benefit by threshold; `top.csv`: the {SHARE} at highest risk; `risks.csv`: quantiles of risk by class",
    )


def _near(contents: Contents, table: pd.DataFrame) -> pd.DataFrame:
    """The lines at each outcome's threshold nearest to its prevalence, the lower of two."""
    prevalence = table["outcome"].map({name: count.prevalence for name, count in contents.scores.counts.items()})
    off = (table["threshold"] - prevalence).abs().round(9)
    return table[off == off.groupby(table["outcome"]).transform("min")].drop_duplicates(["method", "outcome", "scale"])


def _said(contents: Contents, near: pd.DataFrame) -> str:
    """One bullet an outcome: how many methods are worth acting on, by their unadjusted interval."""
    lines = []
    for outcome in contents.scores.outcomes:
        found = near[near["outcome"] == outcome]
        start = f"- {escape(outcome)}, treated from {percent(found['threshold'].iloc[0])} on:"
        if contents.scores.too_few("auprc", outcome):
            lines.append(f"{start} too few test positives to say.")
            continue
        counts = []
        for scale in SCALES:
            one = found[found["scale"] == scale]
            counts.append(f"{int(one['gain_low'].gt(0).sum())} of {len(one)} {SHOWN_SCALES[scale]}")
        lines.append(f"{start} better than treating all or none, with the whole interval above 0: {', '.join(counts)}.")
    return "\n".join(lines)


def _gains(contents: Contents, near: pd.DataFrame, outcomes: tuple[str, ...]) -> Grid:
    """One row a method, risks as predicted."""
    lines = {(line["method"], line["outcome"]): line for line in rows_of(near[near["scale"] == RAW])}
    rows = [
        (Cell(method), *(Cell(_scored(lines[method, o], ("gain", "gain_low", "gain_high"), PER, 1)) for o in outcomes))
        for method in near["method"].unique()
    ]
    heads = [f"{o}, from {percent(lines[rows[0][0].text, o]['threshold'])}" for o in outcomes]
    title = f"{contents.record.name}: gain in net benefit per {PER:,} cases, {SHOWN_SCALES[RAW]}"
    return Grid(title, ("method", *heads), (*rows, *lacking(contents, len(heads))))


def _average(contents: Contents, highest: pd.DataFrame) -> Grid:
    """One row a method: means over outcomes."""
    rows = []
    for line in rows_of(highest[highest["outcome"] == AVERAGE]):
        texts = [_scored(line, (name, f"{name}_low", f"{name}_high"), 100, 1) for name in ("sensitivity", "ppv")]
        texts.append(_scored(line, ("evaluated_per_found", "evaluated_low", "evaluated_high"), 1, 1))
        rows.append((Cell(line["method"]), *map(Cell, texts)))
    heads = ("method", "sensitivity, %", "positive predictive value, %", "evaluated for one found")
    title = f"{contents.record.name}: the {SHARE} at highest risk, average over outcomes"
    return Grid(title, heads, (*rows, *lacking(contents, len(heads) - 1)))


def _found(contents: Contents, highest: pd.DataFrame, outcomes: tuple[str, ...]) -> Grid:
    """One row a method: positive predictive value by outcome."""
    lines = {(line["method"], line["outcome"]): line for line in rows_of(highest)}
    rows = [
        (Cell(method), *(Cell(_scored(lines[method, o], ("ppv", "ppv_low", "ppv_high"), 100, 1)) for o in outcomes))
        for method in highest["method"].unique()
    ]
    heads = [f"{o} (prevalence {percent(contents.scores.counts[o].prevalence)})" for o in outcomes]
    title = f"{contents.record.name}: positive predictive value among the {SHARE} at highest risk, %"
    return Grid(title, ("method", *heads), (*rows, *lacking(contents, len(heads))))


def _scored(line: dict[str, float], columns: tuple[str, str, str], by: float, digits: int) -> str:
    """A number and its interval in units of 1 / `by`; an end that does not exist is a dash."""
    value, low, high = (number(by * line[column], digits) for column in columns)
    return value if low == high == NOTHING else f"{value} ({low}, {high})"

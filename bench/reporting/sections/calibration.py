"""Calibration: whether the risks that methods give are true, as predicted and after Platt scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.diagnostics.calibration import BINS, calibration, curve
from bench.diagnostics.recalibration import EPSILON
from bench.diagnostics.scaled import RAW, SCALES, scaled
from bench.diagnostics.subgroups import LEAST_PATIENTS
from bench.evaluation.scores import AVERAGE, LEAST_POSITIVES
from bench.reporting.contents import Contents
from bench.reporting.grid import WIDTH, Cell, Grid, number, scored
from bench.reporting.markdown import escape
from bench.reporting.section import Picture, Section
from bench.reporting.sections.picked import SHOWN_SCALES, lacking, picked
from bench.reporting.sections.shown import rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

READ = (
    "Slope: 1 where the risks are as far apart as they should be; under 1 they are too extreme (high ones too high, low ones "
    "too low), over 1 too timid. Intercept: 0 where they are right on the whole, above 0 where they are too low, in log-odds. "
    "Scaled Brier score: 0 for giving everybody the prevalence, 1 for certainty that is right, below 0 worse than the "
    "prevalence. Mean over seeds, then folds; in brackets 95 % intervals by patient, unadjusted, none under "
    f"{LEAST_POSITIVES} test positives. Platt scaling moves each model's risks along a line in log-odds that was fitted on its "
    "predictions for valid: what anybody could do before use, and what losses that weigh positives more often need. Where valid "
    "holds few positives the line itself is uncertain, and scaling can do harm. No slope (–) where a method "
    "gives all cases one risk, or parts the classes wholly."
)
READ_FIGURE = (
    f"Test cases in {BINS} bins of equal size by rising risk: on the diagonal, as many had the outcome as were said to. Below it "
    "the risks are too high, above it too low. Points at the far right hold the patients one would act on. Coloured are the "
    "leaders, their twin, the best of each family and the baseline, grey all others; `calibration_curve.csv` has every line. "
    f"Bins of under {LEAST_PATIENTS} patients are withheld."
)


def section(contents: Contents) -> Section | None:
    """Slopes, intercepts and Brier scores; None where no method is complete."""
    record = contents.record
    folds = scaled(record)
    if not folds:
        return None
    table, curves = calibration(record, contents.scores, folds), curve(record, contents.scores, folds)
    names = picked(contents)

    def draw() -> Figure:
        from bench.reporting.figures import calibration as figure

        return figure.draw(curves, names)

    outcomes = contents.scores.outcomes
    parts = [outcomes[start : start + WIDTH] for start in range(0, len(outcomes), WIDTH)]
    grids = [_grid(contents, table, measure, part) for measure in ("slope", "intercept") for part in parts]
    return Section(
        name="calibration",
        title="Are the risks true?",
        blocks=(
            _said(contents, table),
            READ,
            *grids,
            _brier(contents, table),
            *([Picture("calibration_curve", draw, READ_FIGURE)] if len(curves) else []),
        ),
        tables={"calibration": table, "calibration_curve": curves},
        caption=f"95 % intervals by patient, unadjusted; log-odds of risks kept {EPSILON:g} from 0 and 1",
        about="slope, intercept, Brier score, as predicted and after Platt scaling; `calibration_curve.csv`: the figure's points",
    )


def _said(contents: Contents, table: pd.DataFrame) -> str:
    """One bullet an outcome: for how many methods the interval of the slope, and of the intercept, holds what it should be."""
    lines = []
    for outcome in contents.scores.outcomes:
        found = table[table["outcome"] == outcome]
        if contents.scores.too_few("auprc", outcome):
            lines.append(f"- {escape(outcome)}: too few test positives to say.")
            continue
        counts = []
        for scale in SCALES:
            one = found[found["scale"] == scale]
            true = one["slope_low"].le(1) & one["slope_high"].ge(1) & one["intercept_low"].le(0) & one["intercept_high"].ge(0)
            counts.append(f"{int(true.sum())} of {len(one)} {SHOWN_SCALES[scale]}")
        lines.append(f"- {escape(outcome)}: slope 1 and intercept 0 both lie within their intervals for {', '.join(counts)}.")
    return "\n".join(lines)


def _grid(contents: Contents, table: pd.DataFrame, measure: str, outcomes: tuple[str, ...]) -> Grid:
    """One row a method, as predicted, one column an outcome."""
    lines = {(line["method"], line["outcome"]): line for line in rows_of(table[table["scale"] == RAW])}
    rows = []
    for method in table["method"].unique():
        texts = [_scored(lines[method, outcome], measure, sign=measure == "intercept") for outcome in outcomes]
        rows.append((Cell(method), *map(Cell, texts)))
    title = f"{contents.record.name}: calibration {measure}, {SHOWN_SCALES[RAW]}"
    return Grid(title, ("method", *outcomes), (*rows, *lacking(contents, len(outcomes))))


def _brier(contents: Contents, table: pd.DataFrame) -> Grid:
    """One row a method: averages over outcomes, before and after Platt scaling."""
    lines = {(line["method"], line["scale"]): line for line in rows_of(table[table["outcome"] == AVERAGE])}
    rows = []
    for method in table["method"].unique():
        both = [lines[method, scale] for scale in SCALES]
        texts = [_scored(line, "scaled_brier", sign=True) for line in both]
        rows.append((Cell(method), *map(Cell, texts), *(Cell(number(line["brier"], 4)) for line in both)))
    heads = [f"{what}, {SHOWN_SCALES[scale]}" for what in ("scaled Brier", "Brier") for scale in SCALES]
    title = f"{contents.record.name}: Brier scores, average over outcomes"
    return Grid(title, ("method", *heads), (*rows, *lacking(contents, len(heads))))


def _scored(line: dict[str, Any], measure: str, sign: bool) -> str:
    return scored(line[measure], line[f"{measure}_low"], line[f"{measure}_high"], sign)

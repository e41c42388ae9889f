"""Default: what tuning brought."""

from __future__ import annotations

from bench.evaluation.incomplete import OK
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, number, scored
from bench.reporting.section import Section
from bench.reporting.sections.shown import SHOWN, rows_of

READ_DEFAULT = (
    "Trial 0, the documented default with one seed, against the tuned method; a gain around zero says that tuning was not needed."
)


def section(contents: Contents) -> Section:
    """Trial 0 against what tuning chose."""
    return Section(
        name="default",
        title="Default against tuned",
        blocks=(READ_DEFAULT, *default_grids(contents)),
        tables={"default": contents.default},
        caption="Trial 0 with one seed against the tuned method; paired 95 % bootstrap intervals, unadjusted",
        about="the documented default of every method",
    )


def default_grids(contents: Contents) -> list[Grid]:
    """Default, tuned and gain on the average over outcomes."""
    lines = {(line["metric"], line["method"]): line for line in rows_of(contents.default) if line["outcome"] == AVERAGE}
    rows = []
    for method in contents.record.plan["methods"]:
        row = [Cell(method)]
        for metric in METRICS:
            line = lines[metric, method]
            texts = [number(line["default"]), number(line["tuned"]), scored(line["gain"], line["low"], line["high"], sign=True)]
            row += [Cell(text if line["status"] == OK else line["status"]) for text in texts]
        rows.append(tuple(row))
    heads = [f"{SHOWN[metric]} {what}" for metric in METRICS for what in ("default", "tuned", "gain")]
    return [Grid(f"{contents.record.name}: average, default against tuned", ("method", *heads), tuple(rows))]

"""Together: what several datasets say of the same methods, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.diagnostics.conflict import gradients
from bench.diagnostics.foretold import foretold
from bench.diagnostics.transfer import HARMED, HELPED
from bench.evaluation.metrics import METRICS
from bench.evaluation.ranked import averages
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, number
from bench.reporting.markdown import escape
from bench.reporting.section import Section
from bench.reporting.sections import foretold as foretold_section
from bench.reporting.sections import ranks
from bench.reporting.sections.shown import SHOWN, rows_of

NAME = "all datasets"
HEADING = "All datasets together"
READ = (
    "Averages over the outcomes of each dataset; the best of a dataset is marked. Numbers of different datasets are not to be "
    "compared: their outcomes differ in how hard they are."
)


def sections(datasets: Sequence[Contents]) -> tuple[Section, ...]:
    """What is told of two or more datasets together, the answer first."""
    table = averages([(contents.record, contents.scores) for contents in datasets])
    made = (_answer(datasets, table), _averages(datasets, table), ranks.section(table), _foretold(datasets))
    return tuple(section for section in made if section is not None)


def lead(datasets: Sequence[Contents]) -> str:
    """Markdown: what lies side by side."""
    synthetic = sum(bool(contents.record.cohort["card"].get("synthetic")) for contents in datasets)
    said = f", {synthetic} of them synthetic" if synthetic else ""
    methods = dict.fromkeys(label for contents in datasets for label in contents.record.plan["methods"])
    count = f"{len(methods)} method{'' if len(methods) == 1 else 's'}"
    return f"**{count}** on {len(datasets)} datasets{said}; each also stands alone below."


def _answer(datasets: Sequence[Contents], table: pd.DataFrame) -> Section:
    lines = [line for metric in METRICS for line in (_leaders(datasets, metric), _sharing(datasets, metric)) if line]
    lines += ranks.said(table)
    return Section(name="together", title="Over all datasets", blocks=("\n".join(lines),))


def _leaders(datasets: Sequence[Contents], metric: str) -> str:
    led: dict[str, list[str]] = {}
    for contents in datasets:
        if (found := contents.leaders[metric]) is not None:
            led.setdefault(found.method, []).append(contents.record.name)
    order = sorted(led.items(), key=lambda pair: -len(pair[1]))
    said = "; ".join(f"{escape(method)} in {', '.join(map(escape, names))}" for method, names in order)
    return f"- **Average {SHOWN[metric]}, who leads**: {said}." if said else ""


def _sharing(datasets: Sequence[Contents], metric: str) -> str:
    tables = [contents.transfer[contents.transfer["outcome"].isin(contents.scores.outcomes)] for contents in datasets]
    gains = pd.concat([table[table["metric"] == metric] for table in tables if len(table)] or [pd.DataFrame({"verdict": []})])
    if gains.empty:
        return ""
    counts = gains["verdict"].value_counts()
    helped, harmed = int(counts.get(HELPED, 0)), int(counts.get(HARMED, 0))
    return (
        f"- {SHOWN[metric]}, sharing against the twin: {helped} clearly helped and {harmed} clearly harmed of {len(gains)} "
        "comparisons (methods × outcomes × datasets), Holm within each dataset."
    )


def _averages(datasets: Sequence[Contents], table: pd.DataFrame) -> Section:
    names = [contents.record.name for contents in datasets]
    methods = list(dict.fromkeys(label for contents in datasets for label in contents.record.plan["methods"]))
    grids = []
    for metric in METRICS:
        lines = table[table["metric"] == metric]
        values = {(line["dataset"], line["method"]): float(line["value"]) for line in rows_of(lines)}
        best = {name: max((v for (d, _), v in values.items() if d == name), default=float("nan")) for name in names}
        rows = []
        for method in methods:
            found = [values.get((name, method), float("nan")) for name in names]
            marks = ["best" if value == best[name] else "" for name, value in zip(names, found, strict=True)]
            rows.append((Cell(method), *(Cell(number(v), mark) for v, mark in zip(found, marks, strict=True))))
        grids.append(Grid(f"Average {SHOWN[metric]} by dataset", ("method", *names), tuple(rows)))
    return Section(
        name="averages",
        title="Every method on every dataset",
        blocks=(READ, *grids),
        tables={"averages": table},
        caption="Mean over the outcomes of each dataset",
        about="averages over outcomes by dataset",
    )


def _foretold(datasets: Sequence[Contents]) -> Section | None:
    """Whether conflict told of harm, over methods × outcomes × datasets; None where fewer than two datasets logged any."""
    logged = [(found, contents) for contents in datasets if len(found := gradients(contents.record))]
    if len(logged) < 2:
        return None
    told = foretold([found for found, _ in logged], [contents.transfer for _, contents in logged])
    if told.empty:
        return None
    return Section(
        name="foretold_together",
        title="Did conflict in training foretell harm?",
        blocks=(foretold_section.READ, foretold_section.grid(f"{len(logged)} datasets", told)),
        tables={"foretold_together": told},
        caption="Rank correlation over methods × outcomes × datasets",
        about="whether logged conflict told of harm, over all datasets",
    )

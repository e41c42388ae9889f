"""Scores: the main table and its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.evaluation.incomplete import OK, ORDER, REFERENCE
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.reporting import published
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, pages, scored
from bench.reporting.section import Picture, Section
from bench.reporting.sections.shown import SHOWN, head, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = ("best", "second")

READ_MAIN = (
    "Scores on test cases, mean over seeds, then folds, then repeats; in brackets 95 % intervals by bootstrap over "
    "patients, unadjusted for the number of intervals shown. Overlapping intervals do not say that two methods are equal: "
    "differences are paired, see the answer above. Best method bold, second underlined, whether or not the difference is real. "
    "AUPRC of a useless method is the prevalence. `(ensemble)`: the mean of the predictions of a method's final fits, scored as "
    "one model; it stands here for comparison, and takes no part in who leads or in what sharing gained."
)
READ_MAIN_FIGURE = (
    "Each dot is a score, each line its 95 % interval (unadjusted); methods stand in the order of their average AUC. "
    "Dashed: chance, which in AUPRC is the prevalence. Dotted, where the truth is known: `oracle`, what the true risk itself "
    "would reach, and noisy modalities cannot; `large_n`, what plain methods reach from 100,000 further patients."
)


def section(contents: Contents) -> Section:
    """AUC and AUPRC of every method, reference and ensemble; then, apart, what others published."""

    def draw() -> Figure:
        from bench.reporting.figures import main

        families = {label: method["family"] for label, method in contents.record.plan["methods"].items()}
        return main.draw(contents.main, families)

    tables = {"main": contents.main} | ({} if contents.published.empty else {"published": contents.published})
    return Section(
        name="main",
        title="Scores",
        blocks=(READ_MAIN, *main_grids(contents), *published.blocks(contents.published), Picture("main", draw, READ_MAIN_FIGURE)),
        tables=tables,
        caption="95 % bootstrap intervals over patients, unadjusted; best bold, second underlined",
        about="every score"
        + ("" if contents.published.empty else "; `published.csv`: what others published on cohorts of their own"),
    )


def main_grids(contents: Contents) -> list[Grid]:
    """AUC, then AUPRC with the prevalences: best first, then failed methods, those not run, and references."""
    return [_main(contents, metric, targets) for metric in METRICS for targets in pages(contents.scores.targets)]


def _main(contents: Contents, metric: str, targets: tuple[str, ...]) -> Grid:
    lines = {(line["method"], line["status"] == REFERENCE, line["outcome"]): line for line in rows_of(contents.main)}
    averages = [line for line in lines.values() if line["outcome"] == AVERAGE]
    averages.sort(key=lambda line: (ORDER.index(line["status"]), -line[metric] if line["status"] == OK else 0))
    marks = {target: _marks(contents, metric, target) for target in targets}
    rows = []
    for average in averages:
        reference = average["status"] == REFERENCE
        row = [Cell(average["method"] + (" (reference)" if reference else ""))]
        for target in targets:
            line = lines[average["method"], reference, target]
            text = scored(line[metric], line[f"{metric}_low"], line[f"{metric}_high"])
            said = text if line["status"] in (OK, REFERENCE) else line["status"]
            row.append(Cell(said, "" if reference else marks[target].get(line["method"], "")))
        rows.append(tuple(row))
    heads = [head(contents, metric, target) for target in targets]
    return Grid(f"{contents.record.name}: {SHOWN[metric]}", ("method", *heads), tuple(rows))


def _marks(contents: Contents, metric: str, target: str) -> dict[str, str]:
    """Best and second of the complete methods; none where the score hangs on too few positives."""
    if contents.scores.too_few(metric, target):
        return {}
    asked = contents.main[(contents.main["status"] == OK) & (contents.main["outcome"] == target)].dropna(subset=[metric])
    # Who leads is asked of methods; an ensemble of several fits is another thing than one fit.
    asked = asked[asked["method"].isin(contents.scores.methods)]
    best = asked.sort_values(metric, ascending=False, kind="stable")["method"].head(len(MARKS))
    return dict(zip(best, MARKS, strict=False))

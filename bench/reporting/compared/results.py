"""Results: equal predictions, scores and who leads, in two studies."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from bench.comparison.cases import PAIRED
from bench.comparison.results import BETTER, EQUAL, WORSE
from bench.comparison.studies import Dataset
from bench.diagnostics.transfer import SIGNIFICANT
from bench.evaluation.leader import Leader
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.reporting.compared.part import Part, count, listed
from bench.reporting.grid import Cell, Grid, duration, number, scored
from bench.reporting.sections.answer import p_text
from bench.reporting.sections.shown import SHOWN, rows_of

READ = (
    "In brackets paired 95 % intervals over patients, unadjusted. better and worse: p < 0.05 after Holm's correction within one "
    "metric over methods × outcomes (the averages: over methods). They speak of these fitted models."
)
READ_UNPAIRED = "In brackets each score's own 95 % interval over its test patients."


def predictions(dataset: Dataset) -> Part:
    """Which methods predict the same to the bit, how far the others are apart, and which are not complete."""
    lines = []
    if dataset.comparable.kind == PAIRED:
        equal = [method for method, far in dataset.apart.items() if far == 0]
        of = f"{len(equal)} of {count(len(dataset.apart), 'method')}"
        every = "every method" if len(equal) > 1 else "the method"
        if dataset.apart:
            whole = len(equal) == len(dataset.apart)
            lines.append(f"Equal to the bit: {every if whole else of}{f' ({listed(equal)})' if equal else ''}.")
        moved = [f"{method} ({_far(far)})" for method, far in dataset.apart.items() if far != 0]
        lines += [f"Not equal, with the furthest that two risks of a case lie apart: {listed(moved)}."] if moved else []
    for method, why in dataset.incomplete.items():
        said = "; ".join(f"in {study} {reason}" for study, reason in zip("AB", why, strict=True) if reason)
        lines.append(f"{method} is not compared, for it is not complete: {said}.")
    if dataset.results.empty:
        lines.append("No method is complete in both.")
    return Part("Predictions", tuple(lines))


def _far(far: float) -> str:
    return "other seeds or defaults" if math.isnan(far) else f"{far:.2g}"


def scores(dataset: Dataset, most: int | None = None) -> Part:
    """A, B and B − A of the methods that moved: the averages, then the outcomes; where these are more than `most` rows, those that
    are clearly better or worse."""
    table, paired = dataset.results, dataset.comparable.kind == PAIRED
    moved = table[table["verdict"] != EQUAL]
    if moved.empty:
        return Part("Scores", ("All scores are equal.",) if len(table) else ())
    grids, lines = [], [READ if paired else READ_UNPAIRED]
    left = 0
    for metric in METRICS:
        one = moved[moved["metric"] == metric]
        average = one["outcome"].str.startswith(AVERAGE)
        for part, title in ((one[average], "averages"), (one[~average], "by outcome")):
            if most is not None and len(part) > most:
                clear = part[part["verdict"].isin([BETTER, WORSE])] if paired else part.iloc[:0]
                left += len(part) - len(clear)
                part = clear
            if len(part):
                grids.append(Grid(f"{dataset.name}: {SHOWN[metric]}, {title}", _heads(paired), tuple(_rows(part, paired))))
    if left:
        lines.append(
            f"Not shown: {left} comparisons{' without a clear difference' if paired else ''}; --out DIR writes all of them."
        )
    return Part("Scores", tuple(lines), tuple(grids))


def _heads(paired: bool) -> tuple[str, ...]:
    return ("method", "outcome", "A", "B", *(("B − A", "Holm p", "verdict") if paired else ()))


def _rows(table: pd.DataFrame, paired: bool) -> list[tuple[Cell, ...]]:
    return [tuple(Cell(text) for text in _row(line, paired)) for line in rows_of(table)]


def _row(line: dict[str, Any], paired: bool) -> tuple[str, ...]:
    place = line["method"], line["outcome"]
    if not paired:
        return (*place, *(scored(line[side], line[f"{side}_low"], line[f"{side}_high"]) for side in "ab"))
    p = number(math.nan) if math.isnan(line["p_holm"]) else p_text(line["p_holm"])
    gap = scored(line["difference"], line["low"], line["high"], sign=True)
    return (*place, number(line["a"]), number(line["b"]), gap, p, line["verdict"])


def leaders(dataset: Dataset) -> Part:
    """Who leads in A and in B, and which verdicts on sharing changed."""
    lines = [_lead(SHOWN[metric], *both) for metric, both in dataset.leaders.items()]
    table = dataset.verdicts
    if table.empty:
        lines.append("No verdict on sharing (helped, harmed) changed.")
    lines += [
        f"Changed: {line['outcome']} by {line['method']}, {SHOWN[line['metric']]}: {line['a']} → {line['b']}."
        for line in rows_of(table)
    ]
    return Part("Who leads", tuple(lines))


def _lead(metric: str, a: Leader | None, b: Leader | None) -> str:
    if a is not None and b is not None and (a.method, _clear(a)) == (b.method, _clear(b)):
        return f"Average {metric}: {a.method} leads in both, {number(a.score)} → {number(b.score)} ({_how(a)})."
    return f"Average {metric}, changed: {_told(a)} leads in A, {_told(b)} in B."


def _told(found: Leader | None) -> str:
    return "nobody" if found is None else f"{found.method} {number(found.score)} ({_how(found)})"


def _how(found: Leader) -> str:
    if not found.others:
        return "the only one"
    return "a clear lead" if _clear(found) else "no clear lead"


def _clear(found: Leader | None) -> bool:
    """Whether the leader is clearly ahead of the second."""
    return bool(found and found.others and found.p_holm[next(iter(found.others))] < SIGNIFICANT)


def cost(dataset: Dataset) -> Part:
    """Seconds and memory of both."""
    rows = [
        (
            line["method"],
            *(duration(line[f"seconds_{side}"]) for side in "ab"),
            number(line["seconds_ratio"], 2),
            *(_megabytes(line[f"memory_mb_{side}"]) for side in "ab"),
            number(line["memory_mb_ratio"], 2),
        )
        for line in rows_of(dataset.costs)
    ]
    if not rows:
        return Part("Cost")
    heads = ("method", "time A", "time B", "B / A", "memory A", "memory B", "B / A")
    said = "Time of tuning, final fits and predictions; it depends on the machine and on what else it did."
    return Part("Cost", (said,), (Grid(f"{dataset.name}: cost", heads, tuple(tuple(Cell(t) for t in row) for row in rows)),))


def _megabytes(value: float) -> str:
    return f"{number(value, 0)}{'' if math.isnan(value) else ' MB'}"

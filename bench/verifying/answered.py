"""Answered: the numbers of the page that no CSV file holds: who leads by how much, and what could have been seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from bench.verifying.expected import LEFT_OUT, Checked, Finding
from bench.verifying.gains import test_to_train
from bench.verifying.laws import NAN, error, holm, over_folds, percentiles, quantile, seen, two_sided
from bench.verifying.predicted import AVERAGE, METRICS, Dataset
from bench.verifying.scores import Scores

FILE = "index.md"
SHOWN = {"auc": "AUC", "auprc": "AUPRC"}
# The page tells three decimals.
UNIT = 0.001
_NUMBER = re.compile(r"(?<![\w.])[+-]?\d+\.\d+(?![\w.])")


def answered(data: Dataset, scores: Scores, page: str) -> Checked:
    """Holds the part of the page that tells of this dataset against the scores; `page`: that part, of index.md."""
    told = Checked(FILE, means="leader, visible differences", worst=0.0)
    lines = page.replace("\\", "").splitlines()
    visible = {target: [_visible(data, scores, metric, t) for metric in METRICS] for t, target in enumerate(data.targets)}
    for metric in METRICS:
        order = _order(data, scores, metric)
        if not order:
            continue
        start = f"- **Average {SHOWN[metric]}: {order[0].replace(chr(92), '')} leads with "
        line = next((one for one in lines if one.startswith(start)), None)
        if line is None:
            stands = next((one for one in lines if one.startswith(f"- **Average {SHOWN[metric]}: ")), "")
            told.findings.append(Finding(FILE, f"{data.name}, Answer", stands, f"{start}…"))
            continue
        rest = line[len(start) :]
        if len(order) > 1:
            # A name may hold what looks like a number.
            rest = rest.replace(f" ahead of {order[1]}", " ahead of it", 1)
        _held(told, f"{data.name}, Answer, average {SHOWN[metric]}", rest, _leading(data, scores, metric, order))
    rows = _table(lines, "What could have been seen")
    for target, values in visible.items():
        cells = rows.get(target)
        if cells is None:
            told.findings.append(Finding(FILE, f"{data.name}, What could have been seen", "", f"a row {target}"))
            continue
        for metric, text, value in zip(METRICS, cells, values, strict=True):
            _cell(told, f"{data.name}, What could have been seen, {target}, {SHOWN[metric]}", text, value)
    return told


def part_of(page: str, name: str, several: bool) -> str:
    """What a page tells of one dataset: all, or what stands under its heading."""
    if not several:
        return page
    parts = re.split(r"^# Dataset ", page.replace("\\", ""), flags=re.MULTILINE)
    return next((part for part in parts[1:] if part.split("\n", 1)[0] == name.replace("\\", "")), "")


def _order(data: Dataset, scores: Scores, metric: str) -> list[str]:
    """Methods, the highest average first."""
    t = data.targets.index(AVERAGE)
    known = [method for method in data.methods if scores.point(method, metric, t) == scores.point(method, metric, t)]
    return sorted(known, key=lambda method: -scores.point(method, metric, t))


def _leading(data: Dataset, scores: Scores, metric: str, order: Sequence[str]) -> list[Any]:
    """The leader's score, the gap to the second with its interval, Holm's p over all pairs; from five folds on a fold test."""
    m, t = METRICS.index(metric), data.targets.index(AVERAGE)
    first = scores.point(order[0], metric, t)
    if len(order) < 2:
        return [first]
    gap = first - scores.point(order[1], metric, t)
    found: list[Any] = [first, gap, LEFT_OUT, LEFT_OUT, LEFT_OUT]
    if scores.draws:
        # The leader was picked among all: any pair of methods could have come to be looked at.
        p = [
            two_sided(scores.point(a, metric, t) - scores.point(b, metric, t), error(scores.draws[a][m, t] - scores.draws[b][m, t]))
            for a, b in combinations(order, 2)
        ]
        found[2:] = [*percentiles(scores.draws[order[0]][m, t] - scores.draws[order[1]][m, t]), holm(p)[0]]
    if data.folds >= 5:
        low, high, p_folds = over_folds((scores.folds[order[0]][m, t] - scores.folds[order[1]][m, t]).tolist(), test_to_train(data))
        found += [gap, low, high, p_folds]
    return found


def _visible(data: Dataset, scores: Scores, metric: str, t: int) -> Any:
    """2.80 standard errors, median over pairs with the leader."""
    order = _order(data, scores, metric)
    if len(order) < 2 or data.few(metric, data.targets[t]):
        return NAN
    if not scores.draws:
        return LEFT_OUT
    m = METRICS.index(metric)
    return seen(quantile([error(scores.draws[order[0]][m, t] - scores.draws[other][m, t]) for other in order[1:]], 0.5))


def _table(lines: list[str], title: str) -> dict[str, list[str]]:
    """Cells of the first table under a heading, by what stands in the first column."""
    found: dict[str, list[str]] = {}
    start = next((n for n, line in enumerate(lines) if line == f"## {title}"), len(lines))
    for line in lines[start + 1 :]:
        if line.startswith("#") or (found and not line.startswith("|")):
            break
        if line.startswith("| "):
            name, *cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            found[name] = cells
    return found


def _held(told: Checked, where: str, text: str, expected: list[Any]) -> None:
    """Numbers of a sentence, in their order; `p < 0.001` is one that is smaller."""
    found = [("< " if text[: one.start()].endswith("< ") else "") + one[0] for one in _NUMBER.finditer(text)]
    if len(found) != len(expected):
        told.findings.append(Finding(FILE, where, text, f"{len(expected)} numbers"))
        return
    for stands, value in zip(found, expected, strict=True):
        _cell(told, where, stands, value)


def _cell(told: Checked, where: str, stands: str, value: Any) -> None:
    if value is LEFT_OUT:
        told.left_out += 1
        return
    if value != value:
        if stands != "–":
            told.findings.append(Finding(FILE, where, stands, "no number"))
        return
    told.numbers += 1
    if stands.startswith("< "):
        same, off = value < UNIT, 0.0
    else:
        number = _NUMBER.fullmatch(stands)
        off = abs(float(stands) - value) if number else float("inf")
        # A tie may be rounded to either side.
        same = off <= UNIT / 2 + 1e-9
    if same:
        told.worst = max(told.worst, off / UNIT)
    else:
        told.findings.append(Finding(FILE, where, stands, f"{value:.3f}"))

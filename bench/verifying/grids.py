"""Grids: scores and gains of every dataset of a grid, and their means over the draws of each point."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.protocol.seeds import seed
from bench.store import DatasetRecord
from bench.verifying.expected import LEFT_OUT, Expected
from bench.verifying.gains import twins
from bench.verifying.laws import NAN, NONE, Z, around, error, holm, student, two_sided
from bench.verifying.lost import fewer, sampled
from bench.verifying.main import RANKS
from bench.verifying.predicted import AVERAGE, FEW, METRICS, Dataset

# Axes that set points apart whose spread is not pooled.
APART = ("patients", "known")
Row = dict[str, Any]


def draws(data: Dataset, outcomes: Sequence[str], intervals: bool) -> list[Row]:
    """Rows of one dataset: scores and gains on these outcomes and their average."""
    if not data.methods:
        return []
    places = [data.outcomes.index(outcome) for outcome in outcomes]
    found = {}
    weights = [
        fewer(test.patient, seed(data.seed, data.name, "", f, "bootstrap/patients"), intervals) for f, test in data.tests.items()
    ]
    for method in data.methods:
        parts = [
            sampled(t.y[places], data.tuned[method, f].p[:, places], w)
            for (f, t), w in zip(data.tests.items(), weights, strict=True)
        ]
        values = [np.mean([part[k] for part in parts], axis=0) for k in (0, 1)]
        found[method] = [np.concatenate([one, one.mean(axis=1, keepdims=True)], axis=1) for one in values]
    positive = [sum(int((test.y[place] == 1).sum()) for test in data.tests.values()) for place in places]
    pairs, rows = twins(data), []
    for m, metric in enumerate(METRICS):
        for method in data.methods:
            for t, target in enumerate((*outcomes, AVERAGE)):
                hidden = metric == "auprc" and target != AVERAGE and positive[t] < FEW
                points, drawn = (one[m, t] for one in found[method])
                row = _place(data) | {"method": method, "outcome": target, "metric": metric, "score": float(points)}
                row |= dict(zip(("low", "high"), _ends(float(points), drawn, hidden, intervals)[:2], strict=True))
                row |= {"twin": pairs.get(method), **dict.fromkeys(("gain", "gain_low", "gain_high", "gain_error"))}
                if method in pairs:
                    other, theirs = (one[m, t] for one in found[pairs[method]])
                    gain = float(points - other)
                    ends = _ends(gain, drawn - theirs, hidden, intervals)
                    row |= {"gain": gain, **dict(zip(("gain_low", "gain_high", "gain_error"), ends, strict=True))}
                rows.append(row)
    return rows


def _place(data: Dataset) -> Row:
    place = data.record.plan["grid"]
    return {"grid": place["label"], "dataset": data.name, **place["axes"], "draw": place["draw"]}


def _ends(value: float, drawn: np.ndarray, hidden: bool, intervals: bool) -> tuple[Any, Any, Any]:
    if hidden:
        return (*NONE, NAN)
    return (*around(value, drawn), error(drawn)) if intervals else (LEFT_OUT,) * 3


def common(points: Sequence[DatasetRecord]) -> tuple[str, ...]:
    """Outcomes that every dataset of the grid has."""
    return tuple(o for o in points[0].plan["outcomes"] if all(o in record.plan["outcomes"] for record in points))


def _at(row: Row, axes: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[axis] for axis in axes)


def _parted(rows: Sequence[Row], keys: Sequence[str]) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by what they say in these columns."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(_at(row, keys), []).append(row)
    return found


def phase(rows: Sequence[Row], axes: Sequence[str], label: str) -> Expected:
    """Gains in the average at each point."""
    lines: list[Row] = []
    average = [row for row in rows if row["outcome"] == AVERAGE and row["twin"] is not None]
    for kind in _parted(average, ("metric", "method", *(axis for axis in APART if axis in axes))).values():
        points = _parted(kind, axes)
        spread, df = pooled([{row["draw"]: row["gain"] for row in point} for point in points.values()])
        for place, point in points.items():
            gain = math.fsum(row["gain"] for row in point) / len(point)
            row: Row = {
                "grid": label,
                **dict(zip(axes, place, strict=True)),
                "method": point[0]["method"],
                "twin": point[0]["twin"],
            }
            row |= {"metric": point[0]["metric"], "draws": len(point), "gain": gain, "df": float(df)}
            errors = [one["gain_error"] for one in point]
            lines.append(row | (_by_draws(gain, spread, df, len(point)) if df else _by_patients(gain, errors)))
    for metric in METRICS:
        family = [line for line in lines if line["metric"] == metric]
        quick = any(line["p"] is LEFT_OUT for line in family)
        for line, p in zip(family, holm([NAN if line["p"] is LEFT_OUT else line["p"] for line in family]), strict=True):
            clear = "wins" if line["gain"] > 0 else "loses"
            line |= {"p_holm": LEFT_OUT if quick else p, "verdict": LEFT_OUT if quick else clear if p < 0.05 else "ties"}
    return Expected("phase", ("grid", *axes, "method", "metric"), lines, "plain analysis of variance")


def _by_draws(value: float, spread: float, df: float, draws: int) -> Row:
    much = spread / math.sqrt(draws)
    if much == 0:
        return {"error": 0.0, "low": value, "high": value, "p": 1.0 if value == 0 else 0.0}
    reach, p = student(value, much, df)
    return {"error": much, "low": value - reach, "high": value + reach, "p": p}


def _by_patients(value: float, errors: Sequence[Any]) -> Row:
    if any(one is LEFT_OUT for one in errors):
        return dict.fromkeys(("error", "low", "high", "p"), LEFT_OUT)
    much = math.sqrt(math.fsum(one**2 for one in errors)) / len(errors)
    return {"error": much, "low": value - Z * much, "high": value + Z * much, "p": two_sided(value, much)}


def pooled(points: Sequence[Mapping[int, float]]) -> tuple[float, float]:
    """Standard deviation over draws and its degrees of freedom; `points`: values by draw.

    Squares around each point's mean, parted into those of the draws (what all points with a draw have in common) and the rest;
    Satterthwaite's degrees of freedom for their sum. NaN and 0 without a second draw.
    """
    df = sum(len(point) - 1 for point in points)
    if df == 0:
        return NAN, 0.0
    by_draw: dict[int, list[float]] = {}
    for point in points:
        mean = math.fsum(point.values()) / len(point)
        for draw, value in point.items():
            by_draw.setdefault(draw, []).append(value - mean)
    whole = math.fsum(off**2 for offs in by_draw.values() for off in offs)
    if whole == 0:
        return 0.0, float(df)
    between = min(whole, math.fsum(math.fsum(offs) ** 2 / len(offs) for offs in by_draw.values()))
    first = len(by_draw) - 1
    rest = (whole - between) ** 2 / (df - first) if df > first else 0.0
    return math.sqrt(whole / df), whole**2 / (between**2 / first + rest)


def curves(rows: Sequence[Row], axes: Sequence[str], label: str, name: str) -> Expected:
    """Scores in the average at each point; `name` of the file: learning, or levels where not one axis of numbers varies alone."""
    lines = []
    for place, point in _parted([row for row in rows if row["outcome"] == AVERAGE], (*axes, "method", "metric")).items():
        score = math.fsum(row["score"] for row in point) / len(point)
        row: Row = {
            "grid": label,
            **dict(zip((*axes, "method", "metric"), place, strict=True)),
            "draws": len(point),
            "score": score,
        }
        row |= {"low": point[0]["low"], "high": point[0]["high"]}
        if len(point) > 1:
            spread, df = pooled([{one["draw"]: one["score"] for one in point}])
            found = _by_draws(score, spread, df, len(point))
            row |= {"low": found["low"], "high": found["high"]}
        lines.append(row)
    return Expected(name, ("grid", *axes, "method", "metric"), lines, RANKS)


def name_of_curves(points: Sequence[DatasetRecord], axes: Sequence[str]) -> str:
    """learning where one axis varies and holds numbers, else levels."""
    values = {axis: {record.plan["grid"]["axes"][axis] for record in points} for axis in axes}
    varied = [axis for axis in axes if len(values[axis]) > 1]
    numbers = len(varied) == 1 and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values[varied[0]])
    return "learning" if numbers else "levels"


def listed(data: Dataset, outcomes: Sequence[str]) -> Row:
    """One dataset of the grid: cases, the rarest outcome, hashes."""
    there = list(data.record.cells)
    sizes = data.record.cells[there[0]].meta["cases"] if there else {}
    row = _place(data) | {side: sizes.get(side) for side in ("train", "valid", "test")}
    shares = []
    for place in (data.outcomes.index(outcome) for outcome in outcomes):
        known = [y for test in data.tests.values() for y in test.y[place].tolist() if y == y]
        shares += [sum(known) / len(known)] if known else []
    row |= {"prevalence_of_rarest": min(shares, default=NAN), "complete": len(data.methods)}
    row |= {"methods": len(data.record.plan["methods"])}
    return row | {name: data.record.plan[name] for name in ("cohort_hash", "split_hash")}

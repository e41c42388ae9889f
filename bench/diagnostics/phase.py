"""Phase: at which points of a grid sharing wins, loses or ties, over the draws of each point."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from bench.diagnostics.draws import Drawn, drawn
from bench.diagnostics.transfer import SIGNIFICANT
from bench.evaluation.scores import AVERAGE
from bench.evaluation.statistics import LEVEL, holm
from bench.protocol.crossed import RULES
from bench.store import DatasetRecord
from datasets.errors import Refused

WINS, LOSES, TIES = "wins", "loses", "ties"
# What comes after the columns of the grid's axes.
POINT_COLUMNS = ("method", "twin", "metric", "draws", "gain", "low", "high", "error", "df", "p", "p_holm", "verdict")
CURVE_COLUMNS = ("method", "metric", "draws", "score", "low", "high")
Axes = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Phase:
    """What is known of one grid. `axes`: every axis with its values in rising order; `varied`: those of more than one value.

    `draws`: one line a dataset, method, target and metric. `points`: one line a point, method and metric, the gain on the average.
    `curves`: the same of the score. `drawn`: what was read of each dataset, by its name.
    """

    label: str
    axes: Axes
    outcomes: tuple[str, ...]
    draws: pd.DataFrame
    points: pd.DataFrame
    curves: pd.DataFrame
    drawn: Mapping[str, Drawn]

    @property
    def varied(self) -> tuple[str, ...]:
        return tuple(axis for axis, values in self.axes.items() if len(values) > 1)

    def order(self, axes: Sequence[str], values: Sequence[Any]) -> tuple[int, ...]:
        """Where a point stands among the others: the places of its values on these axes."""
        return tuple(self.axes[axis].index(value) for axis, value in zip(axes, values, strict=True))


def grids(records: Sequence[DatasetRecord]) -> dict[str, list[DatasetRecord]]:
    """The datasets that are points of a grid, by the label of the grid, in the order of their points and draws."""
    found: dict[str, list[DatasetRecord]] = {}
    for record in records:
        if "grid" in record.plan:
            found.setdefault(record.plan["grid"]["label"], []).append(record)
    return {label: sorted(points, key=_point) for label, points in sorted(found.items())}


def phase(label: str, records: Sequence[DatasetRecord]) -> Phase:
    """Gains and scores over a grid, on the average over the outcomes that all of its datasets have."""
    names = list(records[0].plan["grid"]["axes"])
    if any(list(record.plan["grid"]["axes"]) != names for record in records):
        raise Refused(f"grid '{label}': its datasets have different axes. Move those of an earlier grid out of the results.")
    outcomes = tuple(o for o in records[0].plan["outcomes"] if all(o in record.plan["outcomes"] for record in records))
    if not outcomes:
        raise Refused(f"grid '{label}': its datasets have no outcome in common, so that nothing can be set side by side.")
    axes = {name: tuple(sorted({record.plan["grid"]["axes"][name] for record in records}, key=_place)) for name in names}
    read = {record.name: drawn(record, outcomes) for record in records}
    tables = [one.table for one in read.values() if len(one.table)]
    draws = pd.concat(tables, ignore_index=True) if tables else next(iter(read.values())).table
    average = draws[draws["outcome"] == AVERAGE]
    return Phase(label, axes, outcomes, draws, _gains(average, names), _curves(average, names), read)


def by_axis(phase: Phase, metric: str) -> dict[str, dict[Any, float]]:
    """Mean gain at each value of each axis that varies, over all methods and all points with this value."""
    points = phase.points[phase.points["metric"] == metric]
    means = {axis: points.groupby(axis)["gain"].mean() for axis in phase.varied}
    return {axis: {value: float(mean[value]) for value in phase.axes[axis] if value in mean} for axis, mean in means.items()}


def _point(record: DatasetRecord) -> tuple[list[tuple[bool, Any]], int]:
    place = record.plan["grid"]
    return [_place(value) for value in place["axes"].values()], place["draw"]


def _place(value: Any) -> tuple[bool, Any]:
    """Numbers in their order, before words in theirs."""
    return isinstance(value, str), value


def _gains(average: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Mean gain over the draws of each point, method and metric, with a 95 % interval and a verdict.

    The draws are the units: mean ± t s/√D. Two or three draws say little of their spread, so s² is pooled over all points with as
    many patients and as many known outcomes, for each method and metric apart, which takes gains at these points to be equally
    spread; see `pooled` for its degrees of freedom. Without a second draw anywhere: the gain ± 1.96 bootstrap standard errors over
    patients, which speaks of the fitted models. Intervals are unadjusted. `p_holm`: Holm within one metric over methods × points;
    `verdict`: wins or loses where it is under 0.05, else ties.
    """
    lines = []
    known = average[average["twin"] != ""]
    for keys, group in known.groupby(["metric", "method", *(name for name in RULES if name in names)], sort=False):
        points = [(where, part) for where, part in group.groupby(names, sort=False)] if names else [((), group)]
        spread, df = pooled([part.set_index("draw")["gain"] for _, part in points])
        for where, part in points:
            error = spread / math.sqrt(len(part)) if df else float(np.sqrt((part["gain_error"] ** 2).sum()) / len(part))
            gain = float(part["gain"].mean())
            reach, p = around(gain, error, df)
            twin = part["twin"].iloc[0]
            lines.append((*where, keys[1], twin, keys[0], len(part), gain, gain - reach, gain + reach, error, df, p))
    table = pd.DataFrame(lines, columns=[*names, *POINT_COLUMNS[:-2]])
    table["p_holm"] = table.groupby("metric")["p"].transform(lambda p: holm(p.to_numpy())) if len(table) else []
    table["verdict"] = [_verdict(gain, p) for gain, p in zip(table["gain"], table["p_holm"], strict=True)]
    return table


def _curves(average: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Mean score over the draws of each point, method and metric; interval: t over the draws of this point alone, or over patients
    (bootstrap) where it has but one."""
    lines = []
    for keys, part in average.groupby([*names, "method", "metric"], sort=False):
        score, low, high = float(part["score"].mean()), float(part["low"].iloc[0]), float(part["high"].iloc[0])
        if len(part) > 1:
            spread, df = pooled([part.set_index("draw")["score"]])
            reach, _ = around(score, spread / math.sqrt(len(part)), df)
            low, high = score - reach, score + reach
        lines.append((*_several(keys), len(part), score, low, high))
    return pd.DataFrame(lines, columns=[*names, *CURVE_COLUMNS])


def _several(keys: Hashable) -> tuple[Any, ...]:
    return keys if isinstance(keys, tuple) else (keys,)


def pooled(points: Sequence[pd.Series]) -> tuple[float, float]:
    """Standard deviation of a value over draws, pooled over points, and its degrees of freedom; NaN and 0 without a second draw.

    `points`: values by draw, one series a point. s² = SS / Σ_p (D_p − 1), SS the squares around each point's mean. Draws of one
    number share patients and loadings at all points, so that their residuals may go together: SS = SS_draws + SS_rest as in a
    two-way analysis of variance (Montgomery, Design and Analysis of Experiments), and the degrees of freedom are Satterthwaite's
    (1946), SS² / (SS_draws² / (D − 1) + SS_rest² / df_rest): Σ_p (D_p − 1) where points go their own ways, D − 1 where together.
    """
    df = sum(len(point) - 1 for point in points)
    if not df:
        return math.nan, 0.0
    residuals = pd.concat([point - point.mean() for point in points])
    squares, draws = float((residuals**2).sum()), residuals.groupby(level=0)
    between = min(float((draws.sum() ** 2 / draws.count()).sum()), squares)
    if squares == 0:
        return 0.0, float(df)
    first = draws.ngroups - 1
    rest = (squares - between) ** 2 / (df - first) if df > first else 0.0
    return math.sqrt(squares / df), squares**2 / (between**2 / first + rest)


def around(value: float, error: float, df: float) -> tuple[float, float]:
    """Half the width of the 95 % interval and the two-sided p of no difference: by Student's t, by the normal law without degrees
    of freedom; equal values (no difference, no error) give p = 1."""
    law = t(df) if df else norm
    reach = float(law.ppf((1 + LEVEL) / 2)) * error
    if error == 0:
        return reach, 1.0 if value == 0 else 0.0
    return reach, float(2 * law.sf(abs(value) / error))


def _verdict(gain: float, p_holm: float) -> str:
    if not p_holm < SIGNIFICANT:
        return TIES
    return WINS if gain > 0 else LOSES

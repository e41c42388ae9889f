"""Leader: the method of the highest average, and which others it is really ahead of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bench.evaluation.differences import Difference, difference
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, Scores
from bench.evaluation.statistics import holm, visible


@dataclass(frozen=True)
class Leader:
    """The leader in one metric. `others`: paired differences leader − other, best other first; `p_holm`: their p, over all pairs of
    methods."""

    metric: str
    method: str
    score: float
    others: Mapping[str, Difference]
    p_holm: Mapping[str, float]


def leader(scores: Scores, metric: str) -> Leader | None:
    """Who leads on the average over outcomes; None without a complete method. Ensembles, which cost S fits, do not compete.

    The leader is picked on the data that it is then held against, so that its pairs with the others are the extreme ones of all
    pairs: Holm over its own comparisons alone would call some method behind more than twice as often as it may (of eight equal
    methods, in 12 % of simulated studies). Here it runs over all pairs of methods, any of which the picking could have brought up
    (Tukey's all-pairwise comparisons; Hsu, Multiple Comparisons, 1996, chapter 5).
    """
    m, t = METRICS.index(metric), scores.targets.index(AVERAGE)
    average = {method: float(scores.points[m, scores.rows.index(method), t]) for method in scores.methods}
    order = sorted((method for method in average if not math.isnan(average[method])), key=lambda method: -average[method])
    if not order:
        return None
    others = {other: difference(scores, metric, order[0], other, AVERAGE) for other in order[1:]}
    first = [found.p for found in others.values()]
    rest = [difference(scores, metric, a, b, AVERAGE).p for a, b in combinations(order[1:], 2)]
    adjusted = holm([*first, *rest])[: len(first)]
    return Leader(metric, order[0], average[order[0]], others, dict(zip(others, adjusted.tolist(), strict=True)))


def visible_differences(scores: Scores, metric: str) -> dict[str, float]:
    """Smallest difference that a single test of two methods sees with 80 % power, by target: median over all pairs with the leader.

    NaN with fewer than two methods, and where AUPRC gets no interval.
    """
    first = leader(scores, metric)
    found = {}
    for target in scores.targets:
        errors = [difference(scores, metric, first.method, other, target).error for other in first.others] if first else []
        found[target] = visible(float(np.median(errors))) if errors else math.nan
    return found

"""Recalibration: straight lines in log-odds between the risks that were given and the outcomes that came."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

# Risks of exactly 0 or 1 have no log-odds: they are moved in by this much, wherever log-odds are asked for.
EPSILON = 1e-6
# Risks that differ by less in log-odds are one risk for all, which has no slope.
LEAST_SPREAD = 1e-6
# Newton's method takes under ten steps; one that has not arrived by then has nowhere to arrive.
STEPS, NEAR = 100, 1e-10
# Near the top the likelihood is flat to its last digits, whose rounding must not pass for an overshoot.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Line:
    """Log-odds of the outcome = `intercept` + `slope` × log-odds of the risk; both NaN where no finite line fits best."""

    intercept: float
    slope: float


def log_odds(p: np.ndarray) -> np.ndarray:
    """log p / (1 − p), with p kept EPSILON away from 0 and 1."""
    return np.asarray(logit(np.clip(p, EPSILON, 1 - EPSILON)))


def fitted(x: np.ndarray, target: np.ndarray) -> Line:
    """Logistic regression of `target` (cases,), in [0, 1], on `x` (cases,) by maximum likelihood (Cox 1958), by Newton's method.

    No finite line exists where all x are one, where a class is absent, or where a cut of x separates the classes (Albert and
    Anderson 1984): each case stands on the side of the positives with weight `target`, on the other with the rest.
    """
    positive, negative = x[target > 0], x[target < 1]
    apart = not len(positive) or not len(negative) or negative.max() <= positive.min() or positive.max() <= negative.min()
    if apart or np.ptp(x) < LEAST_SPREAD:
        return Line(math.nan, math.nan)
    if np.ptp(target) == 0:
        # Flat, and exactly so: a slope of rounding noise would put cases in an order that they do not have.
        return Line(float(logit(target[0])), 0.0)
    middle, spread = x.mean(), x.std()
    X = np.stack([np.ones_like(x), (x - middle) / spread])
    beta = np.array([logit(target.mean()), 0.0])
    reached = _likelihood(X, target, beta)
    for _ in range(STEPS):
        mu = expit(beta @ X)
        hessian = (X * (mu * (1 - mu))) @ X.T
        if np.linalg.cond(hessian) > 1 / np.finfo(float).eps:
            break
        step = np.linalg.solve(hessian, X @ (target - mu))
        # The likelihood is concave: a step that overshoots is halved.
        least = reached - ROUNDING * abs(reached)
        while (found := _likelihood(X, target, beta + step)) < least and np.abs(step).max() > NEAR:
            step = step / 2
        beta, reached = beta + step, found
        if np.abs(step).max() <= NEAR:
            return Line(float(beta[0] - beta[1] * middle / spread), float(beta[1] / spread))
    return Line(math.nan, math.nan)


def _likelihood(X: np.ndarray, target: np.ndarray, beta: np.ndarray) -> float:
    eta = beta @ X
    return float((target * eta - np.logaddexp(0, eta)).sum())


def shift(x: np.ndarray, target: np.ndarray) -> float:
    """The a for which the mean of expit(a + x) is the mean of `target`: the best intercept where the slope is 1; NaN where none
    is finite."""
    share = float(target.mean()) if len(target) else 0.0
    if not 0 < share < 1:
        return math.nan
    # Between these two every risk is too low, then every risk too high.
    low, high = logit(share) - x.max() - 1, logit(share) - x.min() + 1
    return float(brentq(lambda a: expit(a + x).mean() - share, low, high, xtol=1e-12))


def platt(y: np.ndarray, p: np.ndarray) -> Line:
    """Platt scaling (Platt 1999, section 2.2) of risks `p` (cases,) by their known outcomes `y` (cases,), NaN = unknown.

    On log-odds, with his targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2) in the place of 1 and 0, which keep the line finite where a cut
    separates the classes. One risk for all has no slope: it is moved alone (slope 1). Needs one known outcome.
    """
    known = ~np.isnan(y)
    x, positive = log_odds(p[known]), y[known] == 1
    target = np.where(positive, (positive.sum() + 1) / (positive.sum() + 2), 1 / ((~positive).sum() + 2))
    line = fitted(x, target)
    return Line(shift(x, target), 1.0) if math.isnan(line.slope) else line


def applied(line: Line, p: np.ndarray) -> np.ndarray:
    """Risks moved along a line."""
    return np.asarray(expit(line.intercept + line.slope * log_odds(p)))

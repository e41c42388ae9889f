"""Lines: logistic regression on one number, by a trust-region method, and what Platt scaling makes of risks."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize

EPSILON = 1e-6


def odds(p: np.ndarray) -> np.ndarray:
    """Log-odds of risks, which are kept EPSILON from 0 and 1."""
    q = np.minimum(np.maximum(p, EPSILON), 1 - EPSILON)
    return np.log(q) - np.log1p(-q)


def risk(z: np.ndarray) -> np.ndarray:
    """Risks of log-odds."""
    return 1 / (1 + np.exp(-z))


def line(x: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Intercept and slope of the logistic regression of `target` (in [0, 1]) on `x`, by maximum likelihood.

    NaN where no finite line fits best: one x for all, a class that lacks, or a cut that parts the classes.

    The likelihood is strictly concave, so that any way to its top is the way: a trust region, then three steps of Newton's
    method on the score equations, after which nothing is left but rounding.
    """
    up, down = x[target > 0], x[target < 1]
    parted = not len(up) or not len(down) or down.max() <= up.min() or up.max() <= down.min()
    if parted or x.max() - x.min() < EPSILON:
        return math.nan, math.nan
    if target.max() == target.min():
        # Flat, and exactly so: a slope of rounding noise would put risks in an order that they do not have.
        return math.log(target[0] / (1 - target[0])), 0.0
    centre, width = float(x.mean()), float(x.std())
    X = np.column_stack([np.ones(len(x)), (x - centre) / width])

    def loss(b: np.ndarray) -> float:
        z = X @ b
        return float(np.mean(np.logaddexp(0, z) - target * z))

    def slope(b: np.ndarray) -> np.ndarray:
        return np.asarray(X.T @ (risk(X @ b) - target) / len(x))

    def bend(b: np.ndarray) -> np.ndarray:
        mu = risk(X @ b)
        return np.asarray((X.T * (mu * (1 - mu))) @ X / len(x))

    b = minimize(loss, np.zeros(2), jac=slope, hess=bend, method="trust-exact", options={"gtol": 1e-9, "maxiter": 500}).x
    for _ in range(3):
        b = b - np.linalg.solve(bend(b), slope(b))
    if np.abs(slope(b)).max() > 1e-9:
        return math.nan, math.nan
    return float(b[0] - b[1] * centre / width), float(b[1] / width)


def moved(x: np.ndarray, target: np.ndarray) -> float:
    """What must be added to all log-odds for the mean risk to be the mean of `target`: by halving an interval that holds it."""
    share = float(np.mean(target)) if len(target) else 0.0
    if not 0 < share < 1:
        return math.nan
    centre = math.log(share / (1 - share))
    low, high = centre - float(x.max()) - 1, centre - float(x.min()) + 1
    for _ in range(200):
        middle = (low + high) / 2
        if float(np.mean(risk(x + middle))) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def platt(y: np.ndarray, p: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Risks `asked`, moved along the line that Platt scaling fits to the known outcomes `y` of the risks `p`; a line without slope
    moves all alike."""
    known = ~np.isnan(y)
    positive = y[known] == 1
    many, few = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (many + 1) / (many + 2), 1 / (few + 2))
    x = odds(p[known])
    intercept, slope = line(x, target)
    if slope != slope:
        intercept, slope = moved(x, target), 1.0
    return risk(intercept + slope * odds(asked))

"""Solving a world: strength and intercepts that hold its prevalences and its mean oracle AUC, wherever the knobs stand."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq, root

from datasets.expected import expected_auc
from datasets.surgical.factors import grid
from datasets.surgical.risk import OUTCOMES, Equations, combine, effects, probabilities

PREVALENCE = {"any_complication": 0.197, "pulmonary": 0.098, "kidney_injury": 0.051, "unplanned_icu": 0.030}
ORACLE_AUC = 0.927


@lru_cache(maxsize=64)
def solve(common: float, conflict: float) -> Equations:
    """k and (a_P, a_K, a_O, a_U) such that the four prevalences and the mean expected AUC of the true risk are those above.

    Expectations over 2^14 fixed points that spread as the factors do; the other complications (O) take what any leaves.
    """
    e = effects(grid(), common, conflict)
    wanted = np.array([PREVALENCE[name] for name in OUTCOMES])
    guess = np.array([-4.1, -5.2, -3.7, -6.1])

    def intercepts(k: float) -> np.ndarray:
        def gap(a: np.ndarray) -> np.ndarray:
            return np.log(combine(*probabilities(e, k, tuple(a))).mean(axis=0) / wanted)

        found = root(gap, guess * k / 1.2, tol=1e-10)
        if not found.success:
            raise ArithmeticError(f"no intercepts for common={common}, conflict={conflict}, k={k}: {found.message}")
        return np.asarray(found.x)

    def lack(k: float) -> float:
        r = combine(*probabilities(e, k, tuple(intercepts(k))))
        return float(np.mean([expected_auc(column) for column in r.T])) - ORACLE_AUC

    k = float(brentq(lack, 0.6, 2.5, xtol=1e-6))
    a = intercepts(k)
    return Equations(common, conflict, k, (float(a[0]), float(a[1]), float(a[2]), float(a[3])))

"""CatBoost's log-loss over several outcomes of which some are unknown; loads catboost."""

from __future__ import annotations

from math import exp
from typing import Any

import catboost
import numpy as np

from methods.tabular.trees.labels import log_loss

# CatBoost refuses a label that is NaN.
UNKNOWN = -1.0


class MaskedLogLoss(catboost.MultiTargetCustomObjective):  # type: ignore[misc]
    """CatBoost's `MultiLogloss`, Σ_t y_t log p_t + (1 − y_t) log(1 − p_t) with p_t = σ(a_t), the sum over known outcomes alone.

    Labels are 1, 0 or UNKNOWN. Gradient y_t − p_t and Hessian −p_t (1 − p_t), as CatBoost wants them (it maximises); both are 0
    where y_t is unknown.
    """

    # The same arithmetic whether numba, which CatBoost compiles with where it finds it, is installed or not.
    no_jit = True

    def __init__(self, outcomes: int) -> None:
        self.outcomes = range(outcomes)
        # Written anew in each call, which CatBoost makes twice a case and round: new lists would double its time.
        self.gradient = [0.0] * outcomes
        self.hessian = [[0.0] * outcomes for _ in range(outcomes)]

    def calc_ders_multi(self, approx: Any, target: Any, weight: Any) -> tuple[list[float], list[list[float]]]:  # noqa: ARG002
        gradient, hessian = self.gradient, self.hessian
        for t in self.outcomes:
            y = target[t]
            if y >= 0.0:
                p = 1.0 / (1.0 + exp(-approx[t])) if approx[t] > -700.0 else 0.0
                gradient[t] = y - p
                hessian[t][t] = p * (p - 1.0)
            else:
                gradient[t] = hessian[t][t] = 0.0
        return gradient, hessian


class KnownLogLoss(catboost.MultiTargetCustomMetric):  # type: ignore[misc]
    """Mean over outcomes of the log-loss over the cases where the outcome is known; the lower the better."""

    no_jit = True

    def is_max_optimal(self) -> bool:
        return False

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:  # noqa: ARG002
        y = np.asarray(target, dtype=np.float64).T
        return log_loss(np.asarray(approxes).T, np.where(y == UNKNOWN, np.nan, y)), 1.0

    def get_final_error(self, error: float, weight: float) -> float:  # noqa: ARG002
        return error

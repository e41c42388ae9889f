"""FairGrad: the rates at which the outcomes' losses fall are shared out fairly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from datasets import Refused
from methods.neural.balancing.base import balancing
from methods.neural.balancing.surgery import Surgery

if TYPE_CHECKING:
    import optuna

# Newton's decrement in units of the least w_i (Gw)_i after which no step is needed, as each squares the error of the one before.
DONE = 1e-12
ITERATIONS = 100


@balancing("fairgrad", effort=3.0)
class FairGrad(Surgery):
    """Fair resource allocation (Ban and Ji, ICML 2024): the α-fair share of the rates at which the losses fall.

    d = argmax Σ_i (g_i · d)^(1 − α) / (1 − α) over the ball, which is d = Σ_i w_i g_i with G w = w^(−1/α) (there equation 4).
    `alpha`: 1 is proportional fairness, larger values look more to the outcome that falls slowest.
    """

    def __init__(self, outcomes: int, alpha: float = 2.0) -> None:
        super().__init__(outcomes)
        if not alpha > 0:
            raise Refused(f"alpha = {alpha!r}: above 0 is needed.")
        self.alpha = alpha

    def combined(self, gram: Tensor, present: Tensor) -> Tensor:  # noqa: ARG002
        return fair(gram, self.alpha)

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        return {"alpha": trial.suggest_float("alpha", 1.0, 10.0, log=True)}


def fair(gram: Tensor, alpha: float) -> Tensor:
    """w > 0 with G w = w^(−1/α), 0 for a gradient that is zero; float64.

    The one minimum of the convex ½ wᵀGw − Σ_i ∫ w_i^(−1/α), by Newton's method (Boyd and Vandenberghe 2004, algorithm 9.5).
    """
    G = gram.detach().cpu().double().numpy()
    there = np.diag(G) > 0
    w = np.zeros(len(G))
    if there.any():
        # What rounding may have taken from the matrix: with it there is a minimum also where gradients cancel.
        noise = 8 * len(G) * torch.finfo(gram.dtype).eps * np.diag(np.diag(G))
        w[there] = _minimum((G + noise)[np.ix_(there, there)], 1 / alpha)
    return torch.from_numpy(w)


def _minimum(G: np.ndarray, p: float) -> np.ndarray:
    """w > 0 with G w = w^(−p). In units in which ‖g_i‖ = 1: C w̃ = s w̃^(−p), C the cosines, s_i = ‖g_i‖^(p − 1)."""
    norm = np.sqrt(np.diag(G))
    C, s = G / np.outer(norm, norm), norm ** (p - 1)

    def value(x: np.ndarray) -> float:
        return float(x @ C @ x / 2 - (s * (np.log(x) if p == 1 else x ** (1 - p) / (1 - p))).sum())

    x, last = s ** (1 / (1 + p)), np.inf
    for _ in range(ITERATIONS):
        pull = s * x**-p
        rise = pull - C @ x
        step = np.linalg.solve(C + np.diag(p * pull / x), rise)
        decrement, unit = float(step @ rise), float((x * pull).min())
        # At most nine tenths of the way to where a weight is zero; unless so near that the function is its quadratic model
        # (self-concordance, there 9.6), back until the value falls enough.
        t = min(1.0, 0.9 / max(float((-step / x).max()), 0.9))
        if decrement > p / (4 * (1 + p) ** 2) * unit:
            while value(x + t * step) > value(x) - 0.25 * t * decrement and t > 1e-3:
                t /= 2
        elif decrement > last / 2:
            break
        else:
            last = decrement
        x = x + t * step
        if decrement < DONE * unit:
            break
    return x / norm

"""CAGrad: near the mean gradient, the update that helps the worst-off outcome most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import clarabel
import numpy as np
import torch
from scipy.sparse import csc_array
from torch import Tensor

from datasets import Refused
from methods.neural.balancing.base import balancing
from methods.neural.balancing.surgery import Surgery, root

if TYPE_CHECKING:
    import optuna

# Length of g_w in units of ‖J‖ below which it is the solver's noise.
EPS = 1e-4


@balancing("cagrad", effort=3.0)
class CAGrad(Surgery):
    """Conflict-averse gradient descent (Liu et al., NeurIPS 2021): the best for the worst-off within a ball around the mean.

    d = argmax min_i g_i · d over ‖d − g_0‖ ≤ c ‖g_0‖, g_0 = (1/T) Σ_i g_i (there equation 1), which is
    d = g_0 + √φ g_w / ‖g_w‖, φ = c² ‖g_0‖², g_w = Σ_i w_i g_i with w = argmin g_w · g_0 + √φ ‖g_w‖ over w ≥ 0, Σ_i w_i = 1
    (equation 2, algorithm 1). Where g_w = 0, which the paper leaves open, d is that of the first equation, not 0.
    """

    def __init__(self, outcomes: int, c: float = 0.4) -> None:
        super().__init__(outcomes)
        if not 0 <= c < 1:
            raise Refused(f"c = {c!r}: from 0 to below 1 is allowed.")
        self.c = c

    def combined(self, gram: Tensor, present: Tensor) -> Tensor:  # noqa: ARG002
        R = root(gram)
        g_0 = R.mean(axis=0)
        sqrt_φ = self.c * float(np.linalg.norm(g_0))
        w, u = _solved(R, R @ g_0, sqrt_φ)
        length = float(np.linalg.norm(w @ R))
        added = sqrt_φ / length * w if length > EPS else np.linalg.lstsq(R.T, u, rcond=EPS)[0]
        return torch.from_numpy(1 / len(R) + added)

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        return {"c": trial.suggest_float("c", 0.1, 0.9)}


def _solved(R: np.ndarray, b: np.ndarray, sqrt_φ: float) -> tuple[np.ndarray, np.ndarray]:
    """w = argmin bᵀw + √φ ‖Rᵀw‖ on the simplex, and u = d − g_0, the dual of the norm."""
    m = len(b)
    # Over (w, s): Σ w = 1; w ≥ 0; ‖Rᵀw‖ ≤ s.
    A = np.zeros((2 * m + 2, m + 1))
    A[0, :m] = 1
    A[1 : m + 1, :m] = -np.eye(m)
    A[m + 1, m] = -1
    A[m + 2 :, :m] = -R.T
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(m), clarabel.SecondOrderConeT(m + 1)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    rhs, cost = np.append(1.0, np.zeros(2 * m + 1)), np.append(b, sqrt_φ)
    found = clarabel.DefaultSolver(csc_array((m + 1, m + 1)), cost, csc_array(A), rhs, cones, settings).solve()
    w = np.array(found.x[:m]).clip(min=0.0)
    return w / w.sum(), -np.array(found.z[m + 2 :])

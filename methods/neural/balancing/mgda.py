"""MGDA: the shortest combination of the outcomes' gradients."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from methods.neural.balancing.base import balancing
from methods.neural.balancing.surgery import Surgery, root


@balancing("mgda", effort=3.0)
class MGDA(Surgery):
    """Multiple-gradient descent (Désidéri 2012; Sener and Koltun, NeurIPS 2018): the shortest vector in the gradients' hull.

    α = argmin ‖Σ_i α_i g_i‖² over α ≥ 0, Σ_i α_i = 1 (there equation 3). No outcome's loss rises along the update to first order.
    Solved exactly, where Frank-Wolfe (algorithm 2) comes near: α ∝ argmin ‖Jᵀx‖² + (1 − Σ_i x_i)² over x ≥ 0, a least-squares
    problem. For x = sα it is s²‖Jᵀα‖² + (1 − s)², least at ‖Jᵀα‖² / (1 + ‖Jᵀα‖²), which grows with ‖Jᵀα‖.
    """

    def combined(self, gram: Tensor, present: Tensor) -> Tensor:  # noqa: ARG002
        m = len(gram)
        x, _ = nnls(np.vstack([root(gram).T, np.ones(m)]), np.append(np.zeros(m), 1.0))
        return torch.from_numpy(x / x.sum())

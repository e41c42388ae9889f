"""UPGrad: each outcome's gradient, projected to where no outcome loses."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor
from torchjd.aggregation import UPGradWeighting
from torchjd.linalg import DualConeProjector

from methods.neural.balancing.base import balancing
from methods.neural.balancing.surgery import Surgery, root


class LeastSquaresProjector(DualConeProjector):
    """Projects on the dual cone by non-negative least squares (Lawson and Hanson 1974), exactly.

    min vᵀGv over v ≥ u (Quinton and Rey 2024, proposition 1) is min ‖Rᵀ(u + x)‖² over x ≥ 0, with R Rᵀ = G.
    """

    def __call__(self, U: Tensor, G: Tensor) -> Tensor:
        """`U` (…, outcomes): what to project, as weights of gradients. Gives the projections' weights."""
        R_T = root(G).T
        flat = U.detach().cpu().double().numpy().reshape(-1, len(R_T))
        W = np.stack([u + nnls(R_T, -R_T @ u)[0] for u in flat])
        return torch.from_numpy(W).to(U).view_as(U)


@balancing("upgrad", effort=3.0)
class UPGrad(Surgery):
    """Unconflicting projection of gradients (Quinton and Rey 2024): the mean of the gradients' projections on the dual cone.

    (1/T) Σ_i π(g_i), π(g) the nearest to g of all d with g_j · d ≥ 0 for every j (there equations 3 and 4).
    """

    def __init__(self, outcomes: int) -> None:
        super().__init__(outcomes)
        self.weighting = UPGradWeighting(projector=LeastSquaresProjector())

    def combined(self, gram: Tensor, present: Tensor) -> Tensor:  # noqa: ARG002
        return self.weighting(gram.double())

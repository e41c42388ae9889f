"""GradVac: the outcomes' gradients are turned towards the similarity that they usually have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torchjd.aggregation import GradVacWeighting

from datasets import Refused
from methods.neural.balancing.base import balancing
from methods.neural.balancing.surgery import Surgery

if TYPE_CHECKING:
    import optuna

# Share of each ‖g_i‖² that counts as noise of its own, so that rounding takes no cosine to 1, where the correction has a pole.
NOISE = 1e-6


@balancing("gradvac", effort=3.0)
class GradVac(Surgery):
    """Gradient vaccine (Wang et al., ICLR 2021): raises the similarity of two gradients to its own moving average.

    Over j ≠ i in random order, each g_j as it was: with φ = cos(g_i, g_j), where φ < φ̂_ij:
    g_i ← g_i + ‖g_i‖ (φ̂_ij √(1 − φ²) − φ √(1 − φ̂_ij²)) / (‖g_j‖ √(1 − φ̂_ij²)) g_j; always φ̂_ij ← (1 − β) φ̂_ij + β φ, from 0;
    the update is Σ_i g_i (there algorithm 1 and equation 6). `beta`: β.
    """

    def __init__(self, outcomes: int, beta: float = 0.01) -> None:
        super().__init__(outcomes)
        if not 0 <= beta <= 1:
            raise Refused(f"beta = {beta!r}: from 0 to 1 is allowed.")
        self.weighting = GradVacWeighting(beta)
        self.register_buffer("target", torch.zeros(outcomes, outcomes, dtype=torch.float64))
        self.target: Tensor

    def combined(self, gram: Tensor, present: Tensor) -> Tensor:
        pairs = present[:, None], present
        # torchjd keeps one φ̂ for whatever stands in the matrix; ours is by pair of outcomes.
        self.weighting.register_buffer("_phi_t", self.target[pairs].cpu())
        self.weighting._state_key = len(present), torch.float64
        G = gram.double()
        w = self.weighting((G + NOISE * G.diag().diag()) / G.diag().mean().clamp(min=torch.finfo().tiny))
        self.target[pairs] = self.weighting.get_buffer("_phi_t").to(self.target)
        return w

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        return {"beta": trial.suggest_float("beta", 1e-3, 0.5, log=True)}

"""FAMO: losses fall at one relative rate, without a gradient per outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from datasets import Refused
from methods.neural.balancing.adam import Adam
from methods.neural.balancing.base import Balancing, balancing

if TYPE_CHECKING:
    import optuna

BETA = 0.025
EPSILON = 1e-8


@balancing("famo", effort=1.3)
class FAMO(Balancing):
    """Fast adaptive multitask optimisation (Liu et al., NeurIPS 2023, algorithm 1): the same relative fall for all losses.

    z = softmax(ξ),  θ ← θ − α c Σ_i (z_i / ℓ_i) ∇ℓ_i,  c = 1 / Σ_i (z_i / ℓ_i)
    δ = J_softmax(ξ)ᵀ [log ℓ_i − log ℓ_i'],  ξ ← ξ − β (δ + γ ξ)
    ℓ_i' is the loss of the same batch after the step, in training mode as in the authors' code; β = 0.025 by Adam, as there.
    `gamma`: γ, which the paper takes from 0.0001, 0.001 and 0.01. Softmax and sums run over the outcomes of the batch.
    """

    needs_losses_after = True

    def __init__(self, outcomes: int, gamma: float = 1e-3) -> None:
        super().__init__(outcomes)
        if not gamma >= 0:
            raise Refused(f"gamma = {gamma}: a number from 0 upwards is needed.")
        self.xi = Adam(outcomes, start=0.0, rate=BETA, decay=gamma)

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:  # noqa: ARG002
        ratio = torch.softmax(self.xi.value[present], dim=0) / (losses + EPSILON)
        return ratio / ratio.sum()

    def after_step(self, before: Tensor, after: Tensor, present: Tensor) -> None:
        fall = torch.log(before + EPSILON) - torch.log(after + EPSILON)
        z = torch.softmax(self.xi.value[present], dim=0)
        delta = z * (fall - z @ fall)
        self.xi.step(delta, present)

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        return {"gamma": trial.suggest_float("gamma", 1e-4, 1e-1, log=True)}

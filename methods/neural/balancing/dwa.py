"""DWA: what has stopped falling counts more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from datasets import Refused
from methods.neural.balancing.base import Balancing, balancing

if TYPE_CHECKING:
    import optuna


@balancing("dwa")
class DWA(Balancing):
    """Dynamic weight average (Liu, Johns and Davison, CVPR 2019): weights by the relative fall of the losses.

    λ_k(t) = K exp(w_k(t−1) / T) / Σ_i exp(w_i(t−1) / T),   w_k(t−1) = L_k(t−1) / L_k(t−2)          (eq. 7 there)
    L_k(t): mean train loss of epoch t; w_k = 1 in the first two epochs. `temperature`: T, 2 there. The sum runs over the K
    outcomes of the batch.
    """

    w: Tensor

    def __init__(self, outcomes: int, temperature: float = 2.0) -> None:
        super().__init__(outcomes)
        if not temperature > 0:
            raise Refused(f"temperature = {temperature}: a number above 0 is needed.")
        self.temperature = temperature
        self.register_buffer("w", torch.ones(outcomes))
        self.last: Tensor | None = None

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:  # noqa: ARG002
        return len(present) * torch.softmax(self.w[present] / self.temperature, dim=0)

    def after_epoch(self, losses: Tensor) -> None:
        if self.last is not None:
            ratio = losses / self.last
            self.w = torch.where(ratio.isfinite(), ratio, 1.0)
        self.last = losses

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        # Ratios of two epochs lie near 1: well below the paper's 2 they begin to matter.
        return {"temperature": trial.suggest_float("temperature", 0.02, 10.0, log=True)}

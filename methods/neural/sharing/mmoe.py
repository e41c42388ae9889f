"""MMoE: experts that all outcomes share, mixed by a gate per outcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from datasets import Refused
from methods.neural.sharing.base import Shared, Sharing, mlp, sharing

if TYPE_CHECKING:
    import optuna


@sharing("mmoe", effort=1.1)
class MMoE(Sharing):
    """Multi-gate mixture of experts (Ma et al., KDD 2018): z_t = Σ_i softmax(W_t h)_i f_i(h)."""

    def __init__(self, d: int, outcomes: int, width: int = 64, experts: int = 4) -> None:
        super().__init__(width)
        if experts < 1:
            raise Refused(f"experts = {experts}: at least 1 is needed.")
        self.f = nn.ModuleList(mlp(d, width) for _ in range(experts))
        # A matrix per outcome, not one for all: a gate belongs to its outcome.
        self.W = nn.ModuleList(nn.Linear(d, experts, bias=False) for _ in range(outcomes))

    def forward(self, h: Tensor) -> Shared:
        h = h[:, 0]
        f = torch.stack([f_i(h) for f_i in self.f], dim=1)  # (batch, experts, width)
        g = torch.stack([W_t(h) for W_t in self.W], dim=1).softmax(-1)  # (batch, outcomes, experts)
        z = g @ f
        return Shared(z, parts={"shared": f.mean(dim=1), "specific": z})

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:
        return self.W[outcome].parameters()

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"experts": trial.suggest_int("experts", 2, 8)}

"""OrthTD: a shared and a specific representation per outcome, kept orthogonal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from datasets import Refused
from methods.neural.sharing.base import Shared, Sharing, mlp, sharing

if TYPE_CHECKING:
    import optuna


@sharing("orthtd", effort=1.1)
class OrthTD(Sharing):
    """Orthogonal task decomposition (arXiv 2605.03570): a shared part and one per outcome, kept orthogonal.

    z_s = f_s(h), z_t = f_t(h), head t reads [z_s ; z_t]. Its own loss:
    λ · mean over cases and outcomes of cos²(z_s, z_t); `orthogonality` is λ.
    """

    def __init__(self, d: int, outcomes: int, width: int = 64, orthogonality: float = 0.1) -> None:
        super().__init__(2 * width)
        if not orthogonality >= 0:
            raise Refused(f"orthogonality = {orthogonality!r}: 0 or above is needed.")
        self.orthogonality = orthogonality
        self.f_s = mlp(d, width)
        self.f = nn.ModuleList(mlp(d, width) for _ in range(outcomes))

    def forward(self, h: Tensor) -> Shared:
        h = h[:, 0]
        z_s = self.f_s(h)
        z_t = torch.stack([f_t(h) for f_t in self.f], dim=1)
        cos = functional.cosine_similarity(z_s[:, None], z_t, dim=-1)  # (batch, outcomes)
        z = torch.cat([z_s[:, None].expand_as(z_t), z_t], dim=-1)
        return Shared(z, self.orthogonality * cos.square().mean(), {"shared": z_s, "specific": z_t})

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:
        return self.f[outcome].parameters()

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"orthogonality": trial.suggest_float("orthogonality", 1e-3, 10.0, log=True)}

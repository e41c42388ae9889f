"""OrthTD as plain modules: on features (batch, width) of any network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from datasets import Refused
from methods.neural.sharing.base import mlp


class Decomposition(nn.Module):
    """One representation that the outcomes share and one of each outcome: z_s = f_s(h), z_t = f_t(h)."""

    def __init__(self, features: int, outcomes: int, width: int) -> None:
        super().__init__()
        self.f_s = mlp(features, width)
        self.f = nn.ModuleList(mlp(features, width) for _ in range(outcomes))

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, features) → z_s (batch, width) and z_t (batch, outcomes, width)."""
        return self.f_s(h), torch.stack([f_t(h) for f_t in self.f], dim=1)


def beside(z_s: Tensor, z_t: Tensor) -> Tensor:
    """[z_s ; z_t], what head t reads: (batch, outcomes, 2 width)."""
    return torch.cat([z_s[:, None].expand_as(z_t), z_t], dim=-1)


def squared_cosine(z_s: Tensor, z_t: Tensor) -> Tensor:
    """The paper's penalty before λ: the mean over cases and outcomes of cos²(z_s, z_t)."""
    return functional.cosine_similarity(z_s[:, None], z_t, dim=-1).square().mean()


def lambda_of(orthogonality: float) -> float:
    """λ, the weight of the penalty; refuses one below 0."""
    if not orthogonality >= 0:
        raise Refused(f"orthogonality = {orthogonality!r}: 0 or above is needed.")
    return orthogonality


class OrthTD(nn.Module):
    """Orthogonal task decomposition (arXiv 2605.03570) for a network of your own: features in, logits and a penalty out.

    logit_t = w_t · [z_s ; z_t] + b_t, and the penalty λ · mean over cases and outcomes of cos²(z_s, z_t), to be added to the
    loss. `features`: width of what goes in; `width`: of z_s and of each z_t; `orthogonality`: λ. Refuses a λ below 0.
    """

    def __init__(self, features: int, outcomes: int, width: int = 64, orthogonality: float = 0.1) -> None:
        super().__init__()
        self.orthogonality = lambda_of(orthogonality)
        self.decompose = Decomposition(features, outcomes, width)
        self.heads = nn.ModuleList(nn.Linear(2 * width, 1) for _ in range(outcomes))

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, features) → logits (batch, outcomes) and the penalty, a scalar that already bears λ."""
        z_s, z_t = self.decompose(h)
        z = beside(z_s, z_t)
        logits = torch.cat([head(z[:, t]) for t, head in enumerate(self.heads)], dim=1)
        return logits, self.orthogonality * squared_cosine(z_s, z_t)

"""Variants of OrthTD: another way, or none, to keep its parts apart, or one of its parts alone."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.neural.arithmetic import in_single
from methods.neural.orthtd import Decomposition, beside
from methods.neural.sharing.base import Shared, Sharing, mlp, sharing
from methods.neural.sharing.orthtd import OrthTDSharing


@sharing("orthtd_none", effort=1.1, group="variants")
class OrthTDNone(Sharing):
    """OrthTD without a constraint (λ = 0): head t reads [z_s ; z_t]."""

    def __init__(self, d: int, outcomes: int, width: int = 64) -> None:
        super().__init__(2 * width)
        self.decompose = Decomposition(d, outcomes, width)

    def forward(self, h: Tensor) -> Shared:
        z_s, z_t = self.parts(h[:, 0])
        return Shared(beside(z_s, z_t), parts={"shared": z_s, "specific": z_t})

    def parts(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """z_s (batch, width) and z_t (batch, outcomes, width) as the heads read them."""
        z_s, z_t = self.decompose(h)
        return z_s, z_t

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:
        return self.decompose.f[outcome].parameters()


@sharing("orthtd_projection", effort=1.1, group="variants")
class OrthTDProjection(OrthTDNone):
    """OrthTD with a hard projection (Gram–Schmidt) in place of the penalty: z_t ← z_t − (z_t · z_s)/(z_s · z_s) z_s.

    It is a layer like any other: the gradient flows through z_s too, so that the update is that of what is computed.
    """

    def parts(self, h: Tensor) -> tuple[Tensor, Tensor]:
        z_s, z_t = self.decompose(h)
        return z_s, in_single(projected, z_s, z_t)


@sharing("orthtd_covariance", effort=1.1, group="variants")
class OrthTDCovariance(OrthTDSharing):
    """OrthTD with the cross-covariance in place of the cosine: λ · mean over outcomes of ‖C_t‖²_F / width.

    C_t = 1/B Σ_b (z_s,b − z̄_s)(z_t,b − z̄_t)ᵀ, width × width, over the B cases of the batch. Divided by the width it starts
    about where the mean squared cosine does (0.05), so that λ has the same range.
    """

    def penalty(self, z_s: Tensor, z_t: Tensor) -> Tensor:
        return cross_covariance(z_s, z_t).square().sum(dim=(1, 2)).mean() / z_s.shape[-1]


@sharing("orthtd_tasks", effort=1.1, group="variants")
class OrthTDTasks(OrthTDSharing):
    """OrthTD that keeps outcome from outcome: λ · mean over cases and pairs t ≠ u of cos²(z_t, z_u)."""

    def penalty(self, z_s: Tensor, z_t: Tensor) -> Tensor:  # noqa: ARG002
        unit = functional.normalize(z_t, dim=-1)
        cos = (unit @ unit.mT).triu(diagonal=1)  # (batch, outcomes, outcomes), each pair once
        batch, outcomes, _ = cos.shape
        # One outcome has no pair: nothing to keep apart.
        return cos.square().sum() / max(1, batch * outcomes * (outcomes - 1) // 2)


@sharing("orthtd_shared_only", group="variants")
class OrthTDSharedOnly(Sharing):
    """OrthTD without specific parts: every head reads z_s alone, which is hard sharing."""

    def __init__(self, d: int, outcomes: int, width: int = 64) -> None:
        super().__init__(width)
        self.outcomes = outcomes
        self.f_s = mlp(d, width)

    def forward(self, h: Tensor) -> Shared:
        z_s = self.f_s(h[:, 0])
        return Shared(z_s[:, None].expand(-1, self.outcomes, -1), parts={"shared": z_s}, common=z_s)


@sharing("orthtd_specific_only", effort=1.1, group="variants")
class OrthTDSpecificOnly(Sharing):
    """OrthTD without a shared part: head t reads z_t alone; the backbone is what the outcomes still share."""

    def __init__(self, d: int, outcomes: int, width: int = 64) -> None:
        super().__init__(width)
        self.f = nn.ModuleList(mlp(d, width) for _ in range(outcomes))

    def forward(self, h: Tensor) -> Shared:
        z_t = torch.stack([f_t(h[:, 0]) for f_t in self.f], dim=1)
        return Shared(z_t, parts={"specific": z_t})

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:
        return self.f[outcome].parameters()


def projected(z_s: Tensor, z_t: Tensor) -> Tensor:
    """z_t (batch, outcomes, width) without what lies along z_s (batch, width)."""
    along = (z_t @ z_s[:, :, None]) / (z_s * z_s).sum(dim=-1).clamp_min(torch.finfo(z_s.dtype).tiny)[:, None, None]
    return z_t - along * z_s[:, None]


def cross_covariance(z_s: Tensor, z_t: Tensor) -> Tensor:
    """C_t of z_s (batch, width) and z_t (batch, outcomes, width): (outcomes, width, width); zero for a batch of one case."""
    return torch.einsum("bi,btj->tij", z_s - z_s.mean(dim=0), z_t - z_t.mean(dim=0)) / len(z_s)

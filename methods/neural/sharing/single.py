"""Single task: the twin that transfer gains are taken against."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from methods.neural.sharing.base import Shared, Sharing, mlp, sharing


@sharing("single_task", effort=4.0)
class SingleTask(Sharing):
    """One network per outcome, nothing shared: z_t = f_t(h_t)."""

    backbone_per_outcome = True
    mixes = False

    def __init__(self, d: int, outcomes: int, width: int = 64) -> None:
        super().__init__(width)
        self.f = nn.ModuleList(mlp(d, width) for _ in range(outcomes))

    def forward(self, h: Tensor) -> Shared:
        z = torch.stack([f_t(h[:, t]) for t, f_t in enumerate(self.f)], dim=1)
        return Shared(z, parts={"specific": z})

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:
        return self.f[outcome].parameters()

"""Hard sharing: one representation for all outcomes."""

from __future__ import annotations

from torch import Tensor

from methods.neural.sharing.base import Shared, Sharing, mlp, sharing


@sharing("hard_sharing")
class HardSharing(Sharing):
    """One shared representation, a head per outcome (Caruana, Machine Learning 1997): z_t = f(h)."""

    def __init__(self, d: int, outcomes: int, width: int = 64) -> None:
        super().__init__(width)
        self.outcomes = outcomes
        self.f = mlp(d, width)

    def forward(self, h: Tensor) -> Shared:
        z = self.f(h[:, 0])
        return Shared(z[:, None].expand(-1, self.outcomes, -1), parts={"shared": z}, common=z)

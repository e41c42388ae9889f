"""OrthTD: a shared and a specific representation per outcome, kept orthogonal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from methods.neural.arithmetic import in_single
from methods.neural.orthtd import Decomposition, beside, lambda_of, squared_cosine
from methods.neural.sharing.base import Shared, Sharing, sharing

if TYPE_CHECKING:
    import optuna


@sharing("orthtd", effort=1.1)
class OrthTDSharing(Sharing):
    """Orthogonal task decomposition (arXiv 2605.03570): a shared part and one per outcome, kept orthogonal.

    z_s = f_s(h), z_t = f_t(h), head t reads [z_s ; z_t]. Its own loss:
    λ · mean over cases and outcomes of cos²(z_s, z_t); `orthogonality` is λ.
    """

    def __init__(self, d: int, outcomes: int, width: int = 64, orthogonality: float = 0.1) -> None:
        super().__init__(2 * width)
        self.orthogonality = lambda_of(orthogonality)
        self.decompose = Decomposition(d, outcomes, width)

    def forward(self, h: Tensor) -> Shared:
        z_s, z_t = self.decompose(h[:, 0])
        return Shared(beside(z_s, z_t), self.orthogonality * in_single(self.penalty, z_s, z_t), {"shared": z_s, "specific": z_t})

    def penalty(self, z_s: Tensor, z_t: Tensor) -> Tensor:
        """What λ weighs, of z_s (batch, width) and z_t (batch, outcomes, width)."""
        return squared_cosine(z_s, z_t)

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:
        return self.decompose.f[outcome].parameters()

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"orthogonality": trial.suggest_float("orthogonality", 1e-3, 10.0, log=True)}

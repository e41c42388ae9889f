"""Cross-stitch: a backbone per outcome, and units between them that learn how much each reads of the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from datasets import Refused
from methods.neural.sharing.base import Shared, Sharing, mlp, sharing

if TYPE_CHECKING:
    import optuna


class Stitch(nn.Module):
    """One outcome's row of a cross-stitch unit (equation 1): x̃_t = Σ_s α_ts x_s, with an α_ts for each channel of x.

    At the start α_tt = `own`, and the other outcomes share the rest equally: a convex combination, as in the paper.
    """

    def __init__(self, t: int, outcomes: int, channels: int, own: float) -> None:
        super().__init__()
        rest = (1 - own) / max(1, outcomes - 1)
        alpha = torch.full((outcomes, channels), rest)
        alpha[t] = own if outcomes > 1 else 1.0
        self.alpha = nn.Parameter(alpha)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, outcomes, channels) → (batch, channels)."""
        return (self.alpha * x).sum(dim=1)


class Unit(nn.Module):
    """A cross-stitch unit. A row per outcome, not one α for all: after the last unit a row belongs to its outcome."""

    def __init__(self, outcomes: int, channels: int, own: float) -> None:
        super().__init__()
        self.rows = nn.ModuleList(Stitch(t, outcomes, channels, own) for t in range(outcomes))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, outcomes, channels) → the same shape."""
        return torch.stack([row(x) for row in self.rows], dim=1)


@sharing("cross_stitch", effort=4.2)
class CrossStitch(Sharing):
    """Cross-stitch networks (Misra et al., CVPR 2016): z_t = Σ_s α'_ts f_s(h̃_s), h̃_t = Σ_s α_ts h_s.

    A network per outcome, as in single task, with a unit on h and one on the projections. `alpha_own`: α_tt at the start; at 1
    it starts as single task. The paper gives α a learning rate of its own under SGD; here AdamW sets the size of its steps.
    """

    backbone_per_outcome = True

    def __init__(self, d: int, outcomes: int, width: int = 64, alpha_own: float = 0.9) -> None:
        super().__init__(width)
        if not 0 <= alpha_own <= 1:
            raise Refused(f"alpha_own = {alpha_own!r}: from 0 to 1 is allowed.")
        self.stitch_h = Unit(outcomes, d, alpha_own)
        self.f = nn.ModuleList(mlp(d, width) for _ in range(outcomes))
        self.stitch_z = Unit(outcomes, width, alpha_own)

    def forward(self, h: Tensor) -> Shared:
        h = self.stitch_h(h)
        f = torch.stack([f_t(h[:, t]) for t, f_t in enumerate(self.f)], dim=1)
        z = self.stitch_z(f)
        return Shared(z, parts={"specific": z})

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:
        # What lies before the last unit is carried by it to every outcome.
        return self.stitch_z.rows[outcome].parameters()

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"alpha_own": trial.suggest_float("alpha_own", 0.25, 1.0)}

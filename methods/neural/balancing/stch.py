"""STCH: a smooth maximum of the losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from datasets import Refused
from methods.neural.balancing.base import Balancing, balancing

if TYPE_CHECKING:
    import optuna

EPSILON = 1e-8


@balancing("stch")
class STCH(Balancing):
    """Smooth Tchebycheff scalarisation (Lin et al., ICML 2024): mostly the outcome that is worst off.

    g_μ = μ log Σ_i exp(λ_i (f_i − z*_i) / μ), whose weights on the f_i are softmax(λ (f − z*) / μ) λ     (eq. 9 there)

    As in the authors' code for multi-task learning: f_i = log(L_i / n_i), z* = 0, λ = 1, g_μ times the number of outcomes; n_i is
    the mean loss over a first epoch in which Σ_i log L_i is trained (by default theirs is the fifth such epoch). On bare losses the
    maximum would lie with the most frequent outcome for its entropy alone. `mu`: μ. Sums run over the outcomes of the batch.
    """

    nadir: Tensor

    def __init__(self, outcomes: int, mu: float = 1.0) -> None:
        super().__init__(outcomes)
        if not mu > 0:
            raise Refused(f"mu = {mu}: a number above 0 is needed.")
        self.mu = mu
        self.register_buffer("nadir", torch.full((outcomes,), torch.nan))

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:  # noqa: ARG002
        L = losses + EPSILON
        # Without a nadir f = 0, which makes g the sum of the log losses.
        f = torch.log(L / torch.where(self.nadir[present].isnan(), L, self.nadir[present]))
        return len(present) * torch.softmax(f / self.mu, dim=0) / L

    def after_epoch(self, losses: Tensor) -> None:
        self.nadir = torch.where(self.nadir.isnan(), losses, self.nadir)

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        return {"mu": trial.suggest_float("mu", 0.01, 10.0, log=True)}

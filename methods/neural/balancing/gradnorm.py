"""GradNorm: weights that bring the outcomes' gradients to a common size, larger where learning lags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from datasets import Refused
from methods.neural.balancing.adam import Adam
from methods.neural.balancing.base import Balancing, balancing

if TYPE_CHECKING:
    import optuna

RATE = 0.025
LEAST = 1e-3
EPSILON = 1e-12


@balancing("gradnorm", effort=3.0)
class GradNorm(Balancing):
    """Gradient normalisation (Chen et al., ICML 2018, algorithm 1): equal training rates by weights on the losses.

    G_i = ‖∇_W w_i L_i‖,  Ḡ = mean_i G_i,  L̃_i = L_i(t) / L_i(0),  r_i = L̃_i / mean_j L̃_j
    L_grad = Σ_i |G_i − Ḡ r_i^α|, the target Ḡ r_i^α held constant                                  (eq. 2 there)
    w_i moves against ∂L_grad/∂w_i = sign(G_i − Ḡ r_i^α) ‖∇_W L_i‖ by Adam at 0.025 as there, then Σ_i w_i = T again.

    W are all shared weights (there one layer, to save time). L_i(0) is the loss at the prevalence: a first batch of a rare
    outcome says little, and footnote 2 there takes the theoretical value then. w_i stays above 0.001, as G_i grows again
    below 0. Means run over the outcomes of the batch, whose weights keep their sum.
    """

    needs_gram = True
    weighs_specific = True
    start: Tensor

    def __init__(self, outcomes: int, alpha: float = 1.5) -> None:
        super().__init__(outcomes)
        if not alpha >= 0:
            raise Refused(f"alpha = {alpha}: a number from 0 upwards is needed.")
        self.alpha = alpha
        self.w = Adam(outcomes, start=1.0, rate=RATE)
        self.register_buffer("start", torch.full((outcomes,), torch.nan))

    def before_training(self, losses: Tensor) -> None:
        self.start = losses.clone()

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:
        assert gram is not None
        w = self.w.value[present]
        sum_present = self.outcomes - (self.w.value.sum() - w.sum())
        # Where nothing was told before training, the first loss that is seen stands for L_i(0).
        self.start[present] = torch.where(self.start[present].isnan(), losses, self.start[present])
        norms = gram.diagonal().clamp(min=0).sqrt()
        G = w * norms
        progress = losses / self.start[present]
        r = progress / progress.mean().clamp(min=EPSILON)
        self.w.step(torch.sign(G - G.mean() * r**self.alpha) * norms, present)
        moved = self.w.value[present].clamp(min=LEAST)
        self.w.value[present] = moved * sum_present / moved.sum()
        return w

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        return {"alpha": trial.suggest_float("alpha", 0.0, 3.0)}

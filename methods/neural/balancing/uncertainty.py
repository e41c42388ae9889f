"""Uncertainty weighting: each outcome's noise is learned, and its loss counts the less the noisier it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from methods.neural.balancing.base import Balancing, balancing


@balancing("uncertainty")
class Uncertainty(Balancing):
    """Homoscedastic uncertainty (Kendall, Gal and Cipolla, CVPR 2018): noisy outcomes count less.

    Σ_t 1/σ_t² L_t + log σ_t, the form that eq. (10) there has for a cross-entropy (a squared error gets 1/(2σ²)); learned as
    s_t = log σ_t², from 0, with the network's optimiser: Σ_t exp(−s_t) L_t + s_t / 2.
    """

    def __init__(self, outcomes: int) -> None:
        super().__init__(outcomes)
        # One parameter each: an outcome that is absent from a batch gets no gradient, and Adam leaves it where it is.
        self.s = nn.ParameterList(nn.Parameter(torch.zeros(())) for _ in range(outcomes))

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:  # noqa: ARG002
        return torch.exp(-self._s(present))

    def penalty(self, present: Tensor) -> Tensor:
        return self._s(present).sum() / 2

    def _s(self, present: Tensor) -> Tensor:
        return torch.stack([self.s[t] for t in present.tolist()])

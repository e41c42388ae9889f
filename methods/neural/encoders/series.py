"""Time series: patches over time of what was measured and of the mask that says so."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.neural.inputs.series import FittedSeries, SeriesInputs

TOKENS = 6


class SeriesEncoder(nn.Module):
    """Patches of consecutive steps as in PatchTST (Nie et al., ICLR 2023), all channels together, the mask m an input:
    token_p = W₂ GELU(W₁ [x_p ; m_p]) + time_p."""

    def __init__(self, fitted: FittedSeries, d: int) -> None:
        super().__init__()
        self.steps = -(-fitted.steps // TOKENS)
        self.k = -(-fitted.steps // self.steps)
        self.patch = nn.Sequential(nn.Linear(self.steps * 2 * len(fitted.channels), d), nn.GELU(), nn.Linear(d, d))
        self.time = nn.Parameter(torch.empty(self.k, d).normal_(std=0.02))
        self.absent = nn.Parameter(torch.empty(self.k, d).normal_(std=0.02))

    def forward(self, inputs: SeriesInputs) -> Tensor:
        """(batch, k, d)."""
        # Steps that fill up the last patch have mask 0: not measured.
        x = functional.pad(inputs.values, (0, 0, 0, self.k * self.steps - inputs.values.shape[1]))
        tokens = self.patch(x.reshape(len(x), self.k, -1)) + self.time
        return torch.where(inputs.present[:, None, None], tokens, self.absent)

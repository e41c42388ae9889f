"""Tables: a few learned linear groups over all columns."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from methods.neural.inputs.table import FittedTable, TableInputs

TOKENS = 4
WIDTH = 8


class TableEncoder(nn.Module):
    """token_g = W_g [numbers; marks of what is missing; embedded categories] + b_g, for g = 1 … k."""

    starts: Tensor

    def __init__(self, fitted: FittedTable, d: int) -> None:
        super().__init__()
        self.k = TOKENS
        sizes = torch.tensor((0, *fitted.sizes))
        self.register_buffer("starts", sizes.cumsum(0)[:-1])
        self.codes = nn.Embedding(max(int(sizes.sum()), 1), WIDTH) if fitted.sizes else None
        self.W = nn.Linear(fitted.width + WIDTH * len(fitted.sizes), TOKENS * d)
        self.absent = nn.Parameter(torch.empty(TOKENS, d).normal_(std=0.02))

    def forward(self, inputs: TableInputs) -> Tensor:
        """(batch, k, d)."""
        x = inputs.numbers
        if self.codes is not None:
            x = torch.cat([x, self.codes(inputs.codes + self.starts).flatten(1)], dim=1)
        tokens = self.W(x).unflatten(1, (TOKENS, -1))
        return torch.where(inputs.present[:, None, None], tokens, self.absent)

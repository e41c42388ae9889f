"""Dropout whose mask costs one random byte an element: on one core the usual one takes longer than the layer it follows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEVELS = 256


class Dropout(nn.Module):
    """Inverted dropout (Srivastava et al., JMLR 2014); `p` is rounded to the nearest 1/256."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.dropped = round(p * LEVELS)

    @property
    def idle(self) -> bool:
        """Whether everything is let through."""
        return not self.training or not self.dropped

    def forward(self, x: Tensor) -> Tensor:
        """Any shape, kept."""
        if self.idle:
            return x
        words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64, device=x.device)
        # Without bounds random_ leaves the sign bit 0; these bounds fill all eight bytes.
        words.random_(-(2**63), None)
        kept = words.view(torch.uint8)[: x.numel()].view(x.shape) >= self.dropped
        return x * (kept * (LEVELS / (LEVELS - self.dropped)))

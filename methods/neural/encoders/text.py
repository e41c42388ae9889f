"""Notes: a small convolution over frozen token vectors, then learned queries that gather each note field."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.neural.encoders.gather import gathered
from methods.neural.encoders.window import window_sum
from methods.neural.inputs.text import FittedText, TextInputs
from methods.neural.inputs.vectors import WIDTH

TOKENS = 4
MOST_FIELDS = 8
TAPS = 5
CHANNELS = 48


class TextEncoder(nn.Module):
    """c_l = ReLU(Σ_k W_k e_{l+k} + b), so that a negation beside a finding can be seen; token q = Σ_l softmax_l(a_q · c_l) c_l
    over the field that query q reads, then a linear map to d. A field without a word gives a learned token instead."""

    fields: Tensor

    def __init__(self, fitted: FittedText, d: int) -> None:
        super().__init__()
        fields = min(len(fitted.fields), MOST_FIELDS)
        each = max(1, TOKENS // fields)
        # Beyond MOST_FIELDS several fields share a query.
        self.register_buffer("fields", torch.arange(fields).repeat_interleave(each))
        self.k = fields * each
        self.W = nn.Parameter(torch.empty(WIDTH, TAPS, CHANNELS).normal_(std=(TAPS * WIDTH) ** -0.5))
        self.b = nn.Parameter(torch.zeros(CHANNELS))
        self.a = nn.Parameter(torch.empty(CHANNELS, self.k).normal_(std=CHANNELS**-0.5))
        self.out = nn.Linear(CHANNELS, d)
        self.query = nn.Parameter(torch.empty(self.k, d).normal_(std=0.02))
        self.absent = nn.Parameter(torch.empty(self.k, d).normal_(std=0.02))

    def forward(self, inputs: TextInputs) -> Tensor:
        """(batch, k, d)."""
        table = torch.einsum("ve,etc->vtc", inputs.vectors, self.W)
        # Each window has one middle: the bias is added there, once a token that occurs.
        middle = functional.pad(self.b[None], (0, 0, TAPS // 2, TAPS // 2))
        c = window_sum(inputs.tokens, table + middle.to(table.dtype)).relu_()
        field = (inputs.fields.long() - 1) % MOST_FIELDS
        read = (inputs.fields > 0)[:, :, None] & (field[:, :, None] == self.fields)
        present = read.any(dim=1)[:, :, None]
        return torch.where(present, self.out(gathered(c, self.a, read)) + self.query, self.absent)

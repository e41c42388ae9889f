"""Late fusion: what was made of the table and what was read in the notes meet by concatenation alone."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from methods.neural.backbone import Backbone
from methods.neural.dropout import Dropout
from methods.neural.settings import Settings
from methods.neural.tensors import Inputs, Preprocessing


class TableAndText(Backbone):
    """h = LN(W [a ; t] + b): `a` (batch, d) is what a subclass makes of the table's tokens; `t`, the pooled text, has the notes'
    tokens side by side, as every neural method's encoders give them. Where train lacks one, h is made of the other."""

    modalities = ("tabular", "text")

    def __init__(self, fitted: Preprocessing, settings: Settings) -> None:
        super().__init__(fitted, settings)
        d = settings.d
        tokens = sum(encoder.k for encoder in (self.text, self.document) if encoder is not None)
        self.W = nn.Linear((tokens + (self.table is not None)) * d, d)
        self.norm = nn.LayerNorm(d)
        self.dropout = Dropout(settings.dropout)

    @abstractmethod
    def of_table(self, tokens: Tensor) -> Tensor:
        """a: (batch, k, d) → (batch, d)."""

    def forward(self, inputs: Inputs) -> Tensor:
        tokens = self.tokens(inputs)
        parts = [self.of_table(x) if name == "table" else x.flatten(1) for name, x in tokens.items()]
        h: Tensor = self.norm(self.W(self.dropout(torch.cat(parts, dim=1))))
        return h

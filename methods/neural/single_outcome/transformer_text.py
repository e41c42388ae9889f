"""Transformer+Text: a Transformer on the table, joined with the text."""

from __future__ import annotations

from torch import Tensor, nn

from methods.neural.fusion import Fusion
from methods.neural.settings import Settings
from methods.neural.single_outcome.base import single_outcome
from methods.neural.single_outcome.joined import TableAndText
from methods.neural.tensors import Preprocessing


@single_outcome("transformer_text", effort=3.3)
class TransformerText(TableAndText):
    """A Transformer on the table joined with the pooled text (Transformer+Text of arXiv 2605.03570): a = Transformer(x_1, …, x_k).

    x_1 … x_k are the table encoder's tokens; `a` is the output at the learned global token. No token of the notes is attended to.
    """

    def __init__(self, fitted: Preprocessing, settings: Settings) -> None:
        super().__init__(fitted, settings)
        absent = self.table is None
        self.transformer = nn.Identity() if absent else Fusion(settings.d, settings.layers, settings.dropout)

    def of_table(self, tokens: Tensor) -> Tensor:
        a: Tensor = self.transformer(tokens)
        return a

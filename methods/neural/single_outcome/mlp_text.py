"""MLP+Text: a perceptron on the table, joined with the text."""

from __future__ import annotations

from torch import Tensor, nn

from methods.neural.dropout import Dropout
from methods.neural.settings import Settings
from methods.neural.single_outcome.base import single_outcome
from methods.neural.single_outcome.joined import TableAndText
from methods.neural.tensors import Preprocessing


@single_outcome("mlp_text", effort=3.3)
class MLPText(TableAndText):
    """An MLP on the table joined with the pooled text (MLP+Text of arXiv 2605.03570): a = W_L φ(… W_1 φ(x)).

    φ is GELU then dropout, L is `layers`, x the table encoder's k·d numbers side by side, which is the width of each hidden layer.
    """

    def __init__(self, fitted: Preprocessing, settings: Settings) -> None:
        super().__init__(fitted, settings)
        width = 0 if self.table is None else self.table.k * settings.d
        self.mlp = nn.Sequential()
        for out in [width] * (settings.layers - 1) + [settings.d] if width else []:
            self.mlp.extend((nn.GELU(), Dropout(settings.dropout), nn.Linear(width, out)))

    def of_table(self, tokens: Tensor) -> Tensor:
        a: Tensor = self.mlp(tokens.flatten(1))
        return a

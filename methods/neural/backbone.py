"""Backbone: encoders of the modalities, and how their tokens become h."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from datasets import MODALITIES
from methods.neural.encoders.document import DocumentEncoder
from methods.neural.encoders.notes import NoteEncoder
from methods.neural.encoders.series import SeriesEncoder
from methods.neural.encoders.table import TableEncoder
from methods.neural.encoders.text import TextEncoder
from methods.neural.fusion import Fusion
from methods.neural.inputs.notes import FittedNotes
from methods.neural.settings import Settings
from methods.neural.tensors import Inputs, Preprocessing


class Backbone(nn.Module):
    """Encoders of whatever train has of `modalities`; notes are read twice: word by word, and whole.

    A subclass takes what was fitted on these modalities of train, and the settings; it makes h (batch, d) of the tokens.
    """

    modalities: ClassVar[tuple[str, ...]] = MODALITIES

    def __init__(self, fitted: Preprocessing, settings: Settings) -> None:
        super().__init__()
        d = settings.d
        self.table = None if fitted.table is None else TableEncoder(fitted.table, d)
        self.text: NoteEncoder | TextEncoder | None = None
        if fitted.text is not None:
            self.text = NoteEncoder(fitted.text, d) if isinstance(fitted.text, FittedNotes) else TextEncoder(fitted.text, d)
        self.document = None if fitted.document is None else DocumentEncoder(fitted.document, d)
        self.series = None if fitted.series is None else SeriesEncoder(fitted.series, d)

    @abstractmethod
    def forward(self, inputs: Inputs) -> Tensor:
        """h: (batch, d)."""

    def tokens(self, inputs: Inputs) -> dict[str, Tensor]:
        """(batch, k, d) by encoder; none for what train does not have."""
        pairs = {
            "table": (self.table, inputs.table),
            "text": (self.text, inputs.text),
            "document": (self.document, inputs.document),
            "series": (self.series, inputs.series),
        }
        return {name: encode(x) for name, (encode, x) in pairs.items() if encode is not None}


class FusionBackbone(Backbone):
    """One Transformer over the tokens of all modalities."""

    def __init__(self, fitted: Preprocessing, settings: Settings) -> None:
        super().__init__(fitted, settings)
        self.fusion = Fusion(settings.d, settings.layers, settings.dropout)

    def forward(self, inputs: Inputs) -> Tensor:
        h: Tensor = self.fusion(torch.cat(list(self.tokens(inputs).values()), dim=1))
        return h

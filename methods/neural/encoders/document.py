"""Whole notes: a few learned linear groups over the directions of their marked terms."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from methods.neural.inputs.document import DocumentInputs, FittedDocument, LateDocument

TOKENS = 2


class DocumentEncoder(nn.Module):
    """token_g = W_g x + b_g, for g = 1 … k, beside the tokens that read a note word by word: what is said anywhere in a long note
    is then seen by a plain linear map, as trees and logistic regression see it."""

    def __init__(self, fitted: FittedDocument | LateDocument, d: int) -> None:
        super().__init__()
        self.k = TOKENS
        self.W = nn.Linear(fitted.width, TOKENS * d)
        self.absent = nn.Parameter(torch.empty(TOKENS, d).normal_(std=0.02))

    def forward(self, inputs: DocumentInputs) -> Tensor:
        """(batch, k, d)."""
        return torch.where(inputs.present[:, None, None], self.W(inputs.values).unflatten(1, (TOKENS, -1)), self.absent)

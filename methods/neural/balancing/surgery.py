"""What gradient surgery is: weights on the outcomes' gradients that their inner products decide."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor

from methods.neural.balancing.base import Balancing


class Surgery(Balancing):
    """Balances by G = J Jᵀ, whose entry ij is g_i · g_j, g_i the gradient of outcome i's loss on the shared parameters.

    A subclass gives the weights w of the update Jᵀw.
    """

    needs_gram = True

    @abstractmethod
    def combined(self, gram: Tensor, present: Tensor) -> Tensor:
        """`gram` (known outcomes, known outcomes), finite; `present`: the numbers of these outcomes. Gives (known outcomes,)."""

    def weights(self, losses: Tensor, gram: Tensor | None) -> Tensor:
        return self(losses, gram, torch.arange(len(losses), device=losses.device))

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:
        assert gram is not None
        # No solver takes these; training itself says that it went out of bounds.
        if not gram.isfinite().all():
            return torch.full_like(losses, torch.nan)
        return self.combined(gram, present).to(losses)


def root(gram: Tensor) -> np.ndarray:
    """R (outcomes, outcomes), float64, with R Rᵀ = G / tr G: ‖Rᵀw‖ is ‖Jᵀw‖ in units of ‖J‖; zero where G is.

    Taken of the cosines, so that a short gradient's row is as exact as a long one's.
    """
    G = gram.detach().cpu().double().numpy()
    norm = np.sqrt(np.diag(G))
    whole = np.linalg.norm(norm)
    if whole == 0:
        return np.zeros_like(G)
    unit = np.where(norm > 0, norm, 1.0)
    values, vectors = np.linalg.eigh(G / np.outer(unit, unit))
    return (norm / whole)[:, None] * vectors * np.sqrt(values.clip(min=0.0))

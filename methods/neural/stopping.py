"""Stopping: which epoch's weights are kept, and when training ends."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor, nn

# Epochs whose mean of valid macro AUC speaks for the last of them.
TRAILING = 3


class Stopping:
    """Keeps the weights of the epoch with the best three-epoch mean of valid macro AUC; ends after `patience` epochs without a
    better one."""

    def __init__(self, network: nn.Module, patience: int) -> None:
        self.network, self.patience = network, patience
        self._aucs: list[float] = []
        self._best, self._best_value, self._kept = 0, -math.inf, _weights(network)

    def value(self, valid_auc: float) -> float:
        """The value of the epoch that ended with this macro AUC: its mean over the epoch and the two before."""
        self._aucs.append(valid_auc)
        return float(np.mean(self._aucs[-TRAILING:]))

    def over(self, value: float) -> bool:
        """Keeps the weights where `value` is the best so far; says whether training ends."""
        epoch = len(self._aucs) - 1
        if value > self._best_value:
            self._best, self._best_value, self._kept = epoch, value, _weights(self.network)
        return epoch - self._best >= self.patience

    def restore(self) -> None:
        """Puts the kept weights back."""
        self.network.load_state_dict(self._kept)


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}

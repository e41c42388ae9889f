"""Stopping: which epoch's weights are kept, and when training ends."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from methods.base import Run

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


def tell(run: Run, epoch: int, names: Sequence[str], losses: tuple[Tensor, Tensor], valid_auc: float, value: float) -> None:
    """Logs and reports an epoch: `losses` of train and of valid, each (outcomes,); `value`: by which it is chosen."""
    train_loss, valid_loss = (dict(zip(names, side.tolist(), strict=True)) for side in losses)
    run.log(
        {
            "kind": "epoch",
            "epoch": epoch,
            "train_loss": train_loss,
            "valid_loss": valid_loss,
            "valid_auc": valid_auc,
            "value": value,
        }
    )
    run.report(epoch, value)


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}

"""Watching: how the outcomes' gradients agree while a network trains, logged every so many steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor

from methods.base import Run
from methods.neural.gradients import Update
from methods.neural.lookahead import LookAhead
from methods.neural.losses import outcome_losses
from methods.neural.network import Network
from methods.neural.tensors import Inputs, Labels


class Watching:
    """Says which steps of one training are logged. Watching draws no random number and changes no gradient."""

    def __init__(self, network: Network, names: Sequence[str], loss: Callable[[Tensor, Tensor], Tensor], run: Run) -> None:
        self.network, self.names, self.run = network, names, run
        self.loss = partial(outcome_losses, loss)
        # Where nothing is shared, gradients meet nowhere.
        self.every = run.watch.every if network.sharing.mixes and len(names) > 1 else 0

    def at(self, epoch: int, step: int, inputs: Inputs, labels: Labels, lr: float) -> Watched | None:
        """The step, counted from 0, before it is taken; None where it is not logged."""
        if not self.every or step % self.every or not labels.known.any():
            return None
        ahead = LookAhead(self.network, self.loss, inputs, labels) if self.run.watch.full else None
        return Watched(self, epoch, step, lr, ahead, None if ahead is None else ahead.affinity(lr))


@dataclass(frozen=True)
class Watched:
    """One step that is logged.

    Its record holds `epoch` and `step` (from 0), `outcomes` (names of those with a known label in the batch), `gram` (outcomes,
    outcomes): inner products of the gradients of their unweighted losses on the shared parameters; and `weights` (outcomes,): what
    the balancing gave each. Cosine, conflict, norms and magnitude similarity all follow from these (Yu et al. 2020, section 2.2).
    In full also `layers` (a Gram matrix by shared layer), `affinity` and `curvature`, which `LookAhead` defines.
    """

    watching: Watching
    epoch: int
    step: int
    lr: float
    ahead: LookAhead | None
    affinity: Tensor | None

    def log(self, present: Tensor, update: Update) -> None:
        """Logs the step once it was taken, unless it went out of bounds, which training itself says."""
        assert update.gram is not None
        seen: dict[str, Tensor] = {"gram": update.gram, "weights": update.weights}
        if self.ahead is not None and self.affinity is not None:
            seen |= {"affinity": self.affinity, "curvature": self.ahead.curvature()}
            seen |= {f"layers/{name}": found for name, found in self.ahead.layers().items()}
        if not all(bool(found.isfinite().all()) for found in seen.values()):
            return
        outcomes = [self.watching.names[outcome] for outcome in present.tolist()]
        record: dict[str, Any] = {"kind": "gradients", "epoch": self.epoch, "step": self.step, "outcomes": outcomes}
        self.watching.run.log(record | {name: found.detach().cpu().double().tolist() for name, found in seen.items()})

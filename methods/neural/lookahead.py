"""Look-ahead: what one step does to each outcome, layer by layer and along the update. Costs several steps; logged on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from methods.neural.gradients import gram, outcome_gradients
from methods.neural.network import Network
from methods.neural.tensors import Inputs, Labels

Losses = Callable[[], Tensor]


class LookAhead:
    """Looks at one batch before and after an update. Dropout is off while it looks, so that two looks differ by weights alone."""

    def __init__(self, network: Network, loss: Callable[[Tensor, Tensor, Tensor], Tensor], inputs: Inputs, labels: Labels) -> None:
        self.network = network
        self.present = labels.known.any(dim=0).nonzero().flatten()

        def losses() -> Tensor:
            return loss(network(inputs).logits, labels.y, labels.known)[self.present]

        self._losses = losses
        with _Resting(network):
            shared = network.shared()
            ids = {id(p) for p in shared}
            rest = [p for p in network.parameters() if id(p) not in ids]
            found = losses()
            self.before = found.detach()
            self.jacobian = outcome_gradients(found, shared)
            self.own = outcome_gradients(found, rest) if rest else found.new_zeros((len(found), 0))
        self._shared, self._rest = shared, rest
        self._start = [p.detach().clone() for p in (*shared, *rest)]

    def affinity(self, lr: float) -> Tensor:
        """Z (outcomes, outcomes), Z_ij = 1 − L_j(θ_s − η ∇L_i, θ_j) / L_j(θ_s, θ_j): what a plain step on the shared parameters for
        outcome i brings outcome j (Fifty et al. 2021, eq. 1); `lr` is η. Leaves the weights as they were."""
        rows = []
        with torch.no_grad(), _Resting(self.network):
            for gradient in self.jacobian:
                self._move(-lr * gradient)
                rows.append(1 - self._losses() / self.before)
                for parameter, start in zip(self._shared, self._start, strict=False):
                    parameter.copy_(start)
        return torch.stack(rows)

    def layers(self) -> dict[str, Tensor]:
        """The Gram matrix of the outcomes' gradients on each shared layer's parameters, by the layer's name: layer-wise conflict
        (Recon, Shi et al. 2023, section 3). They add up to the Gram matrix on all shared parameters."""
        names = {id(p): name.rpartition(".")[0] or name for name, p in self.network.named_parameters()}
        columns: dict[str, list[Tensor]] = {}
        sizes = [p.numel() for p in self._shared]
        for parameter, part in zip(self._shared, torch.split(self.jacobian, sizes, dim=1), strict=True):
            columns.setdefault(names[id(parameter)], []).append(part)
        return {name: gram(torch.cat(parts, dim=1)) for name, parts in columns.items()}

    def curvature(self) -> Tensor:
        """(outcomes,): 2 (L_t(θ') − L_t(θ) − ∇L_tᵀ(θ' − θ)) / ‖θ' − θ‖², θ' the weights as they are now: the mean curvature of each
        loss along the update, exact for a quadratic (the bound of Yu et al. 2020, definition 3, per unit of length); zero where
        nothing moved."""
        with torch.no_grad(), _Resting(self.network):
            moves = [p - start for p, start in zip((*self._shared, *self._rest), self._start, strict=True)]
            u = torch.cat([move.flatten() for move in moves])
            gradient = torch.cat([self.jacobian, self.own], dim=1)
            length = (u @ u).clamp(min=torch.finfo(u.dtype).tiny)
            return 2 * (self._losses() - self.before - gradient @ u) / length

    def _move(self, step: Tensor) -> None:
        for parameter, part in zip(self._shared, torch.split(step, [p.numel() for p in self._shared]), strict=True):
            parameter.add_(part.view_as(parameter))


class _Resting:
    """The network in evaluation mode for as long as it is looked at."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __enter__(self) -> None:
        self.training = self.network.training
        self.network.eval()

    def __exit__(self, *_: Any) -> None:
        self.network.train(self.training)

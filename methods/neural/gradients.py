"""Gradients: each outcome's on the shared parameters, how they agree, and the one update made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from methods.neural.balancing.base import Balancing
from methods.neural.network import Network


@dataclass(frozen=True)
class Update:
    """What a step was made of: `weights` of the present outcomes, and the Gram matrix of their gradients where it was computed."""

    weights: Tensor
    gram: Tensor | None = None


def outcome_gradients(losses: Tensor, parameters: Sequence[nn.Parameter]) -> Tensor:
    """J (outcomes, number of shared weights): row t is the gradient of loss t; the graph is kept."""
    return torch.stack([_flat(_gradient(loss, parameters), parameters) for loss in losses])


def gram(jacobian: Tensor) -> Tensor:
    """J Jᵀ (outcomes, outcomes): inner products of the outcomes' gradients."""
    return jacobian @ jacobian.T


def backward(
    network: Network, balancing: Balancing, losses: Tensor, present: Tensor, aux: Tensor | None, watched: bool = False
) -> Update:
    """Sets the gradient of every parameter of the network and gives what it is made of.

    `losses` (outcomes,); `present`: numbers of the outcomes with a known label in the batch. What belongs to an absent outcome
    gets no gradient at all, as a step with zeros would still move it by AdamW's moments. `aux` is added unweighted.
    `watched`: the Gram matrix is wanted, whether or not the balancing asks for it.
    """
    every = len(present) == len(losses)
    kept = losses if every else losses[present]
    if balancing.needs_gram:
        update = _surgery(network, balancing, kept, present, aux)
    else:
        seen = gram(outcome_gradients(kept, network.shared())) if watched else None
        weights = balancing(kept.detach(), None, present)
        total = (weights * kept).sum()
        for extra in (balancing.penalty(present), aux):
            total = total if extra is None else total + extra
        torch.autograd.backward(total)
        update = Update(weights.detach(), seen)
    for outcome in () if every else set(range(len(losses))).difference(present.tolist()):
        for parameter in network.specific(outcome):
            parameter.grad = None
    return update


def _surgery(network: Network, balancing: Balancing, losses: Tensor, present: Tensor, aux: Tensor | None) -> Update:
    """Weighted sum of the outcomes' gradients on what is shared; its own plain gradient on what belongs to one outcome."""
    shared = network.shared()
    rows, own = [], []
    for loss, outcome in zip(losses, present.tolist(), strict=True):
        specific = network.specific(outcome)
        # One pass gives both: what is shared and what is this outcome's own.
        both = _gradient(loss, [*shared, *specific])
        rows.append(_flat(both[: len(shared)], shared))
        own.append((specific, both[len(shared) :]))
    jacobian = torch.stack(rows)
    found = gram(jacobian)
    weights = balancing(losses.detach(), found, present).detach()
    for weight, (specific, gradients) in zip(weights, own, strict=True):
        for parameter, gradient in zip(specific, gradients, strict=True):
            parameter.grad = gradient * weight if balancing.weighs_specific and gradient is not None else gradient
    sizes = [parameter.numel() for parameter in shared]
    for parameter, gradient in zip(shared, (weights @ jacobian).split(sizes), strict=True):
        parameter.grad = gradient.view_as(parameter)
    if aux is not None:
        torch.autograd.backward(aux)
    return Update(weights, found)


def _gradient(loss: Tensor, parameters: Sequence[nn.Parameter]) -> tuple[Tensor | None, ...]:
    return torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)


def _flat(gradient: Sequence[Tensor | None], parameters: Sequence[nn.Parameter]) -> Tensor:
    pairs = zip(gradient, parameters, strict=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for g, p in pairs])

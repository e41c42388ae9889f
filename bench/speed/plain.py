"""Plain: the loops that a PyTorch user would write, which the suite's own are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from bench.speed.subject import Rows
from methods.neural.network import Network


def summed(
    network: Network,
    inputs: Rows,
    y: Tensor,
    between: Callable[[], None],
    seed: int = 0,
    batch_size: int = 128,
    weight_decay: float = 0.01,
) -> None:
    """One epoch over indexed tensors: one loss an outcome, summed, by AdamW as PyTorch makes it; `between` before every step."""
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=weight_decay)
    network.train()
    for rows in _batches(len(y), batch_size, seed):
        between()
        loss = torch.stack(_losses(network, inputs, y, rows)).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def pcgrad(
    network: Network,
    inputs: Rows,
    y: Tensor,
    between: Callable[[], None],
    seed: int = 0,
    batch_size: int = 128,
    weight_decay: float = 0.01,
) -> None:
    """One epoch of PCGrad (Yu et al., NeurIPS 2020, algorithm 1) with a backward pass an outcome: gradients on the shared weights
    are projected, heads follow their own."""
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=weight_decay)
    shared = network.shared()
    specific = [network.specific(t) for t in range(y.shape[1])]
    sizes = [parameter.numel() for parameter in shared]
    network.train()
    for rows in _batches(len(y), batch_size, seed):
        between()
        gradients, heads = [], []
        for loss, own in zip(_losses(network, inputs, y, rows), specific, strict=True):
            optimiser.zero_grad()
            loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]
            gradients.append(torch.cat([p.grad.flatten() for p in shared if p.grad is not None]))
            heads.append([p.grad for p in own])
        update = torch.stack(_projected(gradients)).sum(dim=0)
        for parameter, gradient in zip(shared, torch.split(update, sizes), strict=True):
            parameter.grad = gradient.view_as(parameter)
        for own, kept in zip(specific, heads, strict=True):
            for parameter, head in zip(own, kept, strict=True):
                parameter.grad = head
        optimiser.step()


def _projected(gradients: list[Tensor]) -> list[Tensor]:
    found = []
    for i, gradient in enumerate(gradients):
        g = gradient.clone()
        for j in torch.randperm(len(gradients)).tolist():
            if j != i and (inner := g @ gradients[j]) < 0:
                g -= inner / (gradients[j] @ gradients[j]) * gradients[j]
        found.append(g)
    return found


def _batches(cases: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    return iter(torch.split(torch.randperm(cases, generator=torch.Generator().manual_seed(seed)), batch_size))


def _losses(network: Network, inputs: Rows, y: Tensor, rows: Tensor) -> list[Tensor]:
    logits, labels = _logits(network, inputs.rows(rows)), y[rows]
    return [functional.binary_cross_entropy_with_logits(logits[:, t], labels[:, t]) for t in range(labels.shape[1])]


def _logits(network: Network, inputs: Any) -> Tensor:
    """(batch, outcomes): each head by itself, as it is written by hand; ours takes them all in one product."""
    z = network.dropout(network.represented(inputs)[1].z)
    return torch.cat([head(z[:, t]) for t, head in enumerate(network.heads)], dim=1)

"""Trainer of networks over columns: one network for all outcomes, one or several predictions of each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from methods.base import Run
from methods.neural.arithmetic import computed_in
from methods.neural.dropout import Dropout
from methods.neural.inputs.table import TableInputs
from methods.neural.losses import loss_of, outcome_losses
from methods.neural.stopping import Stopping, tell
from methods.scores import auc, macro
from methods.tabular.networks.inputs import numbers_and_codes

# Cases that are predicted at a time.
CHUNK = 256


@dataclass(frozen=True)
class Side:
    """Inputs of train or of valid, and its outcomes: `y` and `known` (cases, outcomes)."""

    inputs: TableInputs
    y: Tensor
    known: Tensor


@dataclass(frozen=True)
class Plan:
    """`lr` and `weight_decay` of AdamW; at most `epochs` of `batch_size` cases a step, `patience` of them without a better one."""

    lr: float
    weight_decay: float
    epochs: int
    patience: int
    batch_size: int


def train(
    network: nn.Module, groups: list[dict[str, Any]], sides: tuple[Side, Side], names: tuple[str, ...], plan: Plan, run: Run
) -> None:
    """Trains on the first side and leaves the weights of the epoch that did best on the second.

    AdamW (Loshchilov and Hutter, ICLR 2019) over the parameter `groups` with a constant rate, as the authors of both networks have
    it. The loss is the sum over outcomes of the members' mean; `run.arithmetic` is that of steps, never of predictions. Raises
    FloatingPointError where the loss is no longer finite.
    """
    fitted, valid = sides
    loss = loss_of(run.loss)
    optimiser = torch.optim.AdamW(groups, lr=plan.lr, weight_decay=plan.weight_decay, fused=True)
    order = torch.Generator().manual_seed(run.seed)
    batches = math.ceil(len(fitted.y) / plan.batch_size)
    y = np.where(valid.known.cpu().numpy(), valid.y.cpu().numpy().astype(np.float64), np.nan)
    stopping = Stopping(network, plan.patience)
    for epoch in range(plan.epochs):
        network.train()
        total, seen = torch.zeros(len(names)), torch.zeros(len(names))
        for rows in torch.randperm(len(fitted.y), generator=order).tensor_split(batches):
            losses, count = _step(network, optimiser, fitted, rows.to(fitted.y.device), loss, run)
            total, seen = total + losses * count, seen + count
        logits = predict(network, valid.inputs, len(valid.y))
        train_loss, valid_loss = total / seen, member_losses(loss, logits, valid.y, valid.known).cpu()
        if not train_loss[seen > 0].isfinite().all() or not logits.isfinite().all():
            raise FloatingPointError(f"the loss is no longer finite in epoch {epoch}.")
        valid_auc = macro(auc, y, probabilities(logits))
        value = stopping.value(valid_auc)
        tell(run, epoch, names, (train_loss, valid_loss), valid_auc, value)
        if stopping.over(value):
            break
    stopping.restore()


def member_losses(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """(outcomes,): mean over the members and the known cases of the batch of `logits` (cases, members, outcomes)."""
    return outcome_losses(loss, logits, y[:, None].expand_as(logits), known[:, None]).mean(dim=0)


def predict(network: nn.Module, inputs: TableInputs, cases: int) -> Tensor:
    """Logits (cases, members, outcomes), in chunks of one size."""
    network.eval()
    with torch.no_grad():
        chunks = torch.split(torch.arange(cases, device=inputs.numbers.device), CHUNK)
        return torch.cat([_members(network, inputs, rows) for rows in chunks])


def probabilities(logits: Tensor) -> np.ndarray:
    """float64 (cases, outcomes): mean of the members' probabilities."""
    return logits.double().sigmoid().mean(dim=1).cpu().numpy()


def _step(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    side: Side,
    rows: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    run: Run,
) -> tuple[Tensor, Tensor]:
    """One update; gives each outcome's loss and number of known cases."""
    known = side.known.index_select(0, rows)
    count = known.sum(dim=0)
    with computed_in(run.arithmetic, run.device):
        logits = _members(network, side.inputs, rows)
    losses = member_losses(loss, logits.float(), side.y.index_select(0, rows), known)
    optimiser.zero_grad(set_to_none=True)
    if count.any():
        torch.autograd.backward(losses.sum())
        optimiser.step()
    return losses.detach().cpu(), count.cpu()


def _members(network: nn.Module, inputs: TableInputs, rows: Tensor) -> Tensor:
    """(rows, members, outcomes); a network without members is its only one."""
    logits: Tensor = network(*numbers_and_codes(inputs, rows))
    return logits if logits.ndim == 3 else logits[:, None]


def swap_dropout(network: nn.Module) -> None:
    """Puts this project's dropout in the place of torch's, which takes a quarter of a step on one core."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Dropout):
                setattr(module, name, Dropout(child.p))

"""Trainer: steps over batches, the epoch chosen on valid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from methods.base import Run
from methods.neural.arithmetic import computed_in
from methods.neural.balancing.base import Balancing
from methods.neural.gradients import backward
from methods.neural.losses import loss_of, outcome_losses
from methods.neural.network import Network
from methods.neural.settings import Settings
from methods.neural.stopping import Stopping, tell
from methods.neural.tensors import Inputs, Labels
from methods.neural.watching import Watched, Watching
from methods.scores import auc, macro

# Cases that are predicted at a time.
CHUNK = 256


@dataclass(frozen=True)
class Side:
    """Inputs and labels of train or of valid."""

    inputs: Inputs
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels.y)


@dataclass(frozen=True)
class _Parts:
    """What one step needs besides its batch."""

    network: Network
    balancing: Balancing
    optimiser: torch.optim.Optimizer
    loss: Callable[[Tensor, Tensor], Tensor]
    computed: Callable[[], AbstractContextManager[Any]]


def train(
    network: Network, balancing: Balancing, sides: tuple[Side, Side], names: tuple[str, ...], settings: Settings, run: Run
) -> None:
    """Trains on the first side and leaves the weights of the epoch that did best on the second.

    AdamW (Loshchilov and Hutter, ICLR 2019) with a cosine schedule. An epoch's value, reported and compared, is the mean of
    valid macro AUC over it and the two before. `run.arithmetic` is that of steps alone: what is predicted is computed in single.
    Raises FloatingPointError where a loss is no longer finite.
    """
    fitted, valid = sides
    loss = loss_of(run.loss)
    optimiser = _optimiser(network, balancing, settings)
    order = torch.Generator().manual_seed(run.seed)
    batches = math.ceil(len(fitted) / settings.batch_size)
    steps = settings.epochs * batches
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
    y = _with_unknown(valid.labels)
    stopping, watching = Stopping(network, settings.patience), Watching(network, names, loss, run)
    parts = _Parts(network, balancing, optimiser, loss, partial(computed_in, run.arithmetic, run.device))
    balancing.before_training(_starting_losses(fitted.labels, loss))
    for epoch in range(settings.epochs):
        network.train()
        total, seen = torch.zeros(len(names)), torch.zeros(len(names))
        for number, rows in enumerate(torch.randperm(len(fitted), generator=order).tensor_split(batches)):
            here = rows.to(fitted.labels.y.device)
            batch = Side(fitted.inputs.rows(here), fitted.labels.rows(here))
            watched = watching.at(epoch, epoch * batches + number, batch.inputs, batch.labels, float(schedule.get_last_lr()[0]))
            losses, count = _step(parts, batch, watched)
            schedule.step()
            total, seen = total + losses * count, seen + count
        logits = predict(network, valid.inputs, len(valid))
        train_loss = total / seen
        balancing.after_epoch(train_loss.to(valid.labels.y.device))
        valid_loss = outcome_losses(loss, logits, valid.labels.y, valid.labels.known).cpu()
        if not train_loss[seen > 0].isfinite().all() or not logits.isfinite().all():
            raise FloatingPointError(f"the loss is no longer finite in epoch {epoch}.")
        valid_auc = macro(auc, y, logits.cpu().double().numpy())
        value = stopping.value(valid_auc)
        tell(run, epoch, names, (train_loss, valid_loss), valid_auc, value)
        if stopping.over(value):
            break
    stopping.restore()


def predict(network: Network, inputs: Inputs, cases: int) -> Tensor:
    """Logits (cases, outcomes), in chunks of one size."""
    network.eval()
    device = next(network.parameters()).device
    with torch.no_grad():
        chunks = torch.split(torch.arange(cases, device=device), CHUNK)
        return torch.cat([network(inputs.rows(rows)).logits for rows in chunks])


def representations(network: Network, inputs: Inputs, cases: int, names: Sequence[str]) -> dict[str, Tensor]:
    """(cases, width) of each part by its name; a part that every outcome has for itself stands under `part/outcome`."""
    network.eval()
    device = next(network.parameters()).device
    found: dict[str, list[Tensor]] = {}
    with torch.no_grad():
        for rows in torch.split(torch.arange(cases, device=device), CHUNK):
            for part, x in network(inputs.rows(rows)).shared.parts.items():
                by_name = {part: x} if x.ndim == 2 else {f"{part}/{name}": x[:, t] for t, name in enumerate(names)}
                for name, one in by_name.items():
                    found.setdefault(name, []).append(one.cpu())
    return {name: torch.cat(chunks) for name, chunks in found.items()}


def _step(parts: _Parts, batch: Side, watched: Watched | None) -> tuple[Tensor, Tensor]:
    """One update; gives each outcome's loss and number of known cases."""
    network, balancing, labels = parts.network, parts.balancing, batch.labels
    count = labels.known.sum(dim=0)
    with parts.computed():
        output = network(batch.inputs)
    losses = outcome_losses(parts.loss, output.logits.float(), labels.y, labels.known)
    # As zero_grad does, in a fifth of its time.
    for group in parts.optimiser.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    if len(present := count.nonzero().flatten()):
        update = backward(network, balancing, losses, present, output.shared.aux, watched is not None)
        parts.optimiser.step()
        if watched is not None:
            watched.log(present, update)
        if balancing.needs_losses_after:
            with torch.no_grad(), parts.computed():
                logits = network(batch.inputs).logits
            after = outcome_losses(parts.loss, logits.float(), labels.y, labels.known)
            balancing.after_step(losses.detach()[present], after[present], present)
    return losses.detach().cpu(), count.cpu()


def _starting_losses(labels: Labels, loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """(outcomes,): each outcome's loss where every case gets its prevalence."""
    prevalence = (labels.y * labels.known).sum(dim=0) / labels.known.sum(dim=0)
    return outcome_losses(loss, torch.logit(prevalence).expand_as(labels.y), labels.y, labels.known)


def _optimiser(network: Network, balancing: Balancing, settings: Settings) -> torch.optim.Optimizer:
    """Weight decay for matrices alone: norms, biases, learned tokens and cross-stitch's alpha have no scale to hold down."""
    plain = ("absent", "query", "time", "alpha")
    decayed = [p for name, p in network.named_parameters() if p.ndim > 1 and not name.endswith(plain)]
    ids = {id(p) for p in decayed}
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": [p for p in network.parameters() if id(p) not in ids] + list(balancing.parameters()), "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.lr, fused=True)


def _with_unknown(labels: Labels) -> np.ndarray:
    return np.where(labels.known.cpu().numpy(), labels.y.cpu().numpy().astype(np.float64), np.nan)

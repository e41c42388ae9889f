"""Balancings that weigh losses, and a past for them to have lived through."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from methods.neural.balancing.base import BALANCINGS, Balancing
from methods.neural.balancing.static_weights import StaticWeights
from methods.neural.losses import bce, outcome_losses
from methods.neural.network import Network
from methods.neural.network import network as build
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS
from methods.neural.tensors import Inputs, Labels, fit_preprocessing, labels
from tests.methods.neural.cohorts import make

T = 3
ALL = torch.arange(T)
NAMES = ("static_weights", "uncertainty", "dwa", "gradnorm", "famo", "stch")
COHORT = make(24, outcomes=T)
FITTED = fit_preprocessing(COHORT, {})


def made(sharing: str = "hard_sharing") -> tuple[Network, Inputs, Labels]:
    settings = Settings(d=8, width=8, layers=1, dropout=0.0)
    network = build(FITTED, settings, SHARINGS.get(sharing), torch.full((T,), 0.3))
    return network, FITTED.inputs(COHORT), labels(COHORT, COHORT.outcome_names)


def losses_of(network: Network, inputs: Inputs, y: Labels) -> Tensor:
    return outcome_losses(bce, network(inputs).logits, y.y, y.known)


def history(steps: int, outcomes: int = T) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Losses before a step, after it, and a Gram matrix, for so many steps."""
    random = torch.Generator().manual_seed(4)
    found = []
    for _ in range(steps):
        J = torch.randn(outcomes, 5, generator=random)
        before, after = (torch.rand(outcomes, generator=random) + 0.1 for _ in range(2))
        found.append((before, after, J @ J.T))
    return found


def lived(balancing: Balancing, steps: Sequence[tuple[Tensor, Tensor, Tensor]], present: Tensor) -> list[Tensor]:
    """The weights of each step; of the losses and Gram matrix only the outcomes of `columns` are told. An epoch is four steps."""
    optimiser = torch.optim.Adam(parameters, lr=0.1) if (parameters := list(balancing.parameters())) else None
    found = []
    for number, (before, after, G) in enumerate(steps, start=1):
        weights = balancing(before, G, present)
        if optimiser is not None:
            optimiser.zero_grad()
            penalty = balancing.penalty(present)
            assert penalty is not None
            ((weights * before).sum() + penalty).backward()
            optimiser.step()
        found.append(weights.detach().clone())
        balancing.after_step(before, after, present)
        if number % 4 == 0:
            epoch = torch.full((balancing.outcomes,), torch.nan)
            epoch[present] = before
            balancing.after_epoch(epoch)
    return found


def changed(name: str, outcomes: int, order: Sequence[int]) -> Balancing:
    """A balancing whose parameters differ from the defaults, its outcomes put in this order."""
    if name == "static_weights":
        return StaticWeights(outcomes, [[2.0, 1.0, 3.0][t] for t in order])
    extra: dict[str, Any] = {"dwa": {"temperature": 0.5}, "famo": {"gamma": 0.1}, "stch": {"mu": 0.3}}.get(name, {})
    return BALANCINGS.get(name)(outcomes=outcomes, **extra)

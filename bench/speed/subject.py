"""Subject: a network and the cases that it is trained on, for two loops that are held against each other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self, cast

import torch
from torch import Tensor, nn

from bench.speed.cohort import sides
from bench.speed.size import Size
from bench.speed.turns import WARM_UP
from methods.base import Run
from methods.neural.balancing.base import BALANCINGS
from methods.neural.network import Network, network
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS, Shared, Sharing
from methods.neural.tensors import Inputs, Labels, fit_preprocessing, labels
from methods.neural.trainer import Side, train

WIDTHS = (256, 256, 128)
PREVALENCES = (0.3, 0.2, 0.1, 0.1)


class Rows(Protocol):
    """Inputs of some cases."""

    def rows(self, index: Tensor) -> Any:
        """These cases, in this order."""


@dataclass(frozen=True)
class Subject:
    """`network`, trained anew from the same weights by every loop; `inputs` and `labels` of its cases, all known."""

    name: str
    network: Network
    inputs: Rows
    labels: Labels

    def copied(self) -> Network:
        return copy.deepcopy(self.network)


@dataclass(frozen=True)
class Numbers:
    """Cases of a table without gaps or categories: `x` (cases, columns)."""

    x: Tensor

    def rows(self, index: Tensor) -> Self:
        return replace(self, x=self.x.index_select(0, index))


class Layers(nn.Module):
    """256 → 256 → 128, as MLPs of multi-task libraries have it; h: (batch, 128)."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = WIDTHS
        self.layers = nn.Sequential(nn.Linear(first, second), nn.ReLU(), nn.Linear(second, third), nn.ReLU())

    def forward(self, inputs: Numbers) -> Tensor:
        h: Tensor = self.layers(inputs.x)
        return h


class Unchanged(Sharing):
    """z_t = h: every head reads what the backbone gives."""

    def __init__(self, d: int, outcomes: int) -> None:
        super().__init__(d)
        self.outcomes = outcomes

    def forward(self, h: Tensor) -> Shared:
        return Shared(h.expand(-1, self.outcomes, -1), common=h.squeeze(1))


def mlp(steps: int, outcomes: int = 4) -> Subject:
    """An MLP on random numbers, with cases for so many steps of one epoch."""
    generator = torch.Generator().manual_seed(0)
    cases = steps * Settings().batch_size
    x = torch.randn(cases, WIDTHS[0], generator=generator)
    y = torch.rand(cases, outcomes, generator=generator) < torch.tensor(PREVALENCES[:outcomes])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = Network([Layers()], Unchanged(WIDTHS[-1], outcomes), outcomes, dropout=0.0)
    return Subject("MLP 256-256-128", made, Numbers(x), Labels(y.float(), torch.ones_like(y)))


def default(steps: int, size: Size) -> Subject:
    """The default network of hard sharing on the surgical cohort; its train side, repeated until it lasts for so many steps."""
    cohort, _ = sides(size)
    names = cohort.outcome_names
    fitted = fit_preprocessing(cohort, {})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        prevalence = torch.tensor([float(cohort.outcomes[name].mean()) for name in names])
        made = network(fitted, Settings(), SHARINGS.get("hard_sharing"), prevalence)
    rows = torch.arange(steps * Settings().batch_size) % len(cohort)
    return Subject("default backbone", made, fitted.inputs(cohort).rows(rows), labels(cohort, names).rows(rows))


def subjects(size: Size) -> tuple[Subject, Subject]:
    """Both, with cases for the steps that are measured."""
    steps = size.pairs + WARM_UP + 1
    return mlp(steps), default(steps, size)


@dataclass(frozen=True)
class _Paced:
    """Inputs whose first use in a step is told: the trainer takes a batch's inputs before anything else."""

    inputs: Rows
    between: Callable[[], None]

    def rows(self, index: Tensor) -> Any:
        self.between()
        return self.inputs.rows(index)


def ours(subject: Subject, made: Network, between: Callable[[], None], balancing: str, settings: Settings, run: Run) -> None:
    """One training of the suite's own, by `methods.neural.trainer.train`, told of every step."""
    outcomes = subject.labels.y.shape[1]
    here = Side(cast(Inputs, _Paced(subject.inputs, between)), subject.labels)
    # Valid is looked at when an epoch ends, which no measured loop reaches.
    few = torch.arange(2)
    valid = Side(cast(Inputs, subject.inputs.rows(few)), subject.labels.rows(few))
    names = tuple(f"outcome_{t}" for t in range(outcomes))
    train(made, BALANCINGS.get(balancing)(outcomes=outcomes), (here, valid), names, settings, run)

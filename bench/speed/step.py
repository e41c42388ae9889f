"""Step: one update of our trainer beside one of a plain loop, summed and by PCGrad."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from bench.speed import plain
from bench.speed.row import Goal, Row
from bench.speed.size import Size
from bench.speed.subject import Subject, ours, subjects
from bench.speed.turns import WARM_UP, in_turns, ratio
from methods.base import Run
from methods.neural.network import Network
from methods.neural.settings import Settings


def summed(size: Size) -> list[Row]:
    """The plain sum of the losses, on an MLP and on the default network."""
    return [
        _row("training step, equal weights", "bare PyTorch loop", subject, "sum", plain.summed, limit, size)
        for subject, limit in zip(subjects(size), (0.80, 1.03), strict=True)
    ]


def pcgrad(size: Size) -> list[Row]:
    """PCGrad with four outcomes, on an MLP and on the default network."""
    return [
        _row("PCGrad step, exact", "PCGrad by one backward pass an outcome", subject, "pcgrad", plain.pcgrad, limit, size)
        for subject, limit in zip(subjects(size), (0.95, 1.02), strict=True)
    ]


def pair(
    subject: Subject,
    networks: tuple[Network, Network],
    balancing: str,
    bare: Callable[..., None],
    steps: int,
    warm_up: int,
    weight_decay: float = 0.01,
    epochs: int = 1,
) -> np.ndarray:
    """Seconds (2, steps) of our training of the first network and of a plain loop's of the second, on the same batches."""
    settings = Settings(epochs=epochs, weight_decay=weight_decay)
    loops = (
        lambda between: ours(subject, networks[0], between, balancing, settings, Run()),
        partial(_bare, subject, networks[1], bare, weight_decay),
    )
    return in_turns(loops, steps, warm_up)


def _bare(subject: Subject, network: Network, bare: Callable[..., None], weight_decay: float, between: Callable[[], None]) -> None:
    bare(network, subject.inputs, subject.labels.y, between, Run().seed, Settings().batch_size, weight_decay)


def _row(what: str, against: str, subject: Subject, balancing: str, bare: Callable[..., None], limit: float, size: Size) -> Row:
    seconds = pair(subject, (subject.copied(), subject.copied()), balancing, bare, size.pairs, WARM_UP)
    ours_ms, bare_ms = 1000 * np.median(seconds, axis=1)
    return Row(
        what=f"{what}: {subject.name}",
        against=f"{against}, same module",
        value=ratio(seconds),
        goal=Goal(limit),
        seconds=(ours_ms / 1000, bare_ms / 1000),
        note=f"{ours_ms:.2f} ms against {bare_ms:.2f} ms; batches of {Settings().batch_size}, {subject.labels.y.shape[1]} outcomes,"
        f" median of {size.pairs} pairs of steps in turns",
    )

"""Diagnostics: what logging a Gram matrix every 50th step costs a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.disk import append_line
from bench.protocol.study import Protocol
from bench.speed.row import Goal, Row
from bench.speed.size import Size
from bench.speed.subject import default, ours
from bench.speed.turns import WARM_UP, in_turns, ratio
from methods.base import Run, Watch
from methods.neural.settings import Settings


def diagnostics(size: Size) -> list[Row]:
    """Blocks of as many steps as lie between two logged ones, of the default network with the plain sum."""
    every = Protocol().gradients_every
    steps = size.blocks * every
    # One block before those that count, so that each of them holds one logged step.
    subject = default(steps + every + WARM_UP + 1, size)
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"

        def on(between: Callable[[], None]) -> None:
            ours(subject, subject.copied(), between, "sum", Settings(epochs=1), Run(watch=Watch(every), log=_kept(log)))

        def off(between: Callable[[], None]) -> None:
            ours(subject, subject.copied(), between, "sum", Settings(epochs=1), Run())

        seconds = in_turns((on, off), steps, WARM_UP)
        logged = len(log.read_text(encoding="utf-8").splitlines())
    blocks = seconds.reshape(2, size.blocks, every).sum(axis=2)
    first, second = np.median(blocks, axis=1) / every
    return [
        Row(
            what=f"diagnostics on, a Gram matrix every {every}th step",
            against="off",
            value=ratio(blocks),
            goal=Goal(1.05),
            seconds=(float(first), float(second)),
            note=f"{1000 * first:.2f} ms against {1000 * second:.2f} ms a step; default backbone, median of {size.blocks} blocks "
            f"of {every} steps in turns, {logged} steps logged",
        )
    ]


def _kept(file: Path) -> Callable[[Mapping[str, Any]], None]:
    return lambda record: append_line(file, record)

"""Pruner: epochs that tuning a network saves by stopping trials early, and what it ends with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.running.tuning import PRUNER, Task, Tuned, tune
from bench.speed.cohort import sides, task
from bench.speed.noise import within_noise
from bench.speed.row import Goal, Row
from bench.speed.size import Size
from bench.speed.turns import timed
from datasets import Cohort
from methods.contract.checked import predict

METHOD = "hard_sharing"
# More trials than any study has: the pruner waits for them before it would prune.
NEVER = {"n_startup_trials": 10**9}


def pruner(size: Size) -> list[Row]:
    """One tuning with the suite's pruner and one without, of the same seeds; epochs are counted, as seconds are noisier."""
    train, valid = sides(size)
    with_it, without = (_Tuning(train, valid, size.trials, settings) for settings in (PRUNER, PRUNER | NEVER))
    first, second = with_it.epochs, without.epochs
    return [
        Row(
            what=f"tuning with the pruner: {METHOD}, {size.trials} trials",
            against="without",
            value=100 * (1 - first / second),
            goal=Goal(30.0, least=True, unit="%"),
            seconds=(with_it.seconds, without.seconds),
            note=f"share of epochs saved: {first} against {second}, {with_it.pruned} trials pruned, {with_it.seconds:.0f} s "
            f"against {without.seconds:.0f} s; best valid score {with_it.score:.4f} against {without.score:.4f}, to differ by no "
            "more than noise",
            alike=within_noise(valid, with_it.p, without.p),
        )
    ]


class _Tuning:
    """What a tuning took and ended with: `p` (cases, outcomes) of the chosen trial on valid."""

    def __init__(self, train: Cohort, valid: Cohort, trials: int, settings: dict[str, object]) -> None:
        asked = task(METHOD, train, valid, trials, {}, pruner=settings)
        with TemporaryDirectory() as folder:
            self.seconds = timed(lambda: self._tune(asked, Path(folder) / "trials.jsonl"))
        lines = self.found.trials
        self.epochs = sum(len(line["steps"]) for line in lines)
        self.pruned = sum(line["state"] == "pruned" for line in lines)
        self.score = max(line["value"] for line in lines if line["value"] is not None)
        run = replace(asked.run, seed=asked.seeds("trial", self.found.number))
        self.p: np.ndarray = predict(asked.build(**self.found.params).fit(train, valid, run), valid, len(valid.outcome_names))

    found: Tuned

    def _tune(self, asked: Task, record: Path) -> None:
        self.found = tune(asked, record, lambda _: None)

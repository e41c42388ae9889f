"""Cohort: the patients that speed is measured on, parted as the study `quick` parts them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench.protocol.prepared import prepare
from bench.protocol.seeds import seed
from bench.protocol.study import Study, read_study
from bench.running.tuning import Task
from bench.speed.size import Size
from datasets import Cohort
from methods.base import Run
from methods.registry import entry


def study(size: Size, **overrides: Any) -> Study:
    """`quick` on the cohort of this size, with overrides put on top."""
    return read_study("quick", {"datasets": [dict(size.dataset)], **overrides})


def sides(size: Size) -> tuple[Cohort, Cohort]:
    """Train and valid of the first fold."""
    asked = study(size)
    # A synthetic cohort is made, not found: no folder of source data is looked into.
    ready = prepare(asked, asked.datasets[0], Path())
    cohort = ready.cohort.only(*ready.outcomes).without_reference()
    fold = ready.sides[ready.sides["fold"] == 0]
    rows = {str(side): part["row"].to_numpy() for side, part in fold.groupby("side")}
    return cohort.take(rows["train"]), cohort.take(rows["valid"])


def task(
    method: str, train: Cohort, valid: Cohort, trials: int, shared: dict[Any, Any], outcome: str | None = None, **how: Any
) -> Task:
    """What a cell would tune: a method on these sides, for one outcome where it is named."""
    members = (outcome,) if outcome else train.outcome_names
    seeds: Mapping[str, Any] = {"study_seed": 0, "dataset": "speed", "method": f"{method}/{outcome}", "fold": 0}
    return Task(
        build=entry(method).build,
        fixed={},
        train=train.only(*members),
        valid=valid.only(*members),
        trials=trials,
        seeds=partial(_seed, seeds),
        run=Run(shared=shared),
        outcome=outcome,
        **how,
    )


def _seed(named: Mapping[str, Any], purpose: str, number: int) -> int:
    return seed(**named, purpose=purpose, number=number)

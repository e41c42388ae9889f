"""Tuning: Optuna over a method's search space, inside one fold, on train and valid alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from bench.disk import append_line, read_lines, sealed
from bench.running.held import held
from datasets import Cohort
from methods.base import Method, Run
from methods.contract.broken import ContractBrokenError
from methods.contract.checked import predict

optuna.logging.set_verbosity(optuna.logging.WARNING)

PRUNER: dict[str, Any] = {"n_startup_trials": 3, "n_warmup_steps": 5, "interval_steps": 1, "n_min_trials": 3}
SAMPLER: dict[str, Any] = {
    "n_startup_trials": 10,
    "n_ei_candidates": 24,
    "multivariate": True,
    "group": False,
    "constant_liar": False,
}


@dataclass(frozen=True)
class Task:
    """What is tuned: an unfitted method for fixed parameters, and the sides it may see.

    `build(**params)` makes the method; `fixed` are the study's own parameters. `outcome` names the single outcome of a
    method that is tuned per outcome. `seeds(number)` gives a trial's seeds for sampling and fitting. `pruner`: what Optuna's
    median pruner is told.
    """

    build: Callable[..., Method]
    fixed: Mapping[str, Any]
    train: Cohort
    valid: Cohort
    trials: int
    seeds: Callable[[str, int], int]
    run: Run
    outcome: str | None = None
    pruner: Mapping[str, Any] = field(default_factory=lambda: PRUNER)


@dataclass(frozen=True)
class Tuned:
    """The chosen parameters (for `build`), the trial that tried them, and all trials as recorded."""

    params: Mapping[str, Any]
    number: int
    trials: tuple[Mapping[str, Any], ...]


def tune(task: Task, record: Path, progress: Callable[[int], None]) -> Tuned:
    """Tries the method's defaults (trial 0) and what the sampler suggests; trials in `record` are not run again.

    Each trial is appended to `record` when it ends. The sampler is seeded anew for every trial from its number, so that a
    tuning that was interrupted suggests what an uninterrupted one does.
    """
    done = [line for line in read_lines(record) if line["outcome"] == task.outcome]
    for number in range(len(done), task.trials):
        line = sealed(_trial(task, number, done))
        append_line(record, line)
        done.append(line)
        progress(number + 1)
    complete = [line for line in done if line["state"] == "complete"]
    best = max(complete, key=lambda line: (line["value"], -line["number"]))
    return Tuned(best["settings"], best["number"], tuple(done))


def _trial(task: Task, number: int, done: list[dict[str, Any]]) -> dict[str, Any]:
    study = _rebuilt(task, number, done)
    if number == 0:
        trial, settings = _default(task, study)
    else:
        trial = study.ask()
        space = task.build(**task.fixed).space(held(trial, task.fixed), len(task.train.outcome_names))
        settings = space | dict(task.fixed)
    steps: dict[int, float] = {}

    def report(step: int, value: float) -> None:
        steps[int(step)] = float(value)
        trial.report(float(value), int(step))
        # The defaults are always trained to the end: they are a result of their own.
        if number > 0 and trial.should_prune():
            raise optuna.TrialPruned

    run = replace(task.run, seed=task.seeds("trial", number), report=report)
    moment, began = datetime.now(UTC), time.perf_counter()
    value: float | None = None
    try:
        method = task.build(**settings).fit(task.train, task.valid, run)
        p = predict(method, task.valid, len(task.valid.outcome_names))
        value, state = float(task.run.score(task.valid.outcomes.to_numpy(np.float64), p)), "complete"
    except optuna.TrialPruned:
        state = "pruned"
    except FloatingPointError:
        # A loss that became NaN under parameters that the sampler chose speaks against them; under the defaults it is a fault.
        if number == 0:
            raise
        state = "diverged"
    return {
        "outcome": task.outcome,
        "number": number,
        "state": state,
        "value": value,
        "settings": settings,
        "params": dict(trial.params),
        "distributions": {name: json.loads(distribution_to_json(d)) for name, d in trial.distributions.items()},
        "steps": {str(step): v for step, v in steps.items()},
        "began": moment.isoformat(timespec="milliseconds"),
        "seconds": time.perf_counter() - began,
    }


def _rebuilt(task: Task, number: int, done: list[dict[str, Any]]) -> optuna.Study:
    sampler = optuna.samplers.TPESampler(seed=task.seeds("sampler", number), **SAMPLER)
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=optuna.pruners.MedianPruner(**task.pruner))
    for line in done:
        study.add_trial(frozen(line))
    return study


def _default(task: Task, study: optuna.Study) -> tuple[optuna.Trial, dict[str, Any]]:
    """Trial 0: the documented defaults, written into the study as if the sampler had suggested them."""
    method, outcomes = task.build(**task.fixed), len(task.train.outcome_names)
    probe = optuna.trial.FixedTrial(method.defaults(outcomes))
    try:
        settings = method.space(held(probe, task.fixed), outcomes) | dict(task.fixed)
    except ValueError as error:
        raise ContractBrokenError(f"search_space suggests a name that the constructor does not take: {error}") from error
    study.enqueue_trial(dict(probe.params))
    trial = study.ask(dict(probe.distributions))
    return trial, settings


def frozen(line: Mapping[str, Any]) -> FrozenTrial:
    """A recorded trial as Optuna keeps it."""
    distributions: dict[str, BaseDistribution] = {
        name: json_to_distribution(json.dumps(content)) for name, content in line["distributions"].items()
    }
    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "diverged": TrialState.FAIL}
    return create_trial(
        state=states[line["state"]],
        value=line["value"],
        params={name: _as_stored(distributions[name], value) for name, value in line["params"].items()},
        distributions=distributions,
        intermediate_values={int(step): value for step, value in line["steps"].items()},
    )


def _as_stored(distribution: BaseDistribution, value: Any) -> Any:
    """JSON has no tuples; a categorical choice comes back as the choice it was."""
    if isinstance(distribution, optuna.distributions.CategoricalDistribution):
        return next(choice for choice in distribution.choices if choice == value)
    return value

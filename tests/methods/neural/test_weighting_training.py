"""Balancings that weigh losses in the real trainer and under the real tuner."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.running.tuning import Task, tune
from datasets import Cohort, Refused
from methods import Run, registry
from methods.neural.balancing.sum import Sum
from methods.neural.balancing.uncertainty import Uncertainty
from methods.neural.method import NeuralMethod
from methods.neural.network import network as build
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS
from methods.neural.tensors import fit_preprocessing, labels
from methods.neural.trainer import Side, train
from tests.methods.neural.cohorts import make
from tests.methods.neural.conftest import SMALL
from tests.methods.neural.weightings import COHORT, NAMES, T


class Witness(Sum):
    """The plain sum, which writes down what it is told."""

    needs_losses_after = True

    def __init__(self, outcomes: int) -> None:
        super().__init__(outcomes)
        self.start = torch.empty(0)
        self.steps: list[tuple[Tensor, Tensor, Tensor]] = []
        self.epochs: list[Tensor] = []

    def before_training(self, losses: Tensor) -> None:
        self.start = losses

    def after_step(self, before: Tensor, after: Tensor, present: Tensor) -> None:
        self.steps.append((before, after, present))

    def after_epoch(self, losses: Tensor) -> None:
        self.epochs.append(losses)


def told(cohort: Cohort, loss: str = "bce", **params: Any) -> tuple[Witness, list[Any]]:
    fitted = fit_preprocessing(cohort, {})
    y = labels(cohort, cohort.outcome_names)
    settings = Settings(**({"d": 8, "width": 8, "layers": 1, "epochs": 2, "batch_size": 20} | params))
    network = build(fitted, settings, SHARINGS.get("hard_sharing"), torch.full((T,), 0.3))
    witness = Witness(T)
    logged: list[Any] = []
    side = Side(fitted.inputs(cohort), y)
    train(network, witness, (side, side), cohort.outcome_names, settings, Run(loss=loss, log=logged.append))
    return witness, logged


def test_a_balancing_is_told_the_losses_at_the_prevalence() -> None:
    cohort = make(80, outcomes=T, unknown=0.3)
    p = np.nanmean(cohort.outcomes.to_numpy(np.float64), axis=0)
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    np.testing.assert_allclose(told(cohort)[0].start.numpy(), entropy, rtol=1e-5)
    # The asymmetric part by hand: γ₊ = 1, γ₋ = 4, margin 0.05.
    shifted = np.maximum(p - 0.05, 0)
    asymmetric = -p * (1 - p) * np.log(p) - (1 - p) * shifted**4 * np.log(1 - shifted)
    np.testing.assert_allclose(told(cohort, "bce+asl")[0].start.numpy(), entropy + asymmetric, rtol=1e-5)


def test_a_balancing_is_told_the_losses_after_the_step_and_of_the_epoch() -> None:
    cohort = make(80, outcomes=T)
    outcomes = cohort.outcomes.copy()
    outcomes.loc[4:, "o1"] = np.nan
    outcomes.loc[:3, "o1"] = [0.0, 1.0, 0.0, 1.0]
    witness, logged = told(replace(cohort, outcomes=outcomes), batch_size=10)
    assert {tuple(present.tolist()) for _, _, present in witness.steps} == {(0, 2), (0, 1, 2)}
    assert all(before.shape == after.shape == present.shape for before, after, present in witness.steps)
    for epoch, line in zip(witness.epochs, logged, strict=True):
        np.testing.assert_allclose(epoch.numpy(), list(line["train_loss"].values()), rtol=1e-6)


def test_the_losses_after_a_step_are_those_of_the_new_weights_with_dropout_on() -> None:
    cohort = make(80, outcomes=T)
    for before, after, _ in told(cohort, dropout=0.0, lr=1e-12)[0].steps:
        torch.testing.assert_close(after, before, rtol=1e-5, atol=1e-6)
    assert all((after < before).any() for before, after, _ in told(cohort, dropout=0.0, lr=1e-3)[0].steps)
    assert all((after - before).abs().max() > 1e-4 for before, after, _ in told(cohort, dropout=0.4, lr=1e-12)[0].steps)


def test_uncertainty_is_learned_without_decay() -> None:
    fitted = fit_preprocessing(COHORT, {})
    settings = Settings(d=8, width=8, layers=1, epochs=3, batch_size=8, weight_decay=100.0, lr=1e-2, patience=9)
    balancing = Uncertainty(T)
    with torch.no_grad():
        balancing.s[0].fill_(5.0)
    side = Side(fitted.inputs(COHORT), labels(COHORT, COHORT.outcome_names))
    network = build(fitted, settings, SHARINGS.get("hard_sharing"), torch.full((T,), 0.3))
    train(network, balancing, (side, side), COHORT.outcome_names, settings, Run())
    # A decay of 100 × 0.01 a step would have left nothing of it.
    assert 4.8 < float(balancing.s[0].detach()) < 5.0
    assert float(balancing.s[1].detach()) != 0.0


def fit_small(name: str, cohort: Cohort, log: Callable[[Any], None] = lambda _: None, **params: Any) -> np.ndarray:
    sides = cohort.take(np.arange(150)), cohort.take(np.arange(150, 220))
    method = registry.build(name, **(SMALL | {"d": 16, "width": 16, "epochs": 5, "batch_size": 16, "lr": 1e-2} | params))
    return method.fit(*sides, Run(seed=3, log=log)).predict_proba(cohort.take(np.arange(220, 260)).hide_outcomes())


TINY = make(260, unknown=0.1).without("text", "series")


def test_equal_static_weights_are_hard_sharing_to_the_bit() -> None:
    expected = fit_small("hard_sharing", TINY)
    assert np.array_equal(fit_small("static_weights", TINY), expected)
    assert np.array_equal(fit_small("static_weights", TINY, weights=[7.0, 7.0, 7.0]), expected)
    assert not np.allclose(fit_small("static_weights", TINY, weights=[7.0, 7.0, 1.0]), expected)


@pytest.mark.parametrize("name", NAMES)
def test_each_trains_otherwise_than_the_plain_sum(name: str) -> None:
    params: dict[str, dict[str, Any]] = {"static_weights": {"weights": [3.0, 1.0, 1.0]}, "dwa": {"temperature": 0.1}}
    logs: list[list[Any]] = [[], []]
    fit_small(name, TINY, logs[0].append, **params.get(name, {}))
    fit_small("hard_sharing", TINY, logs[1].append)
    last = [np.array(list(log[4]["train_loss"].values())) for log in logs]
    assert np.abs(last[0] - last[1]).max() > 1e-3
    assert (last[0] < list(logs[0][0]["train_loss"].values())).all()


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ple+famo", {"levels": 2}),
        ("ple+gradnorm", {"levels": 2}),
        ("mmoe+gradnorm", {}),
        ("mmoe+static_weights", {"weights": [1, 2, 3]}),
        ("orthtd+uncertainty", {}),
        ("orthtd+stch", {}),
        ("ple+dwa", {"levels": 1}),
    ],
)
def test_compositions_train(name: str, params: dict[str, Any]) -> None:
    sparse = TINY.outcomes.copy()
    known = np.flatnonzero(sparse["o1"].notna())
    sparse.loc[known[10:130], "o1"] = np.nan
    p = fit_small(name, replace(TINY, outcomes=sparse), **params)
    assert np.isfinite(p).all()
    assert p.std(axis=0).min() > 0.01


def test_weights_for_another_number_of_outcomes_are_refused_before_a_fit() -> None:
    method = registry.build("static_weights", weights=[1.0, 2.0])
    assert method.get_params()["weights"] == [1.0, 2.0]
    with pytest.raises(Refused, match="2 are given for 3 outcomes"):
        method.defaults(3)
    assert method.defaults(2)["weights"] == [1.0, 2.0]


class Untrained(NeuralMethod):
    """Its parameters and search space alone."""

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> "Untrained":
        return self

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return np.full((len(cohort), T), 0.5)


def tuned(place: Path, trials: int, **fixed: Any) -> tuple[Any, ...]:
    def seeds(purpose: str, number: int) -> int:
        return number

    def ignore(_: int) -> None:
        return None

    run = Run(score=lambda y, p: float(p.mean()))
    task = Task(partial(Untrained, "hard_sharing", "static_weights"), fixed, COHORT, COHORT, trials, seeds, run)
    found = tune(task, place / "trials.jsonl", ignore).trials
    again = tune(replace(task, trials=trials + 1), place / "trials.jsonl", ignore).trials
    assert json.loads(json.dumps(again[:trials])) == json.loads(json.dumps(found))
    return again


def test_the_tuner_tries_equal_weights_first_then_others(tmp_path: Path) -> None:
    trials = tuned(tmp_path, 3)
    assert trials[0]["settings"]["weights"] == [1.0, 1.0, 1.0]
    assert {f"weight_{t}" for t in range(T)} <= set(trials[0]["params"])
    for line in trials[1:]:
        assert line["settings"]["weights"] == [line["params"][f"weight_{t}"] for t in range(T)]
        assert all(0.25 <= w <= 4 for w in line["settings"]["weights"])
        assert len(set(line["settings"]["weights"])) == T
        assert registry.build("static_weights", **line["settings"]).get_params()["weights"] == line["settings"]["weights"]


def test_weights_that_a_study_fixes_are_not_searched(tmp_path: Path) -> None:
    trials = tuned(tmp_path, 3, weights=[2.0, 1.0, 1.0])
    assert all(line["settings"]["weights"] == [2.0, 1.0, 1.0] for line in trials)
    assert not any(name.startswith("weight_") and name != "weight_decay" for line in trials for name in line["params"])
    assert len({line["settings"]["lr"] for line in trials}) == len(trials)


def test_a_study_may_fix_weights_and_a_wrong_number_ends_before_a_fit(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="2 are given for 3 outcomes"):
        tuned(tmp_path, 1, weights=[2.0, 1.0])

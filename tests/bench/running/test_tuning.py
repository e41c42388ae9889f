"""Tuning: trial 0 is the default, interruptions change nothing, pruned and diverged trials are not chosen."""

import json
from pathlib import Path
from typing import Any, Self

import numpy as np
import optuna
import pandas as pd
import pytest

from bench.protocol.seeds import seed
from bench.running.tuning import Task, tune
from datasets import Card, Cohort
from methods import Method, Run
from methods.contract.broken import ContractBrokenError


class Peak(Method):
    """Scores best at x = 3, y = "b"; learns nothing. Reports steps where asked to."""

    steps = 0

    def __init__(self, x: float = 0.0, y: str = "a", fixed: int = 1) -> None:
        self.x, self.y, self.fixed = x, y, fixed

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {"x": trial.suggest_float("x", -5, 5), "y": trial.suggest_categorical("y", ["a", "b"])}

    def goodness(self) -> float:
        return 1 / (1 + (self.x - 3) ** 2) + (self.y == "b")

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:
        for step in range(self.steps):
            run.report(step, self.goodness())
        return self

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return np.full((len(cohort), 1), self.goodness() / 3)


class Stepping(Peak):
    """The same in thirty epochs."""

    steps = 30


class Diverging(Peak):
    """Its loss becomes NaN wherever x is not the default."""

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:
        if self.x != 0.0:
            raise FloatingPointError("loss is NaN")
        return super().fit(train, valid, run)


def tiny() -> Cohort:
    card = Card("tiny", "", "", "", "", "", {"o": ""})
    return Cohort(card, np.arange(6), pd.DataFrame({"o": np.array([0, 1] * 3, np.float32)}))


def task(build: Any = Peak, trials: int = 15, **fixed: Any) -> Task:
    run = Run(score=lambda y, p: float(p.mean()))
    return Task(build, fixed, tiny(), tiny(), trials, lambda purpose, n: seed(0, "d", "m", 0, purpose, n), run)


def ignore(_: int) -> None:
    return None


def without_seconds(lines: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in line.items() if key not in ("began", "seconds", "seal")} for line in lines]


def test_trial_zero_is_the_default_and_the_best_is_chosen(tmp_path: Path) -> None:
    found = tune(task(), tmp_path / "trials.jsonl", ignore)
    assert found.trials[0]["settings"] == {"x": 0.0, "y": "a"}
    assert len(found.trials) == 15
    best = max(found.trials, key=lambda line: line["value"])
    assert found.number == best["number"]
    assert found.params == best["settings"]
    assert best["value"] > found.trials[0]["value"]


@pytest.mark.parametrize("cut", [1, 4, 12])
@pytest.mark.parametrize("build", [Peak, Stepping])
def test_an_interrupted_tuning_ends_like_one_that_never_was(tmp_path: Path, cut: int, build: Any) -> None:
    whole, torn = tmp_path / "whole.jsonl", tmp_path / "torn.jsonl"
    tune(task(build), whole, ignore)
    lines = whole.read_text().splitlines(keepends=True)
    torn.write_text("".join(lines[:cut]) + lines[cut][:20])
    again = tune(task(build), torn, ignore)
    kept = [json.loads(line) for line in lines]
    assert without_seconds(again.trials) == without_seconds(kept)


def test_reports_prune_and_a_pruned_trial_is_never_chosen(tmp_path: Path) -> None:
    found = tune(task(Stepping, trials=30), tmp_path / "t.jsonl", ignore)
    pruned = [line for line in found.trials if line["state"] == "pruned"]
    assert pruned
    assert all(len(line["steps"]) < 30 for line in pruned)
    assert all(line["state"] == "complete" for line in found.trials if line["number"] == found.number)


def test_a_fixed_parameter_may_lie_outside_the_search_space_and_is_not_searched(tmp_path: Path) -> None:
    found = tune(task(Peak, 8, x=1e6, y="nowhere"), tmp_path / "t.jsonl", ignore)
    assert all(
        line["settings"] == {"x": 1e6, "y": "nowhere"} | {k: v for k, v in line["settings"].items() if k not in "xy"}
        for line in found.trials
    )
    assert all(not {"x", "y"} & set(line["params"]) for line in found.trials)


def test_fixed_parameters_are_used_in_every_trial(tmp_path: Path) -> None:
    found = tune(task(Peak, 8, y="b", fixed=7), tmp_path / "t.jsonl", ignore)
    assert all(line["settings"]["y"] == "b" and line["settings"]["fixed"] == 7 for line in found.trials)


def test_a_diverged_trial_is_recorded_but_a_diverged_default_is_a_fault(tmp_path: Path) -> None:
    found = tune(task(Diverging, 5), tmp_path / "t.jsonl", ignore)
    assert [line["state"] for line in found.trials] == ["complete"] + ["diverged"] * 4
    assert found.number == 0
    with pytest.raises(FloatingPointError):
        tune(task(Diverging, 5, x=1.0), tmp_path / "u.jsonl", ignore)


def test_a_search_space_with_names_that_the_constructor_lacks_is_named(tmp_path: Path) -> None:
    class Odd(Peak):
        @staticmethod
        def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
            return {"z": trial.suggest_float("z", 0, 1)}

    with pytest.raises(ContractBrokenError, match="'z'"):
        tune(task(Odd), tmp_path / "t.jsonl", ignore)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (np.zeros((6, 2)), "shape"),
        (np.zeros(6), "shape"),
        (np.full((6, 1), np.nan), "NaN for 6 of 6"),
        (np.full((6, 1), 1.5), "outside"),
        (None, "shape|array"),
        (["a"], "not an array"),
    ],
)
def test_wrong_answers_are_refused(tmp_path: Path, answer: Any, words: str) -> None:
    class Wrong(Peak):
        def predict_proba(self, cohort: Cohort) -> np.ndarray:
            return answer

    with pytest.raises(ContractBrokenError, match=words):
        tune(task(Wrong), tmp_path / "t.jsonl", ignore)


def test_methods_see_no_outcome_when_they_predict(tmp_path: Path) -> None:
    class Peeking(Peak):
        def predict_proba(self, cohort: Cohort) -> np.ndarray:
            assert cohort.outcomes.shape == (6, 0)
            return np.full((len(cohort), 1), 0.5)

    assert tune(task(Peeking, 1), tmp_path / "t.jsonl", ignore).number == 0

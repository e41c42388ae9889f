"""Engine: a method registered per outcome is tuned, fitted and stopped for each outcome alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.disk import read_json, read_lines
from bench.place import CellPlace
from bench.protocol.plan import Cell
from bench.protocol.seeds import seed
from bench.protocol.study import Protocol
from bench.running.cell import run_cell
from datasets import Cohort, cache
from methods import Run, registry
from tests.methods.neural.cohorts import make

OUTCOMES = ("o0", "o1", "o2")
FIXED = {"width": 16, "epochs": 3}
SIDES = (("train", 0, 120), ("valid", 120, 180), ("test", 180, 240))


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return make(240).without("text")


@pytest.fixture(scope="module")
def tuned(cohort: Cohort, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of `single_task_tuned` on the cohort, three trials and two seeds an outcome."""
    home = tmp_path_factory.mktemp("cell")
    cache.write([cohort], home / "cohort")
    sides = [pd.DataFrame({"row": np.arange(start, end), "fold": 0, "side": side}) for side, start, end in SIDES]
    pd.concat(sides).to_parquet(home / "split.parquet", index=False)
    protocol = {**Protocol(trials=3, seeds=2).model_dump(mode="json"), "split": "holdout"}
    settings: dict[str, Any] = {"dataset": "planted", "protocol": protocol, "outcomes": list(OUTCOMES), "fold": 0}
    settings |= {"method": "single_task_tuned", "name": "single_task_tuned", "set": FIXED}
    place = CellPlace(home / "results", "single_task_tuned", 0)
    run_cell(Cell(place, "key", 100, 1.0, settings, home / "cohort", home / "split.parquet", (), {}), "cpu", lambda _: None)
    return place.done


def test_each_outcome_has_its_own_trials_choice_and_epochs(tuned: Path) -> None:
    trials = read_lines(tuned / "trials.jsonl")
    assert [(line["outcome"], line["number"]) for line in trials] == [(o, n) for o in OUTCOMES for n in range(3)]
    by_outcome = {o: [line for line in trials if line["outcome"] == o] for o in OUTCOMES}
    assert len({str(lines[0]["settings"]) for lines in by_outcome.values()}) == 1
    assert len({str(lines[1]["settings"]) for lines in by_outcome.values()}) == len(OUTCOMES)
    meta = read_json(tuned / "cell.json")
    for outcome, lines in by_outcome.items():
        best = max((line for line in lines if line["state"] == "complete"), key=lambda line: line["value"])
        assert meta["chosen_trial"][outcome] == best["number"]
        assert meta["params"][outcome] == best["settings"]
    assert len({str(params) for params in meta["params"].values()}) > 1
    assert meta["cost"]["trials"] == 3 * len(OUTCOMES)
    log = read_lines(tuned / "log.jsonl")
    assert {line["outcome"] for line in log} == set(OUTCOMES)
    assert all(set(line["train_loss"]) == {line["outcome"]} for line in log)


def test_an_outcomes_predictions_are_the_twins_fitted_on_it_alone_with_its_own_configuration(tuned: Path, cohort: Cohort) -> None:
    meta, found = read_json(tuned / "cell.json"), pd.read_parquet(tuned / "predictions.parquet")
    train, valid, test = (cohort.take(np.arange(start, end)) for _, start, end in SIDES)
    for outcome in OUTCOMES:
        for number in range(2):
            purpose = seed(Protocol().seed, "planted", "single_task_tuned", 0, f"final/{outcome}", number)
            twin = registry.build("single_task", **meta["params"][outcome])
            p = twin.fit(train.only(outcome), valid.only(outcome), Run(seed=purpose)).predict_proba(test.hide_outcomes())
            rows = found[(found["outcome"] == outcome) & (found["seed"] == number) & (found["side"] == "test")]
            assert np.array_equal(rows["row"], np.arange(180, 240))
            assert np.array_equal(rows["p"], p[:, 0])

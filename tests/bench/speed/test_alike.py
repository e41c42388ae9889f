"""Both sides of a comparison compute the same: bootstrap, trees, tuning; and a finished study is finished."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.commands.status import status
from bench.evaluation.bootstrap import Draws, resampled
from bench.running.tuning import tune
from bench.speed import bootstrap, trees
from bench.speed.cohort import sides, task
from bench.speed.noise import within_noise
from bench.speed.pruner import NEVER, PRUNER
from bench.speed.resume import finished
from bench.speed.size import SIZES

TINY = SIZES["tiny"]


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def test_bootstrap_equals_scikit_learn_on_ties_too() -> None:
    y, p, patient = bootstrap.invented(2, 150)
    p = np.round(p, 1)
    found = resampled(y, p, Draws(np.unique(patient), 0, 5), patient)
    np.testing.assert_allclose(bootstrap.looped(y, p, Draws(np.unique(patient), 0, 5), patient, 5), found, atol=1e-12, rtol=0)


def test_bootstrap_that_differs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bootstrap.bootstrap(TINY)[0].alike
    right = bootstrap.resampled
    monkeypatch.setattr(bootstrap, "resampled", lambda *given: right(*given) + 1e-11)
    assert bootstrap.bootstrap(TINY)[0].alike is False


@pytest.mark.parametrize("method", ["lightgbm", "xgboost"])
def test_trees_find_the_same_trials_as_good(method: str) -> None:
    row = getattr(trees, method)(replace(TINY, trials=1))[0]
    assert row.alike
    assert row.value > 0
    assert "1 trials × " in row.what
    ours, theirs = (float(score) for score in row.note.split("best valid score ")[1].split(",")[0].split(" against "))
    assert abs(ours - theirs) < 0.02


def test_noise_is_told_from_a_difference() -> None:
    rng = np.random.default_rng(0)
    _, valid = sides(TINY)
    y = valid.outcomes.to_numpy(dtype=np.float64)
    good = 0.4 * np.nan_to_num(y) + 0.6 * rng.random(y.shape)
    assert within_noise(valid, good, good)
    assert within_noise(valid, good, good + 0.02 * rng.random(y.shape))
    assert not within_noise(valid, good, rng.random(y.shape))
    assert not within_noise(valid, rng.random(y.shape), good)


def test_without_the_pruner_no_trial_is_pruned(tmp_path: Path) -> None:
    """A made-up method whose every trial but the first four is worse than all before from its first epoch on."""
    train, valid = sides(TINY)
    states = {}
    for name, settings in (("with", PRUNER), ("without", PRUNER | NEVER)):
        asked = task("hard_sharing", train, valid, 7, {}, pruner=settings)
        made = []

        class Falling:
            def __init__(self, number: int) -> None:
                self.number = number

            def fit(self, train: object, valid: object, run: object) -> "Falling":
                for epoch in range(8):
                    run.report(epoch, -float(self.number))  # type: ignore[attr-defined]
                return self

            def predict_proba(self, cohort: object) -> np.ndarray:
                return np.full((len(cohort), len(train.outcome_names)), 0.5)  # type: ignore[arg-type]

            def space(self, trial: object, outcomes: int) -> dict:
                return {}

            def defaults(self, outcomes: int) -> dict:
                return {}

        def build(made: list = made, falling: type = Falling, **_: object) -> object:
            made.append(1)
            return falling(len(made))

        found = tune(replace(asked, build=build), tmp_path / f"{name}.jsonl", lambda _: None)
        states[name] = [line["state"] for line in found.trials]
    assert "pruned" in states["with"]
    assert states["without"] == ["complete"] * 7


def test_every_cell_of_the_finished_study_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert finished(TINY, tmp_path) == TINY.cells
    assert status("finished", tmp_path / "results") == 0
    assert f"{TINY.cells} of {TINY.cells} cells are done" in capsys.readouterr().out
    cells = sorted((tmp_path / "results").glob("*/*/*/fold-*/predictions.parquet"))
    assert len(cells) == TINY.cells
    pd.testing.assert_frame_equal(pd.read_parquet(cells[0]), pd.read_parquet(cells[-1]))
    shutil.rmtree(cells[0].parent)
    assert status("finished", tmp_path / "results") == 1

"""Trees: tuning of boosted trees beside scikit-learn's wrappers in an Optuna loop that tries the same parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import optuna
import pandas as pd

from bench.running.tuning import Task, Tuned, tune
from bench.speed.cohort import sides, task
from bench.speed.noise import within_noise
from bench.speed.row import Goal, Row
from bench.speed.size import Size
from bench.speed.turns import timed
from datasets import Cohort
from methods.base import Method
from methods.columns import TEXT_CHOICES, fit_columns
from methods.contract.checked import predict
from methods.scores import selection_score

# (parameters, seed, rounds, patience, train, valid) → fitted classifier; train and valid are (columns, labels).
Fit = Callable[[dict[str, Any], int, int, int, tuple[pd.DataFrame, np.ndarray], tuple[pd.DataFrame, np.ndarray]], Any]


def lightgbm(size: Size) -> list[Row]:
    """LightGBM's own wrapper."""
    return [_row("lightgbm", "LightGBM", "LGBMClassifier", _lightgbm, size)]


def xgboost(size: Size) -> list[Row]:
    """XGBoost's own wrapper."""
    return [_row("xgboost", "XGBoost", "XGBClassifier", _xgboost, size)]


def _row(method: str, title: str, wrapper: str, fit: Fit, size: Size) -> Row:
    train, valid = sides(size)
    shared: dict[Any, Any] = {}
    # Both sides find the columns ready: making them is the same work for both. So do they find their libraries imported.
    columns = {text: fit_columns(train, text, shared) for text in TEXT_CHOICES}
    tables = {text: (found.numbered(train), found.numbered(valid)) for text, found in columns.items()}
    seconds: list[tuple[float, float]] = []
    scores: list[tuple[float, float]] = []
    p: list[tuple[np.ndarray, np.ndarray]] = []
    with TemporaryDirectory() as folder:
        for outcome in train.outcome_names:
            asked = task(method, train, valid, size.trials, shared, outcome)
            tuned, plain = _Tuned(), _Tuned()
            first = timed(partial(tuned.by_us, asked, Path(folder) / outcome))
            second = timed(partial(plain.by_loop, asked, tuned, tables, fit))
            seconds.append((first, second))
            again = _fitted(asked, tuned.found)
            p.append((predict(again, asked.valid, 1)[:, 0], plain.p))
            scores.append((max(line["value"] for line in tuned.found.trials if line["value"] is not None), plain.score))
    ours, theirs = (float(sum(side)) for side in zip(*seconds, strict=True))
    best = np.mean(scores, axis=0)
    return Row(
        what=f"{title}: {size.trials} trials × {len(seconds)} outcomes",
        against=f"{wrapper} in an Optuna loop, the same trials",
        value=ours / theirs,
        goal=Goal(0.70),
        seconds=(ours, theirs),
        note=f"{ours:.0f} s against {theirs:.0f} s; {len(train):,} training cases, outcome by outcome in turns; best valid score "
        f"{best[0]:.4f} against {best[1]:.4f}, to differ by no more than noise",
        alike=within_noise(valid, *(np.column_stack(side) for side in zip(*p, strict=True))),
    )


class _Tuned:
    """What one tuning of one outcome ends with."""

    found: Tuned
    score: float
    p: np.ndarray

    def by_us(self, asked: Task, record: Path) -> None:
        self.found = tune(asked, record, lambda _: None)

    def by_loop(self, asked: Task, ours: _Tuned, tables: dict[str, tuple[pd.DataFrame, pd.DataFrame]], fit: Fit) -> None:
        """As a user would write it: trials that are suggested in this order, the labels known, the best prediction kept."""
        y, y_valid = (_labels(cohort) for cohort in (asked.train, asked.valid))
        known, known_valid = ~np.isnan(y), ~np.isnan(y_valid)
        self.score = -np.inf

        def objective(trial: optuna.Trial) -> float:
            method = asked.build()
            settings = method.get_params() | method.space(trial, 1)
            table, table_valid = tables[settings.pop("text")]
            rounds, patience = settings.pop("rounds"), settings.pop("patience")
            data = (table[known], y[known]), (table_valid[known_valid], y_valid[known_valid])
            model = fit(settings, asked.seeds("trial", trial.number), rounds, patience, *data)
            p = model.predict_proba(table_valid)[:, 1]
            if (score := selection_score(y_valid[:, None], p[:, None])) > self.score:
                self.score, self.p = score, p
            return score

        study = optuna.create_study(direction="maximize")
        for line in ours.found.trials:
            study.enqueue_trial(line["params"])
        study.optimize(objective, n_trials=len(ours.found.trials))


def _lightgbm(
    settings: dict[str, Any],
    seed: int,
    rounds: int,
    patience: int,
    train: tuple[pd.DataFrame, np.ndarray],
    valid: tuple[pd.DataFrame, np.ndarray],
) -> Any:
    import lightgbm

    model = lightgbm.LGBMClassifier(n_estimators=rounds, subsample_freq=1, random_state=seed, n_jobs=1, verbosity=-1, **settings)
    return model.fit(*train, eval_set=[valid], callbacks=[lightgbm.early_stopping(patience, verbose=False)])


def _xgboost(
    settings: dict[str, Any],
    seed: int,
    rounds: int,
    patience: int,
    train: tuple[pd.DataFrame, np.ndarray],
    valid: tuple[pd.DataFrame, np.ndarray],
) -> Any:
    import xgboost

    model = xgboost.XGBClassifier(
        n_estimators=rounds,
        early_stopping_rounds=patience,
        tree_method="hist",
        enable_categorical=True,
        random_state=seed,
        n_jobs=1,
        **settings,
    )
    return model.fit(*train, eval_set=[valid], verbose=False)


def _fitted(asked: Task, tuned: Tuned) -> Method:
    """The chosen trial's fit once more."""
    run = replace(asked.run, seed=asked.seeds("trial", tuned.number))
    return asked.build(**tuned.params).fit(asked.train, asked.valid, run)


def _labels(cohort: Cohort) -> np.ndarray:
    return cohort.outcomes.to_numpy(dtype=np.float64)[:, 0]

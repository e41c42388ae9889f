"""Decision curves worked by hand, by a plain loop over cases, and against the bootstrap."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from bench.diagnostics.decisions import COLUMNS, decisions, thresholds, worth
from bench.diagnostics.scaled import SCALES, Scaled
from bench.evaluation.scores import Counts
from bench.store import DatasetRecord
from tests.bench.diagnostics.clinical import SMALL, alike, changed, mean_over, read, runs, shuffled
from tests.bench.records import study

KEYS = ["method", "outcome", "scale", "threshold"]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> DatasetRecord:
    return study(tmp_path_factory.mktemp("results"), SMALL).datasets[0]


def _naive(y: np.ndarray, p: np.ndarray, t: float) -> float:
    """Case by case, as a clinician would count."""
    true = false = 0
    for outcome, risk in zip(y, p, strict=True):
        if risk >= t:
            true += outcome == 1
            false += outcome == 0
    return true / len(y) - false / len(y) * t / (1 - t)


def _of_run(one: pd.DataFrame, scale: str, t: float) -> float:
    return _naive(one["y"].to_numpy(), one[scale].to_numpy(), t)


def _of_all(one: pd.DataFrame, t: float) -> float:
    return _naive(one["y"].to_numpy(), np.ones(len(one)), t)


def _found(y: np.ndarray, p: np.ndarray, at: np.ndarray) -> np.ndarray:
    return worth(y, p >= at[:, None], at).sum(axis=1)


def test_ten_cases_by_hand():
    y = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0.0])
    p = np.array([0.9, 0.5, 0.1, 0.6, 0.2, 0.1, 0.1, 0.0, 0.0, 0.0])
    # At 50 %: two found, one for nothing, at par. At 20 %: two, two for nothing, at a quarter. At 10 %: three, four, at a ninth.
    found = _found(y, p, np.array([0.5, 0.2, 0.1]))
    np.testing.assert_allclose(found, [0.2 - 0.1, 0.2 - 0.2 / 4, 0.3 - 0.4 / 9])


def test_treating_all_and_none_and_those_who_need_it():
    y, at = np.array([1, 0, 0, 0, np.nan]), np.array([0.01, 0.25, 0.6])
    np.testing.assert_allclose(_found(y, np.ones(5), at), 0.25 - 0.75 * np.array([1 / 99, 1 / 3, 1.5]), atol=1e-12)
    assert _found(y, np.ones(5), at)[1] == pytest.approx(0, abs=1e-12)
    np.testing.assert_array_equal(_found(y, np.zeros(5), at), 0)
    np.testing.assert_allclose(_found(y, np.array([1, 0, 0, 0, 1.0]), at), 0.25)


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_a_plain_loop(seed: int):
    rng = np.random.default_rng(seed)
    y, p = (rng.random(120) < 0.3).astype(float), np.round(rng.random(120), 1)
    at = np.array([0.05, 0.1, 0.3, 0.35, 0.7])
    np.testing.assert_allclose(_found(y, p, at), [_naive(y, p, t) for t in at], atol=1e-12)


@pytest.mark.parametrize(
    ("prevalence", "last", "step"),
    [(0.002, 0.10, 0.005), (0.05, 0.15, 0.005), (0.1, 0.30, 0.01), (0.2, 0.60, 0.02), (0.6, 0.9, 0.02)],
)
def test_thresholds_are_round_and_end_by_the_prevalence(prevalence: float, last: float, step: float):
    at = thresholds(prevalence)
    assert at[0] == 0.01
    assert at[-1] == last
    np.testing.assert_allclose(np.diff(at)[1:], step)
    assert len(at) <= 50
    assert all(float(f"{t:.3f}") == t for t in at)


def test_the_table_is_the_mean_over_seeds_then_folds_of_plain_loops(record: DatasetRecord):
    made = read(record)
    table = decisions(*made)
    assert tuple(table.columns) == COLUMNS
    lines = table.set_index(KEYS).sort_index()
    for method in ("single_task", "mmoe"):
        for outcome in ("any", "kidney"):
            frames = list(runs(record, method, outcome))
            for scale in SCALES:
                found = lines.loc[(method, outcome, scale)]
                for t in found.index[::6]:
                    value = mean_over(record, frames, partial(_of_run, scale=scale, t=t))
                    assert found.loc[t, "net_benefit"] == pytest.approx(value, abs=1e-9)
                    everyone = mean_over(record, frames, partial(_of_all, t=t))
                    assert found.loc[t, "treat_all"] == pytest.approx(everyone, abs=1e-12)
    assert (table["treat_none"] == 0).all()
    better = table[["treat_all", "treat_none"]].max(axis=1)
    np.testing.assert_allclose(table["gain"], table["net_benefit"] - better, atol=1e-12)
    assert table.loc[table["outcome"] == "icu", ["gain_low", "gain_high"]].isna().all().all()
    rest = table[table["outcome"] != "icu"]
    assert ((rest["gain_low"] <= rest["gain"]) & (rest["gain"] <= rest["gain_high"])).all()


def test_one_risk_for_all_is_a_default_and_gains_nothing(record: DatasetRecord):
    table = decisions(*read(changed(record, lambda frame: frame.assign(p=0.1))))
    found = table[(table["method"] == "mmoe") & (table["scale"] == "raw")]
    low = found["threshold"] <= 0.1
    assert low.any()
    assert (~low).any()
    np.testing.assert_allclose(found.loc[low, "net_benefit"], found.loc[low, "treat_all"])
    assert (found.loc[~low, "net_benefit"] == 0).all()
    assert (found["gain"] <= 1e-12).all()


def test_another_order_of_methods_outcomes_and_rows_changes_no_line(record: DatasetRecord):
    alike(decisions(*read(record)), decisions(*read(shuffled(record))), KEYS)


def test_the_interval_of_the_gain_agrees_with_the_bootstrap_by_patient(record: DatasetRecord):
    made = read(record)
    table = decisions(*made)
    line = table[(table[KEYS[:3]] == ["mmoe", "any", "raw"]).all(axis=1) & (table["threshold"] == 0.2)].iloc[0]
    assert line["treat_all"] > 0
    rng, draws = np.random.default_rng(0), []
    frames = list(runs(record, "mmoe", "any"))
    patients = np.unique(pd.concat(frames)["patient"])
    for _ in range(500):
        counts = pd.Series(np.bincount(rng.integers(0, len(patients), len(patients)), minlength=len(patients)), index=patients)
        values = []
        for frame in frames:
            w = counts[frame["patient"]].to_numpy()
            gained = np.where(frame["raw"] >= 0.2, 0, -1) * np.where(frame["y"] == 1, 1, -0.25)
            values.append((w * gained).sum() / w.sum())
        draws.append(np.mean(values))
    assert (line["gain_high"] - line["gain_low"]) / 2 / 1.959964 == pytest.approx(np.std(draws), rel=0.12)


@pytest.mark.parametrize("order", range(8))
def test_where_treating_all_is_worth_nothing_the_gain_is_that_over_treating_none(record: DatasetRecord, order: int):
    """60 events in 1,200 cases at 5 %: 0.05 − 0.95 / 19 = 0, which sums to a little above or below by the order of the cases."""
    rng = np.random.default_rng(order)
    y, p = rng.permutation(np.repeat([1.0, 0.0], [60, 1140])), rng.random(1200)
    fold = Scaled(np.arange(1200), y[None], {"m": np.broadcast_to(p, (2, 1, 1, 1200))})
    scores = replace(read(record)[1], methods=("m",), outcomes=("o",), counts={"o": Counts(1200, 60, 0.05)})
    table = decisions(record, scores, [fold])
    line = table[(table["threshold"] == 0.05) & (table["scale"] == "raw")].iloc[0]
    assert line["treat_all"] == pytest.approx(0, abs=1e-12)
    # Sums over independent cases: what each adds, apart from its mean.
    added = (p >= 0.05) * np.where(y == 1, 1, -1 / 19)
    reach = 1.959964 * np.sqrt(((added - added.mean()) ** 2).sum()) / 1200
    assert line["gain_high"] - line["gain"] == pytest.approx(reach, rel=1e-6)


def test_no_line_without_a_fold(record: DatasetRecord):
    none: list[Scaled] = []
    assert decisions(record, read(record)[1], none).empty

"""Risks by class and the cases at highest risk: by hand, by plain loops, by lot where risks are equal."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from bench.diagnostics.risks import COLUMNS, NAMES, QUANTILES, TOP_COLUMNS, highest, quantiles, risks, top
from bench.diagnostics.scaled import SCALES
from bench.evaluation.bootstrap import Draws
from bench.evaluation.statistics import standard_error
from bench.protocol.seeds import seed
from bench.store import DatasetRecord
from tests.bench.diagnostics.clinical import SMALL, alike, changed, mean_over, read, runs, shuffled
from tests.bench.records import study


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> DatasetRecord:
    return study(tmp_path_factory.mktemp("results"), SMALL).datasets[0]


def _one(y: np.ndarray, p: np.ndarray, share: float = 0.05) -> list[float]:
    return highest(y, p, np.ones((len(y), 1)), share)[:, 0].tolist()


def test_quantiles_are_those_of_numpy_and_seeds_are_averaged():
    rng = np.random.default_rng(0)
    p, inside = rng.random((3, 60)), np.arange(60) < 40
    np.testing.assert_allclose(
        quantiles(p, inside, np.arange(60)), np.mean([np.quantile(one[:40], QUANTILES) for one in p], axis=0)
    )


def test_quantiles_that_a_patient_could_be_read_off_are_withheld():
    p = np.random.default_rng(1).random((1, 60))
    assert not np.isnan(quantiles(p, np.arange(60) < 20, np.arange(60))).any()
    np.testing.assert_array_equal(np.isnan(quantiles(p, np.arange(60) < 19, np.arange(60))), [True, False, False, False, True])
    assert np.isnan(quantiles(p, np.arange(60) < 4, np.arange(60))).all()
    assert np.isnan(quantiles(p, np.arange(60) < 40, np.arange(60) // 10)).all()


def _quantile(one: pd.DataFrame, scale: str, sign: int, q: float) -> float:
    return float(np.quantile(one.loc[one["y"] == sign, scale], q))


def test_the_table_of_quantiles_is_the_mean_over_seeds_then_folds(record: DatasetRecord):
    table = risks(*read(record))
    assert tuple(table.columns) == COLUMNS
    lines = table.set_index(["method", "outcome", "scale", "cases"])
    assert len(lines) == 2 * 4 * len(SCALES) * 2
    frames = list(runs(record, "mmoe", "any"))
    for scale in SCALES:
        for cases, sign in (("with", 1), ("without", 0)):
            for name, q in zip(NAMES, QUANTILES, strict=True):
                value = mean_over(record, frames, partial(_quantile, scale=scale, sign=sign, q=q))
                assert lines.loc[("mmoe", "any", scale, cases), name] == pytest.approx(value, abs=1e-9)
    told = lines.dropna()
    assert (told["q05"] <= told["q25"]).all()
    assert (told["q75"] <= told["q95"]).all()
    # Under ten positives a fold.
    assert lines.xs(("icu", "with"), level=("outcome", "cases"))[["q05", "q95"]].isna().all().all()


def test_forty_cases_by_hand():
    y, p = np.zeros(40), np.arange(40) / 40
    y[[39, 20, 3, 1]] = 1
    # Two are looked at: the one at highest risk has the outcome, the next has not; three others with it are missed.
    np.testing.assert_allclose(_one(y, p), [1 / 4, 1 / 2])
    np.testing.assert_allclose(_one(y, p, 0.5), [2 / 4, 2 / 20])
    np.testing.assert_allclose(_one(y, p, 1.0), [1, 4 / 40])
    unknown = np.append(y, [np.nan] * 40)
    np.testing.assert_allclose(_one(unknown, np.append(p, np.ones(40))), [1 / 4, 1 / 2])


def test_a_part_of_a_case_and_equal_risks_are_taken_by_lot():
    y = np.array([0.0, 1] + [0, 0, 0, 0, 1] * 5 + [0] * 3)
    # 1.5 of 30: the first whole, half of the second.
    np.testing.assert_allclose(_one(y, -np.arange(30.0)), [0.5 / 6, 0.5 / 1.5])
    np.testing.assert_allclose(_one(y, np.full(30, 0.2)), [0.05, 6 / 30])
    # Four at the top alike, two of them with the outcome: 1.5 drawn from them by lot.
    p = np.where(np.isin(np.arange(30), [0, 1, 6, 2]), 0.9, 0.1)
    np.testing.assert_allclose(_one(y, p), [0.75 / 6, 0.75 / 1.5])
    assert np.isnan(_one(np.zeros(30), p)).all()


def test_weights_are_repeated_rows_also_where_they_lie_at_the_bottom():
    rng = np.random.default_rng(2)
    y, p = (rng.random(100) < 0.3).astype(float), np.round(rng.random(100), 2)
    weights = rng.integers(0, 4, (100, 20)).astype(float)
    weights[np.argsort(-p)[:60], 0] = 0
    weights[:, 1] *= y == 0
    found = highest(y, p, weights)
    for b in range(20):
        rows = np.repeat(np.arange(100), weights[:, b].astype(int))
        np.testing.assert_allclose(found[:, b], _one(y[rows], p[rows]), atol=1e-12)
    assert np.isnan(found[:, 1]).all()
    assert not np.isnan(found[:, 0]).any()


def _by_lot(one: pd.DataFrame, k: int) -> float:
    """Sensitivity (k = 0) or ppv (1) of the 5 % at highest risk, no two risks alike."""
    order = one.sort_values("raw", ascending=False)["y"].to_numpy()
    whole = int(0.05 * len(order))
    found = order[:whole].sum() + (0.05 * len(order) - whole) * order[whole]
    return float(found / (order.sum(), 0.05 * len(order))[k])


def test_the_table_of_the_top_is_the_mean_over_seeds_then_folds(record: DatasetRecord):
    table = top(*read(record))
    assert tuple(table.columns) == TOP_COLUMNS
    lines = table.set_index(["method", "outcome"])
    for method in ("single_task", "mmoe"):
        for outcome in ("any", "kidney"):
            line, frames = lines.loc[(method, outcome)], list(runs(record, method, outcome))
            for k, name in enumerate(("sensitivity", "ppv")):
                assert line[name] == pytest.approx(mean_over(record, frames, partial(_by_lot, k=k)), abs=1e-9)
                assert 0 <= line[f"{name}_low"] < line[name] < line[f"{name}_high"] <= 1
            assert line["evaluated_per_found"] == 1 / line["ppv"]
            assert line["evaluated_low"] == 1 / line["ppv_high"]
            assert line["evaluated_high"] == (1 / line["ppv_low"] if line["ppv_low"] > 0 else pytest.approx(np.nan, nan_ok=True))
        rest = lines.loc[[(method, outcome) for outcome in record.plan["outcomes"]]]
        for name in ("sensitivity", "ppv", "prevalence"):
            assert lines.loc[(method, "average"), name] == pytest.approx(rest[name].mean(), abs=1e-12)
    assert lines.xs("icu", level="outcome")[[c for c in lines if c.endswith(("_low", "_high"))]].isna().all().all()


def test_intervals_of_the_top_equal_a_plain_loop_over_repeated_rows(record: DatasetRecord):
    line = top(*read(record)).set_index(["method", "outcome"]).loc[("mmoe", "pulmonary")]
    frames = list(runs(record, "mmoe", "pulmonary"))
    everyone = np.unique(np.concatenate([cell.predictions.query("side == 'test'")["patient"] for cell in record.cells.values()]))
    draws = Draws(everyone, seed(0, "cohort", "", 0, "bootstrap/top"), 200)
    weights = [np.concatenate(list(draws.weights(frame["patient"].to_numpy())), axis=1) for frame in frames]
    values = []
    for b in range(200):
        drawn = [frame.loc[frame.index.repeat(w[:, b].astype(int))] for frame, w in zip(frames, weights, strict=True)]
        found = [_one(one["y"].to_numpy(), one["raw"].to_numpy()) for one in drawn]
        values.append(np.mean(found, axis=0))
    sensitivity, ppv = np.array(values).T
    assert line["sensitivity_high"] - line["sensitivity"] == pytest.approx(1.959964 * standard_error(sensitivity), rel=1e-6)
    assert line["ppv_high"] - line["ppv"] == pytest.approx(1.959964 * standard_error(ppv), rel=1e-6)


def test_nobody_found_and_one_risk_for_all(record: DatasetRecord):
    turned = changed(record, lambda f: f.assign(p=np.where(f["y"] == 1, 0.1 * f["p"], 0.9 + 0.1 * f["p"])))
    nobody = top(*read(turned)).set_index(["method", "outcome"]).loc[("mmoe", "any")]
    assert nobody["ppv"] == nobody["sensitivity"] == 0
    assert np.isnan(nobody["evaluated_per_found"])
    equal = top(*read(changed(record, lambda f: f.assign(p=0.3)))).set_index(["method", "outcome"]).loc["mmoe"]
    np.testing.assert_allclose(equal["sensitivity"], 0.05)
    np.testing.assert_allclose(equal["ppv"], equal["prevalence"])


def test_another_order_of_methods_outcomes_and_rows_changes_no_line(record: DatasetRecord):
    one, other = read(record), read(shuffled(record))
    alike(risks(*one), risks(*other), ["method", "outcome", "scale", "cases"])
    alike(top(*one), top(*other), ["method", "outcome"])

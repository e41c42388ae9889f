"""Calibration on cases whose answer is known, against statsmodels, scikit-learn, the bootstrap and simulation."""

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from sklearn.metrics import brier_score_loss

from bench.diagnostics.calibration import COLUMNS, CURVE_COLUMNS, MEASURES, binned, calibration, curve, measured
from bench.diagnostics.influence import bounds, errors
from bench.diagnostics.recalibration import applied, platt
from bench.diagnostics.scaled import SCALES, scaled
from bench.store import DatasetRecord
from datasets import Refused
from tests.bench.diagnostics.clinical import SMALL, alike, changed, mean_over, read, runs, shuffled
from tests.bench.records import study

KEYS = ["method", "outcome", "scale"]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> DatasetRecord:
    return study(tmp_path_factory.mktemp("results"), SMALL).datasets[0]


def _true(seed: int, cases: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds and outcomes that follow them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(-2, 1.2, cases)
    return x, (rng.random(cases) < expit(x)).astype(float)


def _error(y: np.ndarray, p: np.ndarray, patient: np.ndarray) -> np.ndarray:
    return errors([patient], [measured(y, p).influence])


def test_true_risks_have_slope_one_and_intercept_nought():
    x, y = _true(0, 200_000)
    found = measured(y, expit(x)).values
    assert found[0] == pytest.approx(1, abs=0.025)
    assert found[1] == pytest.approx(0, abs=0.03)
    assert found[2] == pytest.approx((expit(x) * (1 - expit(x))).mean(), abs=0.001)


def test_too_extreme_too_timid_and_shifted_risks():
    x, y = _true(1, 50_000)
    slope, intercept = measured(y, expit(x)).values[:2]
    assert measured(y, expit(2 * x)).values[0] == pytest.approx(slope / 2, abs=1e-6)
    assert slope / 2 == pytest.approx(0.5, abs=0.02)
    assert measured(y, expit(x / 2)).values[0] == pytest.approx(2 * slope, abs=1e-6)
    moved = measured(y, expit(x + 0.7)).values
    assert moved[1] == pytest.approx(intercept - 0.7, abs=1e-6)
    assert moved[0] == pytest.approx(slope, abs=1e-6)


def test_platt_on_valid_repairs_both():
    (x, y), (valid_x, valid_y) = _true(2, 50_000), _true(3, 50_000)
    wrong, line = expit(1 + 2.5 * x), platt(valid_y, expit(1 + 2.5 * valid_x))
    assert abs(measured(y, wrong).values[0] - 1) > 0.5
    assert abs(measured(y, wrong).values[1]) > 0.5
    np.testing.assert_allclose(measured(y, applied(line, wrong)).values[:2], [1, 0], atol=0.06)


@pytest.mark.parametrize("seed", range(3))
def test_brier_and_slope_equal_other_code(seed: int):
    rng = np.random.default_rng(seed)
    y, p = (rng.random(400) < 0.2).astype(float), rng.random(400)
    p[:5] = 0, 1, 0, 1, 1
    y[rng.random(400) < 0.1] = np.nan
    known = ~np.isnan(y)
    values, share = measured(y, p).values, y[known].mean()
    brier = brier_score_loss(y[known], p[known])
    assert values[2] == pytest.approx(brier, abs=1e-12)
    assert values[3] == pytest.approx(1 - brier / brier_score_loss(y[known], np.full(known.sum(), share)), abs=1e-12)
    x = logit(np.clip(p[known], 1e-6, 1 - 1e-6))
    assert values[0] == pytest.approx(
        sm.GLM(y[known], sm.add_constant(x), family=sm.families.Binomial()).fit(tol=1e-14).params[1], abs=1e-6
    )
    assert not measured(y, p).influence[:, ~known].any()


def test_one_risk_for_all():
    y = np.array([1.0] * 20 + [0.0] * 80)
    found = measured(y, np.full(100, 0.1)).values
    assert math.isnan(found[0])
    assert found[1] == pytest.approx(logit(0.2) - logit(0.1))
    np.testing.assert_allclose(measured(y, np.full(100, 0.2)).values[1:], [0, 0.16, 0], atol=1e-9)


def test_nothing_without_both_classes_and_no_slope_where_they_are_parted():
    assert np.isnan(measured(np.array([0.0, 0, np.nan]), np.array([0.1, 0.2, 0.3])).values).all()
    parted = measured(np.repeat([0.0, 1], 10), np.repeat([0.0, 1], 10)).values
    assert math.isnan(parted[0])
    np.testing.assert_allclose(parted[1:], [0, 0, 1], atol=1e-9)


def test_errors_equal_the_sandwich_by_clusters_of_statsmodels():
    x, y = _true(4, 600)
    p, patient = expit(0.5 + 1.4 * x), np.random.default_rng(0).integers(0, 350, 600)
    said = {"cov_type": "cluster", "cov_kwds": {"groups": patient, "use_correction": False}, "tol": 1e-14}
    line = sm.GLM(y, sm.add_constant(logit(p)), family=sm.families.Binomial()).fit(**said)
    alone = sm.GLM(y, np.ones(600), family=sm.families.Binomial(), offset=logit(p)).fit(**said)
    np.testing.assert_allclose(_error(y, p, patient)[:2], [line.bse[1], alone.bse[0]], rtol=1e-6)


def test_errors_agree_with_the_bootstrap_by_patient():
    x, y = _true(5, 1500)
    x[1000:], y[1000:] = x[:500], y[:500]
    patient, p = np.arange(1500) % 1000, expit(1.3 * x)
    rng, draws = np.random.default_rng(0), []
    for _ in range(500):
        counts = np.bincount(rng.integers(0, 1000, 1000), minlength=1000)[patient]
        rows = np.repeat(np.arange(1500), counts)
        draws.append(measured(y[rows], p[rows]).values)
    # A standard deviation of 500 draws has a relative error of 1/√1000 = 3 %.
    np.testing.assert_allclose(_error(y, p, patient), np.std(draws, axis=0), rtol=0.12)


def test_intervals_cover_and_rows_that_are_no_patients_do_not():
    """400 samples of 300 patients with two equal cases each: 95 % coverage, accepted within 95 ± 4 % (over 3.5 standard errors)."""
    covered, naive = np.zeros(3), np.zeros(3)
    everybody = _true(99, 400_000)
    truth = measured(everybody[1], expit(everybody[0])).values[:3]
    truth[:2] = 1, 0
    for sample in range(400):
        x, y = (np.repeat(values, 2) for values in _true(1000 + sample, 300))
        values = measured(y, expit(x)).values[:3]
        for codes, into in ((np.repeat(np.arange(300), 2), covered), (np.arange(600), naive)):
            low, high = bounds(values, _error(y, expit(x), codes)[:3])
            into += (low <= truth) & (truth <= high)
    assert ((covered / 400 >= 0.91) & (covered / 400 <= 0.99)).all(), covered / 400
    assert (naive / 400 < 0.88).all()


def test_a_patient_of_two_folds_counts_once_and_folds_apart_add_up():
    influence = np.random.default_rng(0).normal(size=(3, 50))
    one = errors([np.arange(50)], [influence])
    np.testing.assert_allclose(one, np.sqrt((influence**2).sum(axis=1)))
    np.testing.assert_allclose(errors([np.arange(50)] * 2, [influence] * 2), one)
    np.testing.assert_allclose(errors([np.arange(50), 50 + np.arange(50)], [influence] * 2), one / np.sqrt(2))
    np.testing.assert_allclose(errors([np.zeros(50, int)], [influence]), np.abs(influence.sum(axis=1)))


def _slope(one: pd.DataFrame, scale: str) -> float:
    x = sm.add_constant(logit(one[scale]))
    return float(sm.GLM(one["y"], x, family=sm.families.Binomial()).fit(tol=1e-14).params.iloc[1])


def _brier(one: pd.DataFrame, scale: str) -> float:
    return float(brier_score_loss(one["y"], one[scale]))


def test_the_table_is_the_mean_over_seeds_then_folds_of_plain_loops(record: DatasetRecord):
    table = calibration(*read(record))
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * 5 * len(SCALES)
    lines = table.set_index(KEYS)

    for method in ("single_task", "mmoe"):
        for outcome in ("any", "kidney"):
            frames = list(runs(record, method, outcome))
            for scale in SCALES:
                line = lines.loc[(method, outcome, scale)]
                slope = mean_over(record, frames, partial(_slope, scale=scale))
                assert line["slope"] == pytest.approx(slope, abs=1e-6)
                brier = mean_over(record, frames, partial(_brier, scale=scale))
                assert line["brier"] == pytest.approx(brier, abs=1e-9)
                for measure in MEASURES:
                    assert line[f"{measure}_low"] < line[measure] < line[f"{measure}_high"]
        for scale in SCALES:
            outcomes = lines.loc[[(method, outcome, scale) for outcome in ("any", "pulmonary", "kidney", "icu")]]
            for measure in MEASURES:
                assert lines.loc[(method, "average", scale), measure] == pytest.approx(outcomes[measure].mean(), abs=1e-12)
    assert lines.loc[("mmoe", "any", "raw"), "n_test"] == sum(len(one) for one in runs(record, "mmoe", "any")) / 2


def test_an_outcome_of_few_positives_has_no_interval(record: DatasetRecord):
    table = calibration(*read(record))
    rare = table[table["outcome"] == "icu"]
    assert (rare["n_positive"] < 20).all()
    assert rare[[f"{measure}{end}" for measure in MEASURES for end in ("_low", "_high")]].isna().all().all()
    assert rare[list(MEASURES)].notna().all().all()


def test_another_order_of_methods_outcomes_and_rows_changes_no_line(record: DatasetRecord):
    one, other = read(record), read(shuffled(record))
    alike(calibration(*one), calibration(*other), KEYS)
    alike(curve(*one), curve(*other), [*KEYS, "bin"])


def test_platt_undoes_any_line_in_log_odds(record: DatasetRecord):
    bent = changed(record, lambda frame: frame.assign(p=expit(1 + logit(frame["p"]) / 2)))
    before, after = (calibration(*read(one)).set_index(KEYS).loc["mmoe"] for one in (record, bent))
    measures = list(MEASURES)
    pd.testing.assert_frame_equal(
        after.xs("platt", level="scale")[measures], before.xs("platt", level="scale")[measures], rtol=1e-5
    )
    raw = after.xs("raw", level="scale")["slope"]
    np.testing.assert_allclose(raw, 2 * before.xs("raw", level="scale")["slope"], rtol=1e-5)


def test_platt_sees_valid_of_its_own_cell_alone(record: DatasetRecord):
    def turned(side: str, methods: tuple[str, ...]) -> DatasetRecord:
        def turn(frame: pd.DataFrame) -> pd.DataFrame:
            return frame.assign(y=frame["y"].where(frame["side"] != side, 1 - frame["y"]))

        cells = {
            key: replace(cell, predictions=turn(cell.predictions), default=turn(cell.default)) if key[0] in methods else cell
            for key, cell in record.cells.items()
        }
        return replace(record, cells=cells)

    def risks(one: DatasetRecord, method: str) -> np.ndarray:
        return np.concatenate([fold.p[method].ravel() for fold in scaled(one)])

    assert not np.allclose(risks(turned("valid", ("mmoe",)), "mmoe"), risks(record, "mmoe"))
    np.testing.assert_array_equal(risks(turned("valid", ("mmoe",)), "single_task"), risks(record, "single_task"))
    np.testing.assert_array_equal(risks(turned("test", ("mmoe", "single_task")), "mmoe"), risks(record, "mmoe"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.drop(frame.index[frame["side"] == "valid"][3]), "not one per case, outcome and seed"),
        (lambda frame: frame[frame["side"] == "test"], "not one per case, outcome and seed"),
        (lambda frame: frame.assign(p=frame["p"].where(frame["side"] == "test")), "is not a number"),
        (lambda frame: frame.assign(y=frame["y"].where((frame["side"] == "test") | (frame["outcome"] != "icu"))), "known icu"),
    ],
)
def test_records_that_cannot_be_scaled_are_refused(record: DatasetRecord, change, said: str):
    with pytest.raises(Refused, match=f"mmoe/fold-0: .*{said}"):
        scaled(changed(record, change))


def test_bins_by_hand():
    p, patient = np.arange(50) / 50, np.arange(50)
    y = np.where(np.arange(50) % 5 < np.arange(50) // 10, 1.0, 0.0)
    found = binned(y, p, patient)
    np.testing.assert_allclose(found[:, 0], 5)
    np.testing.assert_allclose(found[:, 1], (5 * np.arange(10) + 2) / 50)
    np.testing.assert_allclose(found[:, 2], [0, 0, 0.2, 0.2, 0.4, 0.4, 0.6, 0.6, 0.8, 0.8])
    order = np.random.default_rng(0).permutation(50)
    np.testing.assert_allclose(binned(y[order], p[order], patient[order]), found)
    unknown = binned(np.append(y, np.nan), np.append(p, 0.9), np.append(patient, 99))
    np.testing.assert_allclose(unknown, found)


def test_bins_of_under_five_patients_are_withheld_and_equal_risks_stay_together():
    y, p = np.tile([0.0, 1], 25), np.arange(50) / 50
    patient = np.where(np.arange(50) < 5, 0, np.arange(50))
    found = binned(y, p, patient)
    assert np.isnan(found[0]).all()
    assert not np.isnan(found[1:]).any()
    together = binned(y, np.full(50, 0.3), np.arange(50))
    assert (~np.isnan(together[:, 0])).sum() == 1
    np.testing.assert_allclose(together[~np.isnan(together[:, 0])], [[50, 0.3, 0.5]])
    assert np.isnan(binned(np.full(3, np.nan), p[:3], patient[:3])).all()


def test_curve_is_the_mean_of_bins_over_seeds_and_folds(record: DatasetRecord):
    table = curve(*read(record))
    assert tuple(table.columns) == CURVE_COLUMNS
    assert (table["patients"] >= 5).all()
    found = table[(table[KEYS] == ["mmoe", "any", "platt"]).all(axis=1)].set_index("bin")
    tenth = [one.sort_values("platt").tail(int(len(one) * 0.1)) for one in runs(record, "mmoe", "any")]
    # A bin holds a tenth to within one case.
    assert found.loc[10, "predicted"] == pytest.approx(np.mean([one["platt"].mean() for one in tenth]), abs=0.01)
    assert found.loc[10, "observed"] == pytest.approx(np.mean([one["y"].mean() for one in tenth]), abs=0.03)
    assert found["predicted"].is_monotonic_increasing
    means = [one["platt"].mean() for one in runs(record, "mmoe", "any")]
    assert found["predicted"].mean() == pytest.approx(np.mean(means), abs=0.01)


def test_a_study_without_a_complete_method_has_no_line(tmp_path: Path):
    made = read(study(tmp_path, replace(SMALL, failed=[("mmoe", 0), ("single_task", 1)])).datasets[0])
    assert made[2] == []
    assert calibration(*made).empty
    assert curve(*made).empty

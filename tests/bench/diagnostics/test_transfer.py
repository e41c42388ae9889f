"""Transfer gains on records whose answer is known."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.diagnostics.transfer import delta_m, pairs, transfer, verdict
from bench.evaluation.leader import leader, visible_differences
from bench.evaluation.scores import AVERAGE, COMPONENTS, score
from bench.evaluation.statistics import holm
from bench.store import DatasetRecord
from tests.bench.records import Fake, study


def _transfer(record: DatasetRecord) -> pd.DataFrame:
    scores = score(record, resamples=300)
    return transfer(record, scores, pairs(record, scores).twins)


def _record(folder: Path, fake: Fake) -> DatasetRecord:
    return study(folder, fake).datasets[0]


def test_gain_is_the_difference_of_scores_and_its_interval_is_paired(tmp_path: Path):
    record = _record(tmp_path, Fake())
    scores = score(record, resamples=300)
    line = _transfer(record).set_index(["method", "outcome", "metric"]).loc[("mmoe", "any", "auc")]
    a, b = scores.rows.index("mmoe"), scores.rows.index("single_task")
    assert line["gain"] == pytest.approx(scores.points[0, a, 0] - scores.points[0, b, 0], abs=1e-15)
    low, high = np.quantile(scores.draws[0, a, 0] - scores.draws[0, b, 0], [0.025, 0.975])
    assert (line["low"], line["high"]) == (pytest.approx(low), pytest.approx(high))


def test_better_is_helped_and_worse_is_harmed(tmp_path: Path):
    skill = {"single_task": 0.8, "mmoe": 3.0, "orthtd": 0.0}
    table = _transfer(_record(tmp_path, Fake(skill=skill, outcomes={"a": 0.3, "b": 0.2}, nested={}, patients=3000)))
    assert set(table.loc[table["method"] == "mmoe", "verdict"]) == {"helped"}
    assert set(table.loc[table["method"] == "orthtd", "verdict"]) == {"harmed"}


def test_a_copy_of_the_twin_gains_nothing(tmp_path: Path):
    record = _record(tmp_path, Fake())
    cells = {key: cell for key, cell in record.cells.items() if key[0] != "mmoe"}
    cells["mmoe", 0] = replace(record.cells["single_task", 0], method="mmoe")
    table = _transfer(replace(record, cells=cells))
    copy = table[table["method"] == "mmoe"]
    assert (copy["gain"] == 0).all()
    assert (copy["p"].dropna() == 1).all()
    assert not set(copy["verdict"]) & {"helped", "harmed"}


def test_holm_goes_over_methods_and_outcomes_within_one_metric(tmp_path: Path):
    table = _transfer(_record(tmp_path, Fake()))
    outcomes = ~table["outcome"].isin([AVERAGE, COMPONENTS])
    for metric in ("auc", "auprc"):
        for family in (outcomes, table["outcome"] == AVERAGE, table["outcome"] == COMPONENTS):
            part = table[family & (table["metric"] == metric)]
            assert set(part["method"]) == {"mmoe", "orthtd"}
            np.testing.assert_allclose(part["p_holm"], holm(part["p"].to_numpy()), atol=1e-15)


def test_no_true_difference_is_rarely_called_one(tmp_path: Path):
    """30 studies of three equal methods: at most 5 with any verdict (5 % expected; more than 5 come by chance in 0.3 %)."""
    found = 0
    fake = Fake(skill={"single_task": 1.0, "mmoe": 1.0, "orthtd": 1.0}, patients=1500, outcomes={"a": 0.3, "b": 0.25}, nested={})
    for number in range(30):
        name = f"{number:02d}".rjust(2 + number, "x")
        record = study(tmp_path / str(number), {name: fake}).datasets[0]
        table = _transfer(record)
        auc = table[(table["metric"] == "auc") & table["outcome"].isin(["a", "b"])]
        found += auc["verdict"].isin(["helped", "harmed"]).any()
    assert found <= 5


@pytest.mark.parametrize(
    ("fake", "said"),
    [
        (Fake(skill={"mmoe": 1.0, "orthtd": 1.0}), "its twin single_task is not in the study"),
        (Fake(failed=[("single_task", 0)]), "its twin single_task is not complete"),
        (Fake(failed=[("mmoe", 0)]), "the method itself is not complete"),
    ],
)
def test_a_gain_without_a_twin_is_left_out_with_a_line(tmp_path: Path, fake: Fake, said: str):
    record = _record(tmp_path, fake)
    found = pairs(record, score(record, resamples=20))
    assert found.left_out["mmoe"] == said
    assert "mmoe" not in found.twins


def test_a_twin_under_another_label_is_found_by_its_name(tmp_path: Path):
    record = _record(tmp_path, Fake(skill={"alone": 1.0, "mmoe": 1.0}))
    methods = {**record.plan["methods"], "alone": {**record.plan["methods"]["alone"], "name": "single_task"}}
    record = replace(record, plan={**record.plan, "methods": methods})
    assert pairs(record, score(record, resamples=20)).twins == {"mmoe": "alone"}


def test_verdicts():
    assert verdict(0.1, 0.04) == "helped"
    assert verdict(-0.1, 0.04) == "harmed"
    assert verdict(-0.1, 0.05) == "no clear difference"
    assert verdict(0.1, math.nan) == "too few positives"


def test_delta_m_is_negative_where_sharing_helped(tmp_path: Path):
    record = _record(tmp_path, Fake(folds=2))
    scores = score(record, resamples=100)
    found = delta_m(record, scores, {"mmoe": "single_task"}).set_index("metric")
    a, b = (scores.points[0, scores.rows.index(row), :4] for row in ("mmoe", "single_task"))
    assert found.loc["auc", "delta_m"] == pytest.approx(100 / 4 * sum(-(x - y) / y for x, y in zip(a, b, strict=True)), abs=1e-12)
    assert found.loc["auc", "low"] < found.loc["auc", "delta_m"] < found.loc["auc", "high"] < 0
    assert math.isnan(found.loc["auprc", "low"])


def test_claims_about_methods_need_five_folds(tmp_path: Path):
    few, enough = (_transfer(_record(tmp_path / str(folds), Fake(folds=folds, seeds=1))) for folds in (4, 5))
    assert few[["methods_low", "methods_high", "methods_p_holm"]].isna().all().all()
    assert enough.loc[enough["metric"] == "auc", ["methods_low", "methods_high", "methods_p_holm"]].notna().all().all()


def test_leader_and_what_could_have_been_seen(tmp_path: Path):
    record = _record(tmp_path, Fake(skill={"single_task": 1.0, "mmoe": 4.0, "orthtd": 0.1}, patients=3000))
    scores = score(record, resamples=300)
    found = leader(scores, "auc")
    assert found is not None
    assert found.method == "mmoe"
    assert list(found.others) == ["single_task", "orthtd"]
    assert max(found.p_holm.values()) < 0.001
    seen = visible_differences(scores, "auc")
    errors = [found.others[other].error for other in found.others]
    assert seen[AVERAGE] == pytest.approx(2.801585 * np.median(errors), rel=1e-6)
    assert math.isnan(visible_differences(score(_record(tmp_path / "b", Fake()), 20), "auprc")["icu"])

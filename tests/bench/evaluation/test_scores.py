"""Scores of whole records: by hand, by scikit-learn, and under changes that must change nothing."""

import gc
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from bench.evaluation import tested as module
from bench.evaluation.cost import cost_table
from bench.evaluation.defaults import default_table
from bench.evaluation.incomplete import Incomplete
from bench.evaluation.metrics import METRICS
from bench.evaluation.nested import incoherence
from bench.evaluation.scores import AVERAGE, COMPONENTS, Scores, score
from bench.evaluation.table import COLUMNS, main_table
from bench.store import DatasetRecord
from datasets import Refused
from tests.bench.records import Fake, study


def _record(folder: Path, fake: Fake) -> DatasetRecord:
    return study(folder, fake).datasets[0]


def _table(record: DatasetRecord) -> pd.DataFrame:
    return main_table(record, score(record, resamples=100)).set_index(["method", "outcome"])


def _hand_worked(frame: pd.DataFrame, method: str, _fold: int) -> pd.DataFrame:
    """Six test cases, two outcomes, three methods; case 5 is unknown for `b`."""
    y = {"a": [1, 1, 0, 0, 0, 0], "b": [1, 0, 0, 1, 0, np.nan]}
    p = {
        ("good", "a"): [0.9, 0.8, 0.3, 0.2, 0.1, 0.0],
        ("good", "b"): [0.9, 0.1, 0.2, 0.8, 0.3, 0.99],
        ("flat", "a"): [0.5] * 6,
        ("flat", "b"): [0.5] * 6,
        ("wrong", "a"): [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        ("wrong", "b"): [0.9, 0.8, 0.7, 0.1, 0.0, 0.0],
    }
    parts = [
        pd.DataFrame({"row": range(6), "patient": range(6), "side": "test", "outcome": o, "seed": 0, "y": y[o], "p": p[method, o]})
        for o in ("a", "b")
    ]
    return pd.concat(parts, ignore_index=True)[list(frame.columns)]


def test_three_methods_and_two_outcomes_by_hand(tmp_path: Path):
    skill = dict.fromkeys(("good", "flat", "wrong"), 1.0)
    fake = Fake(skill=skill, outcomes={"a": 0.3, "b": 0.3}, nested={}, change=_hand_worked, default_like_tuned=True)
    table = _table(_record(tmp_path, fake))
    assert table.loc[("good", "a"), ["auc", "auprc"]].tolist() == [1, 1]
    assert table.loc[("good", "b"), ["auc", "auprc"]].tolist() == [1, 1]
    assert table.loc[("flat", "a"), ["auc", "auprc"]].tolist() == pytest.approx([0.5, 2 / 6])
    assert table.loc[("flat", "b"), ["auc", "auprc"]].tolist() == pytest.approx([0.5, 2 / 5])
    # Worst ranking of two in six: found at places 5 and 6.
    assert table.loc[("wrong", "a"), ["auc", "auprc"]].tolist() == pytest.approx([0, 0.5 * (1 / 5) + 0.5 * (2 / 6)])
    # Negatives at 0.8, 0.7, 0.0: 0.9 beats 3, 0.1 beats 1 of 3; found at places 1 and 4.
    assert table.loc[("wrong", "b"), ["auc", "auprc"]].tolist() == pytest.approx([4 / 6, 0.5 * 1 + 0.5 * (2 / 4)])
    assert table.loc[("wrong", AVERAGE), ["auc", "auprc"]].tolist() == pytest.approx([1 / 3, (4 / 15 + 0.75) / 2])
    assert table.loc[("prevalence", "b"), ["auc", "auprc", "prevalence"]].tolist() == pytest.approx([0.5, 0.4, 0.4])
    assert table.loc[("good", "b"), ["n_test", "n_positive"]].tolist() == [5, 2]


def test_scores_are_means_over_seeds_folds_and_repeats_never_pooled(tmp_path: Path):
    record = _record(tmp_path, Fake(folds=2, repeats=2, seeds=2))
    table = _table(record)
    for metric, function in zip(METRICS, (roc_auc_score, average_precision_score), strict=True):
        for outcome in record.plan["outcomes"]:
            folds = []
            for fold in range(4):
                frame = record.cells["mmoe", fold].predictions
                frame = frame[(frame["side"] == "test") & (frame["outcome"] == outcome)].dropna(subset=["y"])
                folds.append(np.mean([function(part["y"], part["p"]) for _, part in frame.groupby("seed")]))
            expected = np.mean([np.mean(folds[:2]), np.mean(folds[2:])])
            assert table.loc[("mmoe", outcome), metric] == pytest.approx(expected, abs=1e-12)
    outcomes = list(record.plan["outcomes"])
    assert table.loc[("mmoe", AVERAGE), "auc"] == pytest.approx(table.loc["mmoe"].loc[outcomes, "auc"].mean(), abs=1e-12)
    assert table.loc[("mmoe", COMPONENTS), "auc"] == pytest.approx(table.loc["mmoe"].loc[outcomes[1:], "auc"].mean(), abs=1e-12)


def test_an_ensemble_scores_the_mean_of_the_seeds_predictions(tmp_path: Path):
    record = _record(tmp_path, Fake(seeds=3))
    frame = record.cells["mmoe", 0].predictions
    frame = frame[(frame["side"] == "test") & (frame["outcome"] == "kidney")].dropna(subset=["y"])
    mean = frame.groupby("row").agg(y=("y", "first"), p=("p", "mean"))
    table = _table(record)
    assert table.loc[("mmoe (ensemble)", "kidney"), "auc"] == pytest.approx(roc_auc_score(mean["y"], mean["p"]), abs=1e-12)
    assert not any("ensemble" in label for label, _ in _table(_record(tmp_path / "one", Fake(seeds=1))).index)


def test_columns_references_and_intervals(tmp_path: Path):
    record = _record(tmp_path, Fake(folds=2))
    table = main_table(record, score(record, resamples=200))
    assert tuple(table.columns) == COLUMNS
    assert set(table["status"]) == {"ok", "reference"}
    rows = table.set_index(["method", "outcome"])
    for outcome in (*record.plan["outcomes"], AVERAGE):
        assert rows.loc[("prevalence", outcome), "auprc"] == rows.loc[("mmoe", outcome), "prevalence"]
        assert rows.loc[("prevalence", outcome), "auc"] == 0.5
        assert rows.loc[("oracle", outcome), "auc"] == pytest.approx(0.9005)
    ok = table[table["status"] == "ok"]
    assert (ok["auc_low"] < ok["auc"]).all()
    assert (ok["auc"] < ok["auc_high"]).all()
    assert table.loc[table["status"] == "reference", ["auc_low", "auprc_high"]].isna().all().all()


def test_auprc_of_a_rare_outcome_has_no_interval(tmp_path: Path):
    record = _record(tmp_path, Fake())
    table = _table(record)
    rare = table[(table["n_positive"] < 20) & (table["status"] == "ok")]
    assert set(rare.index.get_level_values("outcome")) >= {"icu"}
    assert rare[["auprc_low", "auprc_high"]].isna().all().all()
    assert rare[["auprc", "auc_low"]].notna().all().all()
    assert table.loc[("mmoe", "any"), ["auprc_low", "auprc_high"]].notna().all()


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ({"failed": [("mmoe", 1)]}, Incomplete("failed", "1 of 3 cells: 1 FloatingPointError")),
        ({"unrun": [("mmoe", 1)]}, Incomplete("not run", "2 of 3 folds done")),
        ({"unrun": [("mmoe", 0), ("mmoe", 1)]}, Incomplete("not run", "1 of 3 folds done")),
        ({"unrun": [("mmoe", fold) for fold in range(3)]}, Incomplete("not run", "0 of 3 folds done")),
        (
            {"failed": [("mmoe", 1)], "unrun": [("mmoe", 2)]},
            Incomplete("failed", "2 of 3 cells: 1 FloatingPointError, 1 not run"),
        ),
    ],
)
def test_a_method_without_all_cells_says_why_and_is_never_imputed(tmp_path: Path, lost: dict[str, Any], said: Incomplete):
    record = _record(tmp_path, replace(Fake(folds=3), **lost))
    scores = score(record, resamples=50)
    table = main_table(record, scores).set_index("method")
    assert (table.loc["mmoe", "status"] == said.status).all()
    assert table.loc["mmoe", ["auc", "auc_low", "auc_high", "auprc", "auprc_low", "auprc_high"]].isna().all().all()
    assert (table.loc["orthtd", "status"] == "ok").all()
    assert scores.incomplete == {"mmoe": said}
    for other in (cost_table(record, scores), default_table(record, scores)):
        assert set(other.loc[other["method"] == "mmoe", "status"]) == {said.status}
        assert set(other.loc[other["method"] != "mmoe", "status"]) == {"ok"}


def test_nothing_complete_still_makes_a_table(tmp_path: Path):
    record = _record(tmp_path, Fake(skill={"mmoe": 1.0}, failed=[("mmoe", 0)]))
    table = main_table(record, score(record, resamples=50))
    assert set(table.loc[table["method"] == "mmoe", "status"]) == {"failed"}
    assert table[["auc", "auprc"]][table["method"] != "oracle"].isna().all().all()


def _rows(scores: Scores, methods: list[str], outcomes: list[str]) -> np.ndarray:
    rows, targets = [scores.rows.index(m) for m in methods], [scores.targets.index(o) for o in outcomes]
    return np.concatenate([scores.points[:, rows][:, :, targets, None], scores.draws[:, rows][:, :, targets]], axis=-1)


def test_order_of_methods_outcomes_and_rows_changes_nothing(tmp_path: Path):
    record = _record(tmp_path, Fake(seeds=2))
    before = score(record, resamples=80)
    methods = {label: record.plan["methods"][label] for label in reversed(record.plan["methods"])}
    plan = {**record.plan, "methods": methods, "outcomes": record.plan["outcomes"][::-1]}
    cells = {
        key: replace(cell, predictions=cell.predictions.sample(frac=1, random_state=len(key[0])))
        for key, cell in reversed(record.cells.items())
    }
    after = score(replace(record, plan=plan, cells=cells), resamples=80)
    asked = (list(record.plan["methods"]), [*record.plan["outcomes"]])
    np.testing.assert_array_equal(_rows(before, *asked), _rows(after, *asked))
    np.testing.assert_allclose(_rows(before, asked[0], [AVERAGE]), _rows(after, asked[0], [AVERAGE]), atol=1e-14)


def test_other_methods_do_not_change_a_methods_numbers(tmp_path: Path):
    record = _record(tmp_path, Fake())
    alone = {**record.plan, "methods": {"mmoe": record.plan["methods"]["mmoe"]}}
    cells = {key: cell for key, cell in record.cells.items() if key[0] == "mmoe"}
    asked = (["mmoe"], list(record.plan["outcomes"]))
    single = score(replace(record, plan=alone, cells=cells), resamples=60)
    np.testing.assert_array_equal(_rows(score(record, resamples=60), *asked), _rows(single, *asked))


def test_dropped_resamples_are_counted_for_all_methods_alike(tmp_path: Path):
    scores = score(_record(tmp_path, Fake(outcomes={"any": 0.3, "rare": 0.02}, nested={}, patients=500)), resamples=400)
    lacking = np.isnan(scores.draws).any(axis=(0, 1))
    assert 0 < scores.dropped["rare"] < 400
    assert scores.dropped == {target: int(lacking[t].sum()) for t, target in enumerate(scores.targets)}
    assert scores.dropped["any"] == 0
    assert scores.dropped[AVERAGE] == scores.dropped["rare"]


def test_repeats_do_not_narrow_the_interval_as_if_patients_were_new(tmp_path: Path):
    """The same holdout twice holds no more patients than once: the error must stay, not shrink by √2."""
    once = _record(tmp_path / "once", Fake(repeats=1))
    plan = {**once.plan, "folds": 2, "protocol": {**once.plan["protocol"], "repeats": 2}}
    cells = {(method, fold): replace(cell, fold=fold) for (method, _), cell in once.cells.items() for fold in (0, 1)}
    cohort = {**once.cohort, "references": {}}
    twice = score(replace(once, plan=plan, cells=cells, cohort=cohort), resamples=400)
    single = score(once, resamples=400)
    t = single.targets.index("any")
    np.testing.assert_allclose(twice.draws[0, :, t].std(axis=-1), single.draws[0, :, t].std(axis=-1), rtol=1e-9)


def _same_in_all_folds(frame: pd.DataFrame, _method: str, _fold: int) -> pd.DataFrame:
    """Predictions that depend on the case alone."""
    noise = np.random.default_rng(5).normal(size=int(frame["row"].max()) + 1)
    return frame.assign(p=1 / (1 + np.exp(-noise[frame["row"]] - frame["y"].fillna(0))))


def test_a_patient_is_drawn_alike_in_all_repeats(tmp_path: Path):
    """Eight partitions of the same patients with the same predictions: independent draws would shrink the error to 1/√8 = 0.35."""
    fake = Fake(skill={"mmoe": 1.0}, folds=2, change=_same_in_all_folds)
    errors = [
        score(_record(tmp_path / str(repeats), replace(fake, repeats=repeats)), resamples=400).draws[0, 0, 0].std()
        for repeats in (1, 8)
    ]
    assert 0.85 < errors[1] / errors[0] < 1.15


def test_share_of_contradictions_between_nested_outcomes(tmp_path: Path):
    record = _record(tmp_path, Fake(folds=2, seeds=2))
    found = incoherence(record, score(record, resamples=20)).set_index("method")["share"]
    folds = []
    for fold in range(2):
        frame = record.cells["mmoe", fold].predictions
        wide = frame[frame["side"] == "test"].pivot(index=["seed", "row"], columns="outcome", values="p")
        folds.append((wide["any"] < wide[["pulmonary", "kidney", "icu"]].max(axis=1)).mean())
    assert found["mmoe"] == pytest.approx(np.mean(folds), abs=1e-12)


def _without_a_case(frame: pd.DataFrame, method: str, _fold: int) -> pd.DataFrame:
    return frame.drop(index=frame.index[frame["side"] == "test"][0]) if method == "mmoe" else frame


def _other_outcome(frame: pd.DataFrame, method: str, _fold: int) -> pd.DataFrame:
    return frame.assign(y=1 - frame["y"]) if method == "mmoe" else frame


@pytest.mark.parametrize(("change", "said"), [(_without_a_case, "not one per case"), (_other_outcome, "differ")])
def test_records_that_disagree_are_refused(tmp_path: Path, change: object, said: str):
    with pytest.raises(Refused, match=said):
        score(_record(tmp_path, replace(Fake(), change=change)), resamples=10)


def test_what_sections_share_is_read_once_a_record_and_goes_with_it(tmp_path: Path) -> None:
    record = study(tmp_path, Fake(skill={"single_task": 1.0}, patients=60)).datasets[0]
    first = module.tested(record)
    assert module.tested(record) is first
    assert module.tested(replace(record)) is not first
    # A point of a grid is one of many: what is held of it would be held of all.
    point = replace(record, plan={**record.plan, "grid": {}})
    assert module.tested(point) is not module.tested(point)
    gone = weakref.ref(record)
    del record
    gc.collect()
    assert gone() is None

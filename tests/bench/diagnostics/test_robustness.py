"""Robustness and subgroups, from records whose answers are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from bench.diagnostics.robustness import robustness
from bench.diagnostics.subgroups import subgroups
from bench.evaluation.scores import score
from bench.store import MISSING_COLUMNS, DatasetRecord
from datasets import Refused
from tests.bench.records import Fake, study


def without(frame: pd.DataFrame, method: str) -> pd.DataFrame | None:
    """Series say nothing, text says all, for every method but one, which reads a single modality."""
    if method == "orthtd":
        return None
    test = frame[frame["side"] == "test"].drop(columns="side")
    silent = test.assign(missing="series")
    told = test.assign(missing="text", p=np.random.default_rng(7).random(len(test)))
    # Rows in any order: the record is put in order by what reads it.
    return pd.concat([silent, told]).sample(frac=1.0, random_state=3)[list(MISSING_COLUMNS)]


def read(tmp_path: Path, **fake: object) -> DatasetRecord:
    return study(tmp_path, Fake(missing=without, **fake)).datasets[0]  # type: ignore[arg-type]


def test_a_modality_that_says_nothing_costs_nothing_and_one_that_says_all_costs_all(tmp_path: Path) -> None:
    record = read(tmp_path, seeds=2, patients=1200)
    scores = score(record, resamples=20)
    table = robustness(record, scores)
    assert set(table["method"]) == {"single_task", "mmoe", "lightgbm"}
    silent = table[table["missing"] == "series"]
    assert (silent["loss"] == 0).all()
    assert (silent.dropna()["low"] == 0).all()
    text = table[(table["missing"] == "text") & (table["outcome"] == "any") & (table["metric"] == "auc")]
    assert (text["low"] > 0.1).all()
    assert text["without"].between(0.4, 0.6).all()
    main = scores.points[0, scores.rows.index("mmoe"), scores.targets.index("any")]
    assert text.set_index("method").loc["mmoe", "whole"] == pytest.approx(main, abs=1e-12)


def test_losses_are_those_of_scikit_learn_averaged_over_seeds_and_folds(tmp_path: Path) -> None:
    record = read(tmp_path, seeds=2, folds=3)
    table = robustness(record, score(record, resamples=20))
    losses = []
    for fold in range(3):
        cell = record.cells["mmoe", fold]
        whole = cell.predictions[(cell.predictions["side"] == "test") & (cell.predictions["outcome"] == "kidney")]
        gone = cell.missing[(cell.missing["missing"] == "text") & (cell.missing["outcome"] == "kidney")]
        for seed in (0, 1):
            a, b = (frame[(frame["seed"] == seed) & frame["y"].notna()] for frame in (whole, gone))
            losses.append(average_precision_score(a["y"], a["p"]) - average_precision_score(b["y"], b["p"]))
    line = table[
        (table["method"] == "mmoe") & (table["missing"] == "text") & (table["outcome"] == "kidney") & (table["metric"] == "auprc")
    ]
    assert line["loss"].item() == pytest.approx(np.mean(losses), abs=1e-12)


def test_a_record_that_lacks_a_case_is_refused(tmp_path: Path) -> None:
    record = study(
        tmp_path, Fake(missing=lambda frame, method: None if (found := without(frame, method)) is None else found.iloc[1:])
    ).datasets[0]
    with pytest.raises(Refused, match="one per test case"):
        robustness(record, score(record, resamples=10))


def words(rows: np.ndarray) -> pd.DataFrame:
    sex = np.where(rows % 2 == 0, "f", "m").astype(object)
    sex[rows % 17 == 0] = None
    return pd.DataFrame({"row": rows, "sex": sex, "ward": np.where(rows < 3, "tiny", "large").astype(object)})


def test_subgroup_scores_are_those_of_scikit_learn_on_the_subgroup(tmp_path: Path) -> None:
    record = study(tmp_path, Fake(groups=words, seeds=2, patients=900)).datasets[0]
    table = subgroups(record, score(record, resamples=20))
    line = table[(table["method"] == "mmoe") & (table["group"] == "f") & (table["outcome"] == "any") & (table["metric"] == "auc")]
    test = record.cells["mmoe", 0].predictions.query("side == 'test' and outcome == 'any'")
    inside = test[test["row"].map(words(np.arange(2000)).set_index("row")["sex"]) == "f"]
    known = inside[inside["y"].notna()]
    expected = np.mean([roc_auc_score(part["y"], part["p"]) for _, part in known.groupby("seed")])
    assert line["score"].item() == pytest.approx(expected, abs=1e-12)
    assert line["n_test"].item() == len(known) // 2
    assert line["n_positive"].item() == int((known["y"] == 1).sum()) // 2
    assert line["patients"].item() == inside["patient"].nunique()
    assert line["low"].item() < expected < line["high"].item()


def test_a_subgroup_that_one_fold_does_not_test_is_scored_on_the_others(tmp_path: Path) -> None:
    def centres(rows: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"row": rows, "centre": np.where(rows < 90, "small", "large")})

    small, record = set(range(90)), study(tmp_path, Fake(groups=centres, folds=3)).datasets[0]
    for (method, fold), cell in list(record.cells.items()):
        # As where whole centres are left out: this one is not tested in the first fold.
        kept = cell.predictions[(fold > 0) | ~cell.predictions["row"].isin(small)]
        default = cell.default[(fold > 0) | ~cell.default["row"].isin(small)]
        record.cells[method, fold] = replace(cell, predictions=kept, default=default)  # type: ignore[index]
    table = subgroups(record, score(record, resamples=10))
    line = table[(table["method"] == "mmoe") & (table["group"] == "small") & (table["outcome"] == "any")].set_index("metric")
    parts = []
    for fold in (1, 2):
        test = record.cells["mmoe", fold].predictions.query("side == 'test' and outcome == 'any' and row < 90").dropna()
        parts.append(roc_auc_score(test["y"], test["p"]))
    assert line.loc["auc", "score"] == pytest.approx(np.mean(parts), abs=1e-12)


def test_small_subgroups_and_rare_outcomes_inside_them_are_withheld(tmp_path: Path) -> None:
    record = study(tmp_path, Fake(groups=words)).datasets[0]
    table = subgroups(record, score(record, resamples=20))
    assert set(table["group"]) == {"f", "m", "large"}
    assert "icu" not in set(table.loc[table["by"] == "sex", "outcome"])
    counted = table.dropna(subset=["n_positive"])
    assert (counted["n_positive"] >= 5).all()
    few = counted[(counted["metric"] == "auprc") & (counted["n_positive"] < 20)]
    assert len(few)
    assert few["low"].isna().all()


def test_without_groups_or_with_a_missing_fold_there_is_no_table(tmp_path: Path) -> None:
    plain = study(tmp_path / "a", Fake()).datasets[0]
    assert subgroups(plain, score(plain, resamples=10)).empty

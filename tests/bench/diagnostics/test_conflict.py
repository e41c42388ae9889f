"""Conflict, the generalisation gap, and whether training foretold harm: cases whose answers are known."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from bench.diagnostics.conflict import affinity, agreement, conflict, curvature, gradients, layers
from bench.diagnostics.foretold import foretold, spearman
from bench.diagnostics.matched import generalisation_gap
from tests.bench.records import Fake, study


def step(number: int, jacobian: list[list[float]], outcomes: list[str], **more: Any) -> Mapping[str, Any]:
    J = np.array(jacobian)
    gram = (J @ J.T).tolist()
    line = {"outcome": None, "fit": 0, "kind": "gradients", "epoch": 0, "step": number, "outcomes": outcomes, "gram": gram}
    return line | {"weights": [1.0] * len(outcomes)} | more


def test_opposite_gradients_have_cosine_minus_one_and_equal_lengths_similarity_one() -> None:
    J = np.array([[1.0, 2.0], [-1.0, -2.0], [2.0, -1.0], [3.0, 6.0]])
    cosine, similarity = agreement(J @ J.T)
    assert cosine[0, 1] == pytest.approx(-1)
    assert cosine[0, 2] == pytest.approx(0)
    assert cosine[0, 3] == pytest.approx(1)
    assert similarity[0, 1] == similarity[0, 2] == pytest.approx(1)
    # Lengths 1 and 3: 2 · 3 / (1 + 9).
    assert similarity[0, 3] == pytest.approx(0.6)


def test_a_gradient_of_zero_agrees_and_conflicts_with_none() -> None:
    cosine, similarity = agreement(np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert np.isnan(cosine[0, 1])
    assert np.isnan(similarity[0, 1])
    assert cosine[0, 0] == 1


def test_means_are_over_steps_whose_batch_knew_both_outcomes(tmp_path: Path) -> None:
    def log(method: str, fold: int) -> list[Mapping[str, Any]]:
        if method != "mmoe":
            return []
        both = [step(0, [[1, 0], [-1, 0]], ["any", "kidney"]), step(50, [[1, 0], [1, 0]], ["any", "kidney"])]
        return [*both, step(100, [[1, 0], [0, 2], [0, -1]], ["any", "pulmonary", "kidney"], weights=[2.0, 1.0, 1.0])]

    record = study(tmp_path, Fake(log=log)).datasets[0]
    table = conflict(record).set_index(["outcome", "other"])
    assert set(table["method"]) == {"mmoe"}
    assert table.loc[("any", "kidney"), ["steps", "cosine", "conflict_rate", "magnitude_similarity"]].tolist() == [3, 0, 1 / 3, 1]
    assert table.loc[("pulmonary", "kidney"), ["steps", "cosine", "conflict_rate"]].tolist() == [1, -1, 1]
    assert table.loc[("pulmonary", "kidney"), "magnitude_similarity"] == pytest.approx(0.8)
    assert ("any", "icu") not in table.index
    by = gradients(record).set_index("outcome")
    assert by.loc["any", ["steps", "norm", "weight"]].tolist() == [3, 1, 0.5]
    assert by.loc["any", "conflict_rate"] == pytest.approx(1 / 4)
    assert by.loc["pulmonary", ["norm", "weight", "conflict_rate"]].tolist() == [2, 0.25, 0.5]
    assert layers(record).empty
    assert affinity(record).empty
    assert curvature(record).empty


def test_full_logs_give_layers_affinity_and_curvature(tmp_path: Path) -> None:
    more = {"layers/fusion": [[1.0, -1.0], [-1.0, 1.0]], "layers/table": [[1.0, 0.5], [0.5, 1.0]]}
    ahead = {"affinity": [[0.2, -0.1], [0.05, 0.3]], "curvature": [4.0, -2.0]}

    def log(method: str, fold: int) -> list[Mapping[str, Any]]:
        return [step(n, [[1, 0], [1, 0]], ["any", "icu"], **more, **ahead) for n in (0, 50)] if method == "mmoe" else []

    record = study(tmp_path, Fake(log=log)).datasets[0]
    assert layers(record)[["layer", "steps", "cosine", "conflict_rate"]].to_numpy().tolist() == [
        ["fusion", 2, -1, 1],
        ["table", 2, 0.5, 0],
    ]
    assert affinity(record)[["outcome", "other", "affinity"]].to_numpy().tolist() == [["any", "icu", -0.1], ["icu", "any", 0.05]]
    assert curvature(record)[["outcome", "curvature"]].to_numpy().tolist() == [["any", 4.0], ["icu", -2.0]]


def epochs(curve: list[tuple[float, float]]) -> list[Mapping[str, Any]]:
    names = ("any", "pulmonary", "kidney", "icu")
    return [
        {"outcome": None, "fit": 0, "kind": "epoch", "epoch": n}
        | {"train_loss": dict.fromkeys(names, t), "valid_loss": dict.fromkeys(names, v)}
        for n, (t, v) in enumerate(curve)
    ]


def test_the_gap_is_read_where_both_have_trained_as_far(tmp_path: Path) -> None:
    curves = {
        # Reaches 0.2; the twin only 0.4, so both are read at 0.4: halfway between 0.5 and 0.3.
        "mmoe": [(0.9, 0.8), (0.5, 0.6), (0.3, 0.5), (0.2, 0.9)],
        "single_task": [(1.0, 0.9), (0.6, 0.7), (0.4, 0.65)],
        "orthtd": [(0.39, 0.5), (0.3, 0.4)],
    }
    record = study(tmp_path, Fake(log=lambda method, fold: epochs(curves.get(method, [])))).datasets[0]
    table = generalisation_gap(record, {"mmoe": "single_task", "orthtd": "single_task"})
    # OrthTD starts below where the twin ends: their training losses never meet.
    assert set(table["method"]) == {"mmoe"}
    line = table[table["outcome"] == "icu"].iloc[0]
    assert line["train_loss"] == pytest.approx(0.4)
    assert line["valid_loss"] == pytest.approx(0.55)
    assert line["twin_valid_loss"] == pytest.approx(0.65)
    assert line["gap"] == pytest.approx(-0.10)


def points(slope: float, methods: int = 8) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    logged, gains = [], []
    for m in range(methods):
        for t, outcome in enumerate(("any", "icu", "renal")):
            rate = rng.random()
            logged.append(("c", f"m{m}", outcome, 9, 1.0 + rate, 0.3, rate))
            gains += [("c", f"m{m}", outcome, metric, slope * rate + 0.1 * t) for metric in ("auc", "auprc")]
    columns = ["dataset", "method", "outcome", "steps", "norm", "weight", "conflict_rate"]
    return pd.DataFrame(logged, columns=columns), pd.DataFrame(gains, columns=["dataset", "method", "outcome", "metric", "gain"])


def test_conflict_that_brings_harm_is_found_and_its_interval_excludes_zero() -> None:
    table = foretold(*([one] for one in points(-1.0)))
    within = table[(table["signal"] == "conflict_rate") & (table["ranked"] == "within outcomes")]
    assert (within["correlation"] == -1).all()
    assert (within["high"] < 0).all()
    assert set(within["metric"]) == {"auc", "auprc"}
    assert within["points"].tolist() == [24, 24]


def test_without_a_link_the_interval_holds_zero_and_few_methods_have_none() -> None:
    logged, gains = points(0.0)
    gains["gain"] = np.random.default_rng(1).normal(size=len(gains))
    table = foretold([logged], [gains])
    assert ((table["low"] < 0) & (table["high"] > 0)).mean() > 0.7
    few = foretold([logged[logged["method"].isin(["m0", "m1", "m2"])]], [gains])
    assert few["low"].isna().all()
    assert few["correlation"].notna().all()


def test_the_rank_correlation_is_that_of_scipy_with_ties() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 5, 40), rng.integers(0, 5, 40)
    assert spearman(x, y) == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)
    assert np.isnan(spearman(np.ones(5), np.arange(5)))

"""What parts hold: redundancy and probes on representations whose answers are known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.diagnostics.probes import factor_probes, outcome_probes
from bench.diagnostics.redundancy import cka, redundancy, squared_cosine

RNG = np.random.default_rng(0)


def rotation(width: int) -> np.ndarray:
    return np.linalg.qr(RNG.normal(size=(width, width)))[0]


def test_equal_parts_have_cka_one_also_rotated_scaled_and_shifted() -> None:
    x = RNG.normal(size=(200, 6))
    assert cka(x, x) == pytest.approx(1)
    assert cka(x, 3 * x @ rotation(6) + 5) == pytest.approx(1)


def test_unrelated_parts_have_cka_near_zero_and_a_constant_part_none() -> None:
    x, y = RNG.normal(size=(5000, 6)), RNG.normal(size=(5000, 4))
    assert cka(x, y) < 0.01
    assert cka(x, np.ones((5000, 3))) == 0


def test_cka_is_the_centred_kernel_alignment_by_its_definition() -> None:
    x, y = RNG.normal(size=(30, 4)), RNG.normal(size=(30, 7))
    H = np.eye(30) - 1 / 30
    K, L = H @ (x @ x.T) @ H, H @ (y @ y.T) @ H
    assert cka(x, y) == pytest.approx(np.trace(K @ L) / np.sqrt(np.trace(K @ K) * np.trace(L @ L)), rel=1e-10)


def test_squared_cosine_of_equal_opposite_orthogonal_and_random_directions() -> None:
    x = RNG.normal(size=(4000, 10))
    assert squared_cosine(x, x) == squared_cosine(x, -2 * x) == pytest.approx(1)
    assert squared_cosine(np.array([[1.0, 0.0]]), np.array([[0.0, 3.0]])) == 0
    assert squared_cosine(x, RNG.normal(size=(4000, 10))) == pytest.approx(0.1, abs=0.01)
    assert squared_cosine(np.zeros((2, 3)), np.ones((2, 3))) == 0


def test_parts_of_unlike_width_have_a_cka_and_no_cosine() -> None:
    lines = redundancy({"shared": RNG.normal(size=(9, 3)), "specific/a": RNG.normal(size=(9, 3)), "wide": RNG.normal(size=(9, 5))})
    assert [(line["part"], line["other"]) for line in lines] == [
        ("shared", "specific/a"),
        ("shared", "wide"),
        ("specific/a", "wide"),
    ]
    assert ["squared_cosine" in line for line in lines] == [True, False, False]


def sides() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], pd.DataFrame, pd.DataFrame]:
    x, noise = RNG.normal(size=(900, 3)), RNG.normal(size=(900, 3))
    y = pd.DataFrame({"told": (x[:, 0] + 0.3 * RNG.normal(size=900) > 0.5).astype(float), "never": 0.0})
    y.loc[:99, "told"] = np.nan
    parts = {"speaks": x, "silent": noise}
    return {k: v[:600] for k, v in parts.items()}, {k: v[600:] for k, v in parts.items()}, y[:600], y[600:]


def test_a_probe_reads_an_outcome_from_the_part_that_holds_it_alone() -> None:
    train, test, y_train, y_test = sides()
    found = {(line["part"], line["outcome"]): line for line in outcome_probes(train, test, y_train, y_test)}
    assert set(found) == {("speaks", "told"), ("silent", "told")}
    assert found["speaks", "told"]["auc"] > 0.95
    assert 0.4 < found["silent", "told"]["auc"] < 0.6
    known = y_train["told"].notna()
    mean, spread = train["speaks"][known].mean(axis=0), train["speaks"][known].std(axis=0)
    plain = LogisticRegression(C=1.0).fit((train["speaks"][known] - mean) / spread, y_train["told"][known])
    p = plain.predict_proba((test["speaks"] - mean) / spread)[:, 1]
    assert found["speaks", "told"]["auc"] == pytest.approx(roc_auc_score(y_test["told"], p), abs=1e-9)


def test_a_factor_is_read_from_the_part_that_holds_it_alone() -> None:
    train, test, *_ = sides()
    names = ["held", "absent"]
    f_train, f_test = (
        pd.DataFrame({"held": part["speaks"] @ [1.0, -2.0, 0.5], "absent": RNG.normal(size=len(part["speaks"]))})
        for part in (train, test)
    )
    found = {(line["part"], line["factor"]): line["r2"] for line in factor_probes(train, test, f_train, f_test)}
    assert set(found) == {(part, name) for part in train for name in names}
    assert found["speaks", "held"] > 0.99
    assert all(found[key] < 0.05 for key in found if key != ("speaks", "held"))

"""Trees that all outcomes share: what an unknown outcome may change, and what sharing must cost or give."""

import re
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.metrics import log_loss as independent_log_loss

from datasets import Card, Cohort
from methods import Method, Run, registry
from methods.scores import auc
from methods.tabular.trees.labels import log_loss

SHARED = ("xgboost_multi", "catboost_multi")
# One tree on every case and column, so that it can be worked by hand.
WHOLE = {
    "xgboost_multi": {"subsample": 1.0, "colsample_bytree": 1.0, "reg_alpha": 0.0, "min_child_weight": 0.0},
    "catboost_multi": {"subsample": 1.0, "rsm": 1.0, "random_strength": 0.0},
}


def cohort(x: np.ndarray, y: np.ndarray, **categories: Any) -> Cohort:
    """Numbers (cases, width), outcomes (cases, outcomes) with NaN = unknown, and categorical columns."""
    table = pd.DataFrame(x.astype(np.float32), columns=[f"x{i}" for i in range(x.shape[1])]).assign(**categories)
    outcomes = pd.DataFrame(y.astype(np.float32), columns=[f"y{t}" for t in range(y.shape[1])])
    return Cohort(Card("numbers", "", "", "", "", "", {}), np.arange(len(x)), outcomes, table)


def drawn(n: int, seed: int, unknown: float = 0.3) -> Cohort:
    """Three outcomes of one strong and one own number each, and of a category with forty levels."""
    rng = np.random.default_rng(seed)
    x, kind = rng.normal(size=(n, 5)), rng.integers(0, 40, n)
    effect = np.random.default_rng(99).normal(size=(40, 3))
    y = (1.5 * x[:, :1] + x[:, 1:4] + effect[kind] + rng.logistic(size=(n, 3)) > 0.5).astype(float)
    y[rng.random(y.shape) < unknown] = np.nan
    return cohort(x, y, kind=pd.Categorical([f"k{k:02d}" for k in kind], [f"k{k:02d}" for k in range(40)]))


def build(name: str, **params: Any) -> Method:
    return registry.build(name, **{"rounds": 30, "learning_rate": 0.1, **params})


@pytest.fixture(scope="module")
def sides() -> tuple[Cohort, Cohort, Cohort]:
    """Train, valid and test, a third of each outcome unknown."""
    return drawn(400, 1), drawn(300, 2), drawn(200, 3).hide_outcomes()


@pytest.mark.parametrize("name", SHARED)
def test_permuted_outcomes_permute_the_predictions(name: str, sides: tuple[Cohort, ...]) -> None:
    train, valid, test = sides
    order = ["y2", "y0", "y1"]
    p = build(name).fit(train, valid, Run(seed=1)).predict_proba(test)
    turned = build(name).fit(train.only(*order), valid.only(*order), Run(seed=1)).predict_proba(test)
    np.testing.assert_allclose(turned, p[:, [2, 0, 1]], atol=1e-6)


@pytest.mark.parametrize("name", SHARED)
def test_cases_without_any_known_outcome_change_nothing(name: str) -> None:
    # Numbers alone: what columns learn from the inputs of such a case (a category) is theirs by right.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 4))
    y = (x[:, :3] + rng.normal(size=(500, 3)) > 0.7).astype(float)
    y[rng.random(y.shape) < 0.2] = np.nan
    whole = cohort(x, y)
    nowhere = cohort(rng.normal(9, 1, size=(200, 4)), np.full((200, 3), np.nan))
    train, valid, test = whole.take(np.arange(250)), whole.take(np.arange(250, 400)), whole.take(np.arange(400, 500))
    p = build(name).fit(train, valid, Run(seed=1)).predict_proba(test)
    for more in (joined(train, nowhere), joined(nowhere, train)):
        np.testing.assert_array_equal(build(name).fit(more, joined(valid, nowhere), Run(seed=1)).predict_proba(test), p)


def joined(one: Cohort, other: Cohort) -> Cohort:
    assert one.tabular is not None
    assert other.tabular is not None
    return cohort(pd.concat([one.tabular, other.tabular]).to_numpy(), pd.concat([one.outcomes, other.outcomes]).to_numpy())


def few_values(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three inputs of four values each, and two outcomes of which the second, of another input, is mostly unknown."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, size=(n, 3)).astype(float)
    y = np.column_stack([x[:, 0] + 2 * rng.random(n) > 2.5, x[:, 1] + 2 * rng.random(n) > 2.5]).astype(float)
    y[rng.random(n) < 0.6, 1] = np.nan
    return x, y


@pytest.mark.parametrize("hidden", [(), (0, 1, 2, 3)])
def test_an_xgboost_tree_splits_and_fills_its_leaves_by_known_outcomes_alone(hidden: tuple[int, ...]) -> None:
    # The second outcome speaks for x1; with its labels known for none but a few the first one and x0 must win.
    x, y = few_values()
    if not hidden:
        y[:, 1] = (x[:, 1] > 1).astype(float)
    whole = cohort(x, y)
    method = build("xgboost_multi", rounds=1, max_depth=1, reg_lambda=2.0, learning_rate=0.5, **WHOLE["xgboost_multi"])
    method.fit(whole, whole)
    known = ~np.isnan(y)
    rate = np.nanmean(y, axis=0)
    g = np.where(known, rate - np.nan_to_num(y), 0.0)
    h = np.where(known, rate * (1 - rate), 0.0)

    def gain(left: np.ndarray) -> float:
        parts = [left, ~left]
        return sum(float((g[part].sum(axis=0) ** 2 / (h[part].sum(axis=0) + 2.0)).sum()) for part in parts)

    gains = {(column, cut): gain(x[:, column] < cut) for column in range(3) for cut in (1, 2, 3)}
    column, cut = max(gains, key=lambda key: gains[key])
    assert column == (0 if hidden else 1)
    tree = method.model.get_dump()[0]  # type: ignore[attr-defined]
    split = re.search(r"\[f(\d+)<([\d.]+)\]", tree)
    assert split is not None
    assert (int(split[1]), float(split[2])) == (column, cut)
    left = x[:, column] < cut
    expected = np.empty(y.shape)
    for side in (left, ~left):
        expected[side] = logit(rate) - 0.5 * g[side].sum(axis=0) / (h[side].sum(axis=0) + 2.0)
    np.testing.assert_allclose(method.predict_proba(whole.hide_outcomes()), expit(expected), atol=1e-6)


def test_a_leaf_with_too_little_weight_for_an_outcome_says_nothing_of_that_one() -> None:
    x, y = few_values()
    y[30:, 1] = np.nan
    whole = cohort(x, y)
    params = {**WHOLE["xgboost_multi"], "min_child_weight": 10.0}
    p = build("xgboost_multi", rounds=1, max_depth=1, **params).fit(whole, whole).predict_proba(whole.hide_outcomes())
    assert len(np.unique(p[:, 0])) == 2
    np.testing.assert_allclose(p[:, 1], np.nanmean(y[:, 1]), atol=1e-6)


def test_a_catboost_leaf_is_that_of_the_known_cases() -> None:
    x, y = few_values()
    whole = cohort(x, y)
    method = build("catboost_multi", rounds=1, depth=2, l2_leaf_reg=2.0, learning_rate=0.5, **WHOLE["catboost_multi"])
    p = method.fit(whole, whole).predict_proba(whole.hide_outcomes())
    from methods.tabular.trees.catboost_settings import pool

    rows = pool(method.columns.numbered(whole))  # type: ignore[attr-defined]
    leaf = method.model.calc_leaf_indexes(rows)[:, 0]  # type: ignore[attr-defined]
    known = ~np.isnan(y)
    g, h = np.where(known, np.nan_to_num(y) - 0.5, 0.0), np.where(known, 0.25, 0.0)
    expected = np.empty(y.shape)
    for side in (leaf == number for number in np.unique(leaf)):
        expected[side] = 0.5 * g[side].sum(axis=0) / (h[side].sum(axis=0) + 2.0)
    assert len(np.unique(leaf)) > 1
    np.testing.assert_allclose(p, expit(expected), atol=1e-6)


def test_xgboost_with_everything_known_is_its_own_binary_logistic() -> None:
    import xgboost

    train, valid, test = drawn(400, 1, 0.0), drawn(300, 2, 0.0), drawn(200, 3)
    x, x_test = (c.tabular.drop(columns="kind") for c in (train, test) if c.tabular is not None)
    bare, bare_valid = (replace(c, tabular=c.tabular.drop(columns="kind")) for c in (train, valid) if c.tabular is not None)
    method = build("xgboost_multi", patience=100).fit(bare, bare_valid, Run(seed=4))
    booster = xgboost.train(
        {
            **method.params(4),  # type: ignore[attr-defined]
            "objective": "binary:logistic",
            "multi_strategy": "multi_output_tree",
        },
        xgboost.QuantileDMatrix(x.to_numpy(), train.outcomes.to_numpy(), max_bin=256),
        method.model.num_boosted_rounds(),  # type: ignore[attr-defined]
    )
    own = booster.predict(xgboost.DMatrix(x_test.to_numpy()))
    np.testing.assert_allclose(method.predict_proba(replace(test, tabular=x_test).hide_outcomes()), own, atol=1e-6)


def test_catboost_with_one_label_hidden_in_valid_is_its_own_multilogloss() -> None:
    train, valid, test = drawn(400, 1, 0.0), drawn(300, 2, 0.0), drawn(200, 3)
    y = valid.outcomes.copy()
    y.iloc[0, 0] = np.nan
    own, masked = (
        build("catboost_multi", patience=100).fit(train, side, Run(seed=4)) for side in (valid, replace(valid, outcomes=y))
    )
    kinds = [str(method.model.get_params()["loss_function"]) for method in (own, masked)]  # type: ignore[attr-defined]
    assert kinds[0] == "MultiLogloss"
    assert "MaskedLogLoss" in kinds[1]
    np.testing.assert_allclose(own.predict_proba(test), masked.predict_proba(test), atol=1e-6)


def test_the_stopping_loss_is_the_mean_over_outcomes_of_their_log_loss_over_known_cases() -> None:
    rng = np.random.default_rng(0)
    logits = 3 * rng.normal(size=(50, 3))
    y = (rng.random((50, 3)) < 0.4).astype(float)
    y[rng.random(y.shape) < 0.4] = np.nan
    known = ~np.isnan(y)
    each = [independent_log_loss(y[known[:, t], t], expit(logits[known[:, t], t])) for t in range(3)]
    assert log_loss(logits, y) == pytest.approx(np.mean(each), rel=1e-12)
    assert np.isfinite(log_loss(1e4 * logits, y))


@pytest.mark.parametrize("name", SHARED)
def test_training_stops_where_that_loss_of_valid_is_least(name: str, sides: tuple[Cohort, ...]) -> None:
    train, valid, _ = sides
    settings: dict[str, Any] = {"learning_rate": 0.5, "subsample": 1.0}

    def loss(rounds: int) -> float:
        method = build(name, rounds=rounds, patience=100, **settings).fit(train, valid, Run(seed=2))
        return log_loss(logit(method.predict_proba(valid.hide_outcomes())), valid.outcomes.to_numpy(dtype=np.float64))

    stopped = build(name, rounds=60, patience=10, **settings).fit(train, valid, Run(seed=2))
    best = log_loss(logit(stopped.predict_proba(valid.hide_outcomes())), valid.outcomes.to_numpy(dtype=np.float64))
    losses = [loss(rounds) for rounds in (1, 3, 6, 12)]
    assert best <= min(losses) + 1e-6
    model = stopped.model  # type: ignore[attr-defined]
    assert (model.num_boosted_rounds() if name == "xgboost_multi" else model.tree_count_) < 50


def test_xgboost_on_copies_of_one_outcome_is_xgboost_on_that_outcome() -> None:
    # The gain of a split is that of one outcome times their number, so that the same tree is grown.
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 4))
    y = (x[:, :1] * x[:, 1:2] + rng.normal(size=(400, 1)) > 0.5).astype(float)
    params = {**WHOLE["xgboost_multi"], "patience": 100, "rounds": 10}
    copies = build("xgboost_multi", **params).fit(cohort(x, np.repeat(y, 3, axis=1)), cohort(x, np.repeat(y, 3, axis=1)))
    single = build("xgboost", **params).fit(cohort(x, y), cohort(x, y))
    rows = cohort(rng.normal(size=(100, 4)), np.empty((100, 0)))
    np.testing.assert_allclose(copies.predict_proba(rows), np.repeat(single.predict_proba(rows), 3, axis=1), atol=1e-6)


@pytest.mark.parametrize("name", SHARED)
def test_sharing_trees_loses_on_independent_outcomes_and_not_on_identical_ones(name: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2000, 8))
    # Each outcome is of two inputs of its own, or all are of the first two.
    own = np.column_stack([x[:, 2 * t] + x[:, 2 * t + 1] for t in range(4)])
    noise = 0.3 * rng.normal(size=own.shape)
    lost = {}
    for kind, signal in (("independent", own + noise), ("identical", np.repeat(own[:, :1] + noise[:, :1], 4, axis=1))):
        whole = cohort(x, (signal > 0.8).astype(float))
        train, valid, test = whole.take(np.arange(300)), whole.take(np.arange(300, 600)), whole.take(np.arange(600, 2000))
        y = test.outcomes.to_numpy(dtype=np.float64)

        def macro(method: Method) -> float:
            p = method.fit(train, valid, Run(seed=0)).predict_proba(test.hide_outcomes())  # noqa: B023
            return float(np.mean([auc(y[:, t], p[:, t]) for t in range(4)]))  # noqa: B023

        params = {"rounds": 40, "max_depth" if name == "xgboost_multi" else "depth": 3}
        lost[kind] = macro(build(name.removesuffix("_multi"), **params)) - macro(build(name, **params))
    assert lost["independent"] > 0.01
    assert lost["identical"] < 0.005


@pytest.mark.parametrize("name", SHARED)
def test_what_it_says_of_itself(name: str, sides: tuple[Cohort, ...]) -> None:
    train, valid, test = sides
    entry = registry.entry(name)
    assert (entry.per_outcome, entry.twin) == (False, name.removesuffix("_multi"))
    assert build(name).get_params().keys() == build(str(entry.twin)).get_params().keys()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        method = build(name, rounds=3, patience=100, **{"xgboost_multi": {"max_depth": 2}, "catboost_multi": {"depth": 2}}[name])
        method.fit(train, valid)
        assert np.isfinite(method.predict_proba(test)).all()
    # Three trees of four leaves, each with a value an outcome.
    assert method.size() == 3 * 4 * 3


def test_a_category_is_a_column_of_its_own_for_xgboost_and_a_missing_one_is_missing() -> None:
    from methods.tabular.xgboost_multi import one_hot

    frame = pd.DataFrame({"x": np.array([1, np.nan, 3], np.float32), "k": pd.Categorical(["b", None, "a"], ["a", "b"])})
    np.testing.assert_array_equal(one_hot(frame), [[1, 0, 1], [np.nan, np.nan, np.nan], [3, 1, 0]])

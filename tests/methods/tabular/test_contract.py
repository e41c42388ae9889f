"""What holds for every tabular method."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest

from datasets import Card, Cohort
from methods import Method, Run, registry
from methods.scores import auc

Build = Callable[..., Method]
Split = tuple[Cohort, Cohort, Cohort]


def shuffled(cohort: Cohort, seed: int) -> Cohort:
    order = np.random.default_rng(seed).permutation(len(cohort))
    return replace(cohort, outcomes=cohort.outcomes.iloc[order].reset_index(drop=True))


def drawn(build: Build, seed: int) -> dict[str, Any]:
    """Parameters from the method's own search space."""
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask()
    return type(build()).search_space(trial)


def test_finds_what_was_planted_in_each_modality(build: Build, planted: Split) -> None:
    train, valid, test = planted
    y = test.outcomes.to_numpy(dtype=np.float64)

    def score(*absent: str) -> list[float]:
        p = build().fit(train.without(*absent), valid.without(*absent)).predict_proba(test.hide_outcomes())
        return [auc(y[:, t], p[:, t]) for t in range(2)]

    kidney, icu = score()
    assert kidney > 0.9
    assert icu > 0.98
    assert score("tabular")[0] < kidney - 0.05
    assert score("text")[0] < kidney - 0.05
    assert score("series")[1] < icu - 0.05


def test_shuffled_outcomes_leave_chance(build: Build, planted: Split) -> None:
    train, valid, test = planted
    y = test.outcomes["icu"].to_numpy(dtype=np.float64)
    found = []
    for seed in range(10):
        method = build().fit(shuffled(train, seed).only("icu"), shuffled(valid, 100 + seed).only("icu"))
        found.append(auc(y, method.predict_proba(test.hide_outcomes())[:, 0]))
    assert abs(np.mean(found) - 0.5) < 3 * np.std(found, ddof=1) / np.sqrt(len(found))


def test_probabilities_are_float64_and_ordered_as_the_outcomes(build: Build, planted: Split) -> None:
    train, valid, test = planted
    p = build().fit(train, valid).predict_proba(test.hide_outcomes())
    assert (p.shape, p.dtype) == ((len(test), 3), np.float64)
    assert ((p >= 0) & (p <= 1)).all()
    prevalence = train.outcomes.mean().to_numpy()
    np.testing.assert_allclose(p.mean(axis=0), prevalence, atol=0.08)


def test_several_outcomes_at_once_equal_each_alone(apart: Build, planted: Split) -> None:
    train, valid, test = planted
    together = apart().fit(train, valid, Run(seed=3)).predict_proba(test.hide_outcomes())
    for t, name in enumerate(train.outcome_names):
        alone = apart().fit(train.only(name), valid.only(name), Run(seed=3)).predict_proba(test.hide_outcomes())
        np.testing.assert_array_equal(alone[:, 0], together[:, t])


def test_fits_that_share_a_cell_predict_as_fits_that_do_not(build: Build, planted: Split) -> None:
    train, valid, test = planted
    run = Run(seed=1)
    for place, name in enumerate(["icu", "noise", "kidney", "icu", "noise", "icu"]):
        # Other parameters in between must leave no trace either.
        params = drawn(build, place)
        apart = build(**params).fit(train.only(name), valid.only(name), Run(seed=1)).predict_proba(test.hide_outcomes())
        shared = build(**params).fit(train.only(name), valid.only(name), run).predict_proba(test.hide_outcomes())
        np.testing.assert_array_equal(shared, apart)


def test_another_valid_in_one_cell_is_not_taken_for_the_first(trees: Build, planted: Split) -> None:
    train, valid, test = (part.only("icu") for part in planted)
    other, run = valid.take(np.arange(len(valid))[::-1]), Run()
    first = trees().fit(train, valid, run).predict_proba(test)
    np.testing.assert_array_equal(trees().fit(train, other, run).predict_proba(test), first)


@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
def test_outcomes_known_for_the_same_cases_share_their_bins(name: str, planted: Split) -> None:
    train, valid, _ = planted
    run = Run()
    for params in ({}, {"reg_lambda": 5.0}):
        registry.build(name, rounds=5, **params).fit(train, valid, run)
    # One for `icu` and `noise`, one for `kidney`, which is unknown for some.
    assert len([key for key in run.shared if key[0] == name]) == 2


def test_the_same_seed_gives_the_same_predictions_to_the_bit(build: Build, planted: Split) -> None:
    train, valid, test = (part.only("icu") for part in planted)
    first, second = (build().fit(train, valid, Run(seed=5)).predict_proba(test) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_trees_use_the_seed(trees: Build, planted: Split) -> None:
    train, valid, test = (part.only("icu") for part in planted)
    first, second = (trees().fit(train, valid, Run(seed=seed)).predict_proba(test) for seed in (1, 2))
    assert (first != second).any()


def test_a_prediction_does_not_depend_on_the_other_cases(build: Build, planted: Split) -> None:
    train, valid, test = (part.only("kidney") for part in planted)
    method = build().fit(train, valid)
    whole = method.predict_proba(test.hide_outcomes())
    for rows in ([17], [3, 2, 1], list(range(200, 300))):
        np.testing.assert_array_equal(method.predict_proba(test.take(rows).hide_outcomes()), whole[rows])
    assert method.predict_proba(test.take([]).hide_outcomes()).shape == (0, 1)


def test_cases_without_a_known_outcome_train_no_tree(trees: Build) -> None:
    # Numbers alone: what columns learn from the inputs of such a case (a category, a word) is theirs by right.
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.normal(size=(400, 3)).astype(np.float32), columns=list("abc"))
    y = (x["a"] + rng.normal(size=400) > 1).astype(np.float32).where(rng.random(400) < 0.6)
    whole = Cohort(Card("numbers", "", "", "", "", "", {}), np.arange(400), pd.DataFrame({"y": y}), x)
    train, valid = whole.take(np.arange(250)), whole.take(np.arange(250, 400))
    known, known_valid = (part.take(np.flatnonzero(part.outcomes["y"].notna())) for part in (train, valid))
    np.testing.assert_array_equal(
        trees().fit(train, valid).predict_proba(whole), trees().fit(known, known_valid).predict_proba(whole)
    )


@pytest.mark.parametrize("text", ["tfidf", "pooled", "marked"])
def test_unmet_categories_empty_notes_and_absent_modalities_are_predicted(build: Build, planted: Split, text: str) -> None:
    train, valid, test = (part.only("icu") for part in planted)
    assert test.tabular is not None
    assert test.text is not None
    method = build(text=text).fit(train, valid)
    odd = replace(test, tabular=test.tabular.assign(kind=pd.Categorical(["new"] * len(test))), text=test.text.assign(note=""))
    for cohort in (odd, test.without("text"), test.without("tabular", "series"), test.take([0]).without("series")):
        p = method.predict_proba(cohort.hide_outcomes())
        assert np.isfinite(p).all()
        assert p.shape == (len(cohort), 1)


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
def test_an_outcome_of_one_class_is_refused_by_name(build: Build, planted: Split, value: float) -> None:
    train, valid, _ = planted
    one = replace(train, outcomes=train.outcomes.assign(noise=np.float32(value)))
    with pytest.raises(ValueError, match=r"outcome 'noise': .* in train"):
        build().fit(one.only("noise"), valid.only("noise"))


def test_a_valid_without_a_known_case_is_refused_by_name(build: Build, planted: Split) -> None:
    train, valid, _ = planted
    none = replace(valid, outcomes=valid.outcomes.assign(noise=np.float32(np.nan)))
    with pytest.raises(ValueError, match="outcome 'noise': no known case in valid"):
        build().fit(train.only("noise"), none.only("noise"))


def test_defaults_lie_inside_the_search_space(build: Build) -> None:
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    asked = type(build()).search_space(trial)
    defaults = type(build())().get_params()
    assert set(asked) == set(trial.distributions) <= set(defaults)
    assert len(asked) >= 2
    for name, distribution in trial.distributions.items():
        assert distribution._contains(distribution.to_internal_repr(defaults[name])), name
    build().set_params(**asked)


def test_what_the_search_space_offers_can_be_fitted(build: Build, planted: Split) -> None:
    train, valid, test = (part.only("icu") for part in planted)
    for seed in range(3):
        method = build(**drawn(build, seed)).fit(train, valid)
        assert np.isfinite(method.predict_proba(test)).all()


def test_a_train_without_any_input_is_refused(build: Build, planted: Split) -> None:
    train, valid, _ = (part.only("icu").without("tabular", "text", "series") for part in planted)
    with pytest.raises(ValueError, match="no input at all"):
        build().fit(train, valid)


def test_size_counts_what_was_fitted(apart: Build, planted: Split) -> None:
    train, valid, _ = planted
    size = apart().fit(train, valid).size()
    assert size is not None
    assert size == sum(apart().fit(train.only(name), valid.only(name)).size() or 0 for name in train.outcome_names)
    assert 3 < size < 3 * 60 * 64


def test_fitting_writes_no_file(build: Build, planted: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    build().fit(planted[0].only("icu"), planted[1].only("icu"))
    assert not list(tmp_path.iterdir())

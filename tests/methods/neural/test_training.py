"""Training: learns what is there, repeats itself to the bit, lets go where it should."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from datasets import Cohort
from methods import Method, Run, registry
from methods.scores import auc, macro
from tests.methods.neural.cohorts import make, without_one_modality
from tests.methods.neural.conftest import METHODS, SMALL

Split = tuple[Cohort, Cohort, Cohort]
Fitted = Callable[[str], Method]
SHORT = SMALL | {"epochs": 2}


def scored(method: Method, cohort: Cohort) -> float:
    return macro(auc, cohort.outcomes.to_numpy(np.float64), method.predict_proba(cohort.hide_outcomes()))


@pytest.mark.parametrize("name", METHODS)
def test_a_planted_signal_is_found(name: str, planted: Split, fitted: Fitted) -> None:
    assert scored(fitted(name), planted[2]) >= 0.9


@pytest.mark.parametrize("name", METHODS)
def test_predictions_are_probabilities_of_every_case_and_outcome(name: str, planted: Split, fitted: Fitted) -> None:
    p = fitted(name).predict_proba(planted[2].hide_outcomes())
    assert p.shape == (200, 3)
    assert p.dtype == np.float64
    assert ((p >= 0) & (p <= 1)).all()
    assert fitted(name).predict_proba(planted[2].take([]).hide_outcomes()).shape == (0, 3)


@pytest.mark.parametrize("name", METHODS)
def test_predictions_of_a_case_do_not_depend_on_the_others(name: str, planted: Split, fitted: Fitted) -> None:
    test = planted[2].hide_outcomes()
    whole = fitted(name).predict_proba(test)
    order = np.random.default_rng(0).permutation(200)
    np.testing.assert_allclose(fitted(name).predict_proba(test.take(order)), whole[order], rtol=0, atol=1e-6)
    np.testing.assert_allclose(fitted(name).predict_proba(test.take([17])), whole[[17]], rtol=0, atol=1e-6)
    many = np.tile(np.arange(200), 4)
    np.testing.assert_allclose(fitted(name).predict_proba(test.take(many)), whole[many], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_single_cases_may_lack_a_modality_or_all(name: str, planted: Split, fitted: Fitted) -> None:
    test = planted[2].hide_outcomes()
    assert np.isfinite(fitted(name).predict_proba(without_one_modality(test))).all()
    whole = fitted(name).predict_proba(test)
    for modality in test.modalities:
        without = fitted(name).predict_proba(test.without(modality))
        assert np.isfinite(without).all()
        assert np.abs(without - whole).mean() > 0.01
    nothing = fitted(name).predict_proba(test.without(*test.modalities))
    assert np.isfinite(nothing).all()
    assert np.ptp(nothing, axis=0).max() < 1e-6


@pytest.mark.parametrize("name", METHODS)
def test_pure_noise_stays_at_chance(name: str) -> None:
    noise = make(1100, seed=5, signal=0.0)
    rows = np.arange(1100)
    method = registry.build(name, **(SMALL | {"epochs": 4})).fit(noise.take(rows[:200]), noise.take(rows[200:300]), Run())
    # Standard error of a macro AUC of three outcomes with about 18 % of 800 cases: 0.015.
    assert abs(scored(method, noise.take(rows[300:])) - 0.5) < 0.045


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(name: str, planted: Split) -> None:
    train, valid, test = planted[0].take(np.arange(200)), planted[1].take(np.arange(100)), planted[2].hide_outcomes()

    def predicted(seed: int, shared: dict[Any, Any]) -> np.ndarray:
        return registry.build(name, **SHORT).fit(train, valid, Run(seed=seed, shared=shared)).predict_proba(test)

    torch.manual_seed(11)
    shared: dict[Any, Any] = {}
    first = predicted(3, shared)
    torch.manual_seed(12)
    before = torch.get_rng_state()
    assert np.array_equal(predicted(3, {}), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(predicted(3, shared), first)
    assert not np.array_equal(predicted(4, shared), first)


def test_single_task_with_one_outcome_is_hard_sharing(planted: Split) -> None:
    train, valid, test = (side.only("o1") for side in planted)
    p = [
        registry.build(name, **SHORT).fit(train, valid, Run(seed=2)).predict_proba(test) for name in ("single_task", "hard_sharing")
    ]
    assert np.array_equal(p[0], p[1])


def test_single_task_trains_each_outcome_by_its_own_labels_alone(planted: Split) -> None:
    train, valid, test = planted
    outcomes = train.outcomes.copy()
    outcomes["o1"] = 1 - outcomes["o1"]
    # One epoch, so that the choice of the epoch, which all outcomes share, has nothing to choose.
    p = [
        registry.build("single_task", **(SMALL | {"epochs": 1})).fit(side, valid, Run(seed=2)).predict_proba(test)
        for side in (train, replace(train, outcomes=outcomes))
    ]
    assert np.array_equal(p[0][:, [0, 2]], p[1][:, [0, 2]])
    assert not np.allclose(p[0][:, 1], p[1][:, 1])


def test_a_cohort_with_a_table_alone(planted: Split) -> None:
    train, valid, test = (side.without("text", "series") for side in planted)
    method = registry.build("mmoe", **SMALL).fit(train, valid, Run())
    assert scored(method, test) > 0.6
    assert np.array_equal(method.predict_proba(test), method.predict_proba(planted[2]))


def test_valid_inputs_and_labels_choose_the_epoch_and_nothing_else(planted: Split) -> None:
    train, valid, test = planted
    p = [
        registry.build("hard_sharing", **(SMALL | {"epochs": 1})).fit(train, side, Run(seed=2)).predict_proba(test)
        for side in (valid, make(90, seed=8), without_one_modality(make(60, seed=9)))
    ]
    assert np.array_equal(p[0], p[1])
    assert np.array_equal(p[0], p[2])


def test_the_epoch_with_the_best_three_epoch_mean_is_kept(planted: Split) -> None:
    train, valid, _ = planted
    reported: list[tuple[int, float]] = []
    logged: list[Any] = []
    method = registry.build("hard_sharing", **(SMALL | {"epochs": 9, "patience": 2, "lr": 2e-2}))
    method.fit(train, valid, Run(seed=3, report=lambda step, value: reported.append((step, value)), log=logged.append))
    aucs = [line["valid_auc"] for line in logged]
    means = [float(np.mean(aucs[max(0, epoch - 2) : epoch + 1])) for epoch in range(len(aucs))]
    assert reported == list(enumerate(means))
    best = int(np.argmax(means))
    assert len(means) == min(9, best + 1 + 2)
    assert scored(method, valid) == pytest.approx(aucs[best], abs=1e-6)
    assert set(logged[0]["train_loss"]) == set(logged[0]["valid_loss"]) == {"o0", "o1", "o2"}
    assert np.mean(list(logged[-1]["train_loss"].values())) < np.mean(list(logged[0]["train_loss"].values()))


def test_what_report_raises_is_let_through(planted: Split) -> None:
    class PrunedError(Exception):
        pass

    def report(step: int, value: float) -> None:
        if step == 1:
            raise PrunedError

    with pytest.raises(PrunedError):
        registry.build("hard_sharing", **SMALL).fit(planted[0], planted[1], Run(report=report))


@pytest.mark.parametrize("name", ["hard_sharing", "pcgrad"])
def test_a_loss_that_is_no_longer_finite_names_its_epoch(name: str, planted: Split) -> None:
    with pytest.raises(FloatingPointError, match="epoch 0"):
        registry.build(name, **(SMALL | {"lr": 1e30})).fit(planted[0], planted[1], Run())


def test_the_loss_of_the_study_is_used(planted: Split) -> None:
    train, valid, test = planted
    p = {
        loss: registry.build("hard_sharing", **SHORT).fit(train, valid, Run(loss=loss)).predict_proba(test)
        for loss in ("bce", "bce+asl")
    }
    assert not np.allclose(p["bce"], p["bce+asl"])


@pytest.mark.parametrize("name", METHODS)
def test_an_outcome_that_is_mostly_unknown_is_trained_beside_the_others(name: str, planted: Split) -> None:
    train, valid, test = (side.take(np.arange(150)) for side in planted)
    outcomes = train.outcomes.copy()
    positives, negatives = np.flatnonzero(outcomes["o1"] == 1), np.flatnonzero(outcomes["o1"] == 0)
    keep = np.concatenate([positives[:2], negatives[:2]])
    outcomes.loc[~outcomes.index.isin(keep), "o1"] = np.nan
    sparse = replace(train, outcomes=outcomes)
    method = registry.build(name, **(SHORT | {"batch_size": 16})).fit(sparse, valid, Run())
    assert np.isfinite(method.predict_proba(test)).all()


def test_what_cannot_be_fitted_is_named(planted: Split) -> None:
    train, valid, _ = planted
    ones = replace(train, outcomes=train.outcomes.assign(o1=np.float32(1)))
    with pytest.raises(ValueError, match="outcome 'o1': only class 1 in train"):
        registry.build("hard_sharing").fit(ones, valid)
    nothing = replace(valid, outcomes=valid.outcomes * np.nan)
    with pytest.raises(ValueError, match="nothing to stop on"):
        registry.build("hard_sharing").fit(train, nothing)

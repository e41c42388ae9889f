"""What holds for every network over columns."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
import torch

from datasets import Card, Cohort
from methods import Method, Run, registry
from methods.columns import fit_columns
from methods.neural.losses import loss_of
from methods.scores import auc, macro
from methods.tabular.networks.inputs import fit_inputs
from methods.tabular.networks.trainer import member_losses

Split = tuple[Cohort, Cohort, Cohort]
Build = Callable[..., Method]
SMALL: dict[str, dict[str, Any]] = {
    "ft_transformer": {"d_block": 16, "n_blocks": 2, "lr": 1e-2, "epochs": 12, "batch_size": 64},
    "tabm": {"d_block": 32, "k": 4, "lr": 1e-2, "epochs": 12, "batch_size": 64},
}


@pytest.fixture(params=tuple(SMALL))
def build(request: pytest.FixtureRequest) -> Build:
    """Builds the method under test, small."""
    return lambda **params: registry.build(request.param, **(SMALL[request.param] | params))


def scored(method: Method, cohort: Cohort) -> np.ndarray:
    y, p = cohort.outcomes.to_numpy(dtype=np.float64), method.predict_proba(cohort.hide_outcomes())
    return np.array([auc(y[:, t], p[:, t]) for t in range(y.shape[1])])


def test_finds_what_was_planted_in_each_modality(build: Build, planted: Split) -> None:
    train, valid, test = planted
    method = build().fit(train, valid, Run(seed=1))
    assert scored(method, test)[:2].min() > 0.9
    p = method.predict_proba(test.hide_outcomes())
    assert (p.shape, p.dtype) == ((len(test), 3), np.float64)
    assert ((p >= 0) & (p <= 1)).all()
    # The same network without a modality in its reach knows less.
    for modality, outcome in (("tabular", 0), ("text", 0), ("series", 1)):
        assert scored(method, test.without(modality))[outcome] < scored(method, test)[outcome] - 0.02


def test_pure_noise_stays_at_chance(build: Build, planted: Split) -> None:
    rng, (train, valid, test) = np.random.default_rng(0), planted

    def coins(cohort: Cohort) -> Cohort:
        names = [f"o{t}" for t in range(4)]
        return replace(cohort, outcomes=pd.DataFrame((rng.random((len(cohort), 4)) < 0.3).astype(np.float32), columns=names))

    method = build(epochs=4).fit(coins(train), coins(valid), Run())
    # Standard error of a macro AUC of four outcomes with about 30 % of 300 cases: 0.018.
    assert abs(scored(method, coins(test)).mean() - 0.5) < 0.055


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(build: Build, planted: Split) -> None:
    train, valid, test = planted[0].take(np.arange(200)), planted[1], planted[2].hide_outcomes()

    def predicted(seed: int, shared: dict[Any, Any]) -> np.ndarray:
        return build(epochs=2).fit(train, valid, Run(seed=seed, shared=shared)).predict_proba(test)

    torch.manual_seed(11)
    shared: dict[Any, Any] = {}
    first = predicted(3, shared)
    torch.manual_seed(12)
    before = torch.get_rng_state()
    assert np.array_equal(predicted(3, {}), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(predicted(3, shared), first)
    assert not np.array_equal(predicted(4, shared), first)
    # Without a step that counts, what differs is where the weights start.
    start = [build(epochs=1, lr=1e-12).fit(train, valid, Run(seed=seed)).predict_proba(test) for seed in (3, 4)]
    assert np.abs(start[0] - start[1]).max() > 1e-3


def test_a_prediction_does_not_depend_on_the_other_cases(build: Build, planted: Split) -> None:
    test = planted[2].hide_outcomes()
    method = build(epochs=2).fit(planted[0], planted[1])
    whole = method.predict_proba(test)
    for rows in ([17], [3, 2, 1], list(range(100, 300)), list(range(300)) * 2):
        np.testing.assert_allclose(method.predict_proba(test.take(rows)), whole[rows], rtol=0, atol=1e-6)
    assert method.predict_proba(test.take([])).shape == (0, 3)


@pytest.mark.parametrize("text", ["tfidf", "pooled", "marked"])
def test_unmet_categories_empty_notes_and_absent_modalities_are_predicted(build: Build, planted: Split, text: str) -> None:
    train, valid, test = planted[0].take(np.arange(120)), planted[1], planted[2].hide_outcomes()
    assert test.tabular is not None
    assert test.text is not None
    method = build(text=text, epochs=1).fit(train, valid)
    odd = replace(test, tabular=test.tabular.assign(kind=pd.Categorical(["new"] * len(test))), text=test.text.assign(note=""))
    for cohort in (odd, test.without("text"), test.without("tabular", "series"), test.without("tabular", "text", "series")):
        p = method.predict_proba(cohort)
        assert np.isfinite(p).all()
        assert p.shape == (len(cohort), 3)


@pytest.mark.parametrize("modality", ["tabular", "text", "series"])
def test_a_cohort_with_one_modality_alone(build: Build, planted: Split, modality: str) -> None:
    train, valid, test = (side.without(*({"tabular", "text", "series"} - {modality})) for side in planted)
    method = build(epochs=2).fit(train.take(np.arange(150)), valid)
    assert np.array_equal(method.predict_proba(test), method.predict_proba(planted[2]))


def test_what_cannot_be_fitted_is_named(build: Build, planted: Split) -> None:
    train, valid, _ = planted
    ones = replace(train, outcomes=train.outcomes.assign(icu=np.float32(1)))
    with pytest.raises(ValueError, match="outcome 'icu': only class 1 in train"):
        build().fit(ones, valid)
    unknown = replace(train, outcomes=train.outcomes.assign(icu=np.float32(np.nan)))
    with pytest.raises(ValueError, match="outcome 'icu': no known case in train"):
        build().fit(unknown, valid)
    zeros = replace(valid, outcomes=valid.outcomes * 0)
    with pytest.raises(ValueError, match="nothing to stop on"):
        build().fit(train, zeros)
    with pytest.raises(ValueError, match="no input at all"):
        build().fit(*(side.without("tabular", "text", "series") for side in (train, valid)))


def test_a_table_whose_cases_are_all_alike_is_refused(build: Build) -> None:
    y = pd.DataFrame({"y": np.tile([0, 1], 20).astype(np.float32)})
    alike = Cohort(Card("alike", "", "", "", "", "", {}), np.arange(40), y, pd.DataFrame({"a": np.ones(40, np.float32)}))
    with pytest.raises(ValueError, match="no input at all"):
        build().fit(alike, alike)


def test_the_epoch_with_the_best_three_epoch_mean_is_kept(build: Build, planted: Split) -> None:
    train, valid, _ = planted
    reported: list[tuple[int, float]] = []
    logged: list[Any] = []
    method = build(epochs=9, patience=2, lr=3e-2)
    method.fit(train, valid, Run(seed=3, report=lambda step, value: reported.append((step, value)), log=logged.append))
    aucs = [line["valid_auc"] for line in logged]
    means = [float(np.mean(aucs[max(0, epoch - 2) : epoch + 1])) for epoch in range(len(aucs))]
    assert reported == list(enumerate(means))
    best = int(np.argmax(means))
    assert len(means) == min(9, best + 1 + 2)
    y, p = valid.outcomes.to_numpy(np.float64), method.predict_proba(valid.hide_outcomes())
    assert macro(auc, y, p) == pytest.approx(aucs[best], abs=1e-6)
    assert set(logged[0]["train_loss"]) == set(logged[0]["valid_loss"]) == {"kidney", "icu", "noise"}
    assert np.mean(list(logged[-1]["train_loss"].values())) < np.mean(list(logged[0]["train_loss"].values()))


def test_a_loss_that_is_no_longer_finite_names_its_epoch(build: Build, planted: Split) -> None:
    with pytest.raises(FloatingPointError, match="epoch 0"):
        build(lr=1e30).fit(planted[0], planted[1])


def test_what_report_raises_is_let_through(build: Build, planted: Split) -> None:
    class PrunedError(Exception):
        pass

    def report(step: int, value: float) -> None:
        raise PrunedError

    with pytest.raises(PrunedError):
        build().fit(planted[0], planted[1], Run(report=report))


def test_the_loss_of_the_study_is_used(build: Build, planted: Split) -> None:
    train, valid, test = planted[0].take(np.arange(100)), planted[1], planted[2]
    p = {loss: build(epochs=1).fit(train, valid, Run(loss=loss)).predict_proba(test) for loss in ("bce", "bce+asl")}
    assert not np.allclose(p["bce"], p["bce+asl"])


def test_valid_chooses_the_epoch_and_nothing_else(build: Build, planted: Split) -> None:
    train, valid, test = planted[0].take(np.arange(100)), planted[1], planted[2]
    p = [build(epochs=1).fit(train, side).predict_proba(test) for side in (valid, valid.take(np.arange(60)))]
    assert np.array_equal(p[0], p[1])


def test_an_unknown_outcome_changes_nothing() -> None:
    torch.manual_seed(0)
    logits = torch.randn(12, 3, 4, requires_grad=True)
    y, known = (torch.rand(12, 4) < 0.5).float(), torch.rand(12, 4) < 0.6
    known[:, 2] = False
    losses = member_losses(loss_of("bce"), logits, y, known)
    (gradient,) = torch.autograd.grad(losses.sum(), logits)
    assert losses[2] == 0
    assert (gradient[~known[:, None].expand_as(logits)] == 0).all()
    other = member_losses(loss_of("bce"), logits, torch.where(known, y, 1 - y), known)
    assert torch.equal(other, losses)
    for t in (0, 1, 3):
        rows = known[:, t]
        alone = torch.nn.functional.binary_cross_entropy_with_logits(logits[rows][:, :, t], y[rows, t][:, None].expand(-1, 3))
        torch.testing.assert_close(losses[t], alone)


def test_an_outcome_that_is_mostly_unknown_is_trained_beside_the_others(build: Build, planted: Split) -> None:
    train, valid, test = planted
    outcomes = train.outcomes.copy()
    positives, negatives = np.flatnonzero(outcomes["icu"] == 1), np.flatnonzero(outcomes["icu"] == 0)
    keep = np.concatenate([positives[:2], negatives[:2]])
    outcomes.loc[~outcomes.index.isin(keep), "icu"] = np.nan
    method = build(epochs=1, batch_size=16).fit(replace(train, outcomes=outcomes), valid)
    assert np.isfinite(method.predict_proba(test)).all()


def test_columns_that_miss_together_have_one_mark_and_columns_that_never_differ_none(planted: Split) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(60, 4)).astype(np.float32), columns=list("abcd")).assign(alike=np.float32(2))
    table.loc[:9, ["a", "b"]] = np.nan
    table.loc[5:14, "c"] = np.nan
    cohort = Cohort(Card("gaps", "", "", "", "", "", {}), np.arange(60), pd.DataFrame({"y": np.ones(60, np.float32)}), table)
    inputs = fit_inputs(fit_columns(cohort, "marked", {}), cohort, 8, {})
    assert list(inputs.table.scales) == [f"tabular.{name}" for name in "abcd"]
    assert inputs.table.marked == ("tabular.a", "tabular.c")
    numbers = inputs(cohort).numbers.numpy()
    np.testing.assert_array_equal(numbers[:, 4], np.arange(60) < 10)
    np.testing.assert_array_equal(numbers[:, 5], (np.arange(60) >= 5) & (np.arange(60) < 15))


def test_only_the_first_directions_of_each_note_are_columns(planted: Split) -> None:
    rng, words = np.random.default_rng(0), np.array(["cough", "fever", "pain", "rash", "oliguria", "sepsis", "stable"])
    notes = [" ".join(rng.choice(words, 4)) for _ in range(200)]
    text = pd.DataFrame({"note.1": notes, "note.2": notes[::-1]})
    cohort = Cohort(Card("notes", "", "", "", "", "", {}), np.arange(200), pd.DataFrame({"y": np.ones(200, np.float32)}), text=text)
    columns = fit_columns(cohort, "marked", {})
    assert columns.frame(cohort).shape[1] > 12
    expected = [f"text.note.{note}.{direction}" for note in (1, 2) for direction in range(3)]
    assert list(fit_inputs(columns, cohort, 3, {}).read) == expected


def test_defaults_lie_inside_the_search_space(build: Build) -> None:
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    asked = type(build()).search_space(trial)
    defaults = type(build())().get_params()
    assert set(asked) == set(trial.distributions) <= set(defaults)
    for name, distribution in trial.distributions.items():
        assert distribution._contains(distribution.to_internal_repr(defaults[name])), name


def test_what_the_search_space_offers_can_be_fitted(build: Build, planted: Split) -> None:
    train, valid, test = planted[0].take(np.arange(80)), planted[1].take(np.arange(60)), planted[2].take(np.arange(10))
    for seed in range(2):
        drawn = type(build()).search_space(optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask())
        method = build(**(drawn | {"epochs": 1})).fit(train, valid)
        assert np.isfinite(method.predict_proba(test)).all()


def test_the_registry_says_that_one_network_serves_all_outcomes(build: Build) -> None:
    for name in SMALL:
        entry = registry.entry(name)
        assert (entry.family, entry.per_outcome, entry.twin) == ("tabular", False, None)
        assert "one network for all outcomes" in entry.summary

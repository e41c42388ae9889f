"""From a cohort to tensors: fitted on train alone, nothing missing taken for a measurement."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import datasets
from datasets import Card, Cohort, Refused, Series
from methods.neural.inputs.document import RANK
from methods.neural.inputs.table import MISSING, UNSEEN
from methods.neural.inputs.text import GAP, LENGTH
from methods.neural.inputs.vectors import WIDTH, token_table
from methods.neural.tensors import Preprocessing, fit_preprocessing, labels
from methods.words import token_ids
from tests.methods.neural.cohorts import make, without_one_modality


def cohort(**parts: Any) -> Cohort:
    n = len(next(iter(parts["tabular"].values()))) if "tabular" in parts else len(next(iter(parts["text"].values())))
    return Cohort(
        card=Card("c", "", "", "", "", "", {}),
        patient=np.arange(n),
        outcomes=pd.DataFrame({"o": np.zeros(n, dtype=np.float32)}),
        **{name: pd.DataFrame(part) if name != "series" else part for name, part in parts.items()},
    )


def fit(train: Cohort) -> Preprocessing:
    return fit_preprocessing(train, {})


def equal(a: Any, b: Any) -> bool:
    return all(torch.equal(getattr(a, name), getattr(b, name)) for name in vars(a))


def test_what_is_fitted_does_not_depend_on_valid_or_on_what_is_predicted() -> None:
    train, others = make(80), [make(40, seed=1), without_one_modality(make(40, seed=2))]
    probe = make(20, seed=3)
    alone = fit(train).inputs(probe)
    shared: dict[Any, Any] = {}
    busy = fit_preprocessing(train, shared)
    for other in others:
        busy.inputs(other)
    found = fit_preprocessing(train, shared)
    assert found is busy
    again = found.inputs(probe)
    assert equal(alone.table, again.table)
    assert equal(alone.text, again.text)
    assert equal(alone.series, again.series)


def test_another_train_is_fitted_anew_under_the_same_store() -> None:
    shared: dict[Any, Any] = {}
    first, second = fit_preprocessing(make(80), shared), fit_preprocessing(make(80, seed=1), shared)
    assert first is not second
    assert len(shared) == 2


def test_numbers_lie_on_a_normal_scale_of_train() -> None:
    values = np.exp(2 * np.random.default_rng(0).normal(size=2000))
    fitted = fit(cohort(tabular={"x": values}))
    train = fitted.inputs(cohort(tabular={"x": values})).table
    assert train is not None
    x = train.numbers[:, 0].numpy()
    assert x.mean() == pytest.approx(0, abs=0.01)
    assert x.std() == pytest.approx(1, abs=0.01)
    assert np.corrcoef(x, np.log(values))[0, 1] > 0.995
    beyond = fitted.inputs(cohort(tabular={"x": [-1e9, 1e9, np.inf, np.nan]})).table
    assert beyond is not None
    assert beyond.numbers[:, 0].tolist() == pytest.approx([x.min(), x.max(), 0.0, 0.0])


def test_a_missing_number_is_zero_with_a_mark() -> None:
    train = cohort(tabular={"x": [1.0, 2.0, 3.0, np.nan], "full": [1.0, 2.0, 3.0, 4.0]})
    table = fit(train).inputs(train).table
    assert table is not None
    assert table.numbers.shape == (4, 3)
    assert table.numbers[3, 0] == 0
    assert table.numbers[:, 2].tolist() == [0, 0, 0, 1]


def test_categories_have_codes_of_their_own_for_missing_and_unseen() -> None:
    train = cohort(tabular={"kind": ["b"] * 6 + ["a"] * 5 + ["rare"] + [None]})
    fitted = fit(train)
    assert fitted.table is not None
    assert fitted.table.sizes == (4,)
    found = fitted.inputs(cohort(tabular={"kind": ["a", "b", "rare", "new", None]})).table
    assert found is not None
    assert found.codes[:, 0].tolist() == [2, 3, UNSEEN, UNSEEN, MISSING]
    assert found.present.tolist() == [True, True, True, True, False]


def test_series_are_standardised_by_channel_over_what_was_measured() -> None:
    values = np.random.default_rng(0).normal(size=(50, 6, 2)).astype(np.float32) * (3, 0.1) + np.float32((80, 7))
    values = values.astype(np.float32)
    values[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
    train = replace(make(50), series=Series(values, ("a", "b"), ("", ""), np.arange(6.0)))
    found = fit(train).inputs(train).series
    assert found is not None
    seen = ~np.isnan(values)
    scaled, mask = found.values[..., :2].numpy(), found.values[..., 2:].numpy()
    assert np.array_equal(mask.astype(bool), seen)
    assert (scaled[~seen] == 0).all()
    for channel in range(2):
        measured = scaled[..., channel][seen[..., channel]]
        assert (measured.mean(), measured.std()) == pytest.approx((0, 1), abs=1e-3)


def test_series_on_another_grid_are_refused() -> None:
    train = make(40)
    assert train.series is not None
    shorter = replace(train, series=replace(train.series, values=train.series.values[:, :6], times=np.arange(6.0)))
    with pytest.raises(Refused, match="6 steps"):
        fit(train).inputs(shorter)


def test_note_fields_stand_apart_and_padding_is_marked() -> None:
    train = cohort(text={"a": ["fever", "", "fever cough"], "b": ["cough", "cough", ""]})
    text = fit(train).inputs(train).text
    assert text is not None
    first = text.fields[0].tolist()
    words = [field for field in first if field]
    assert words == sorted(words)
    assert set(words) == {1, 2}
    gap = first[first.index(1) : first.index(2)]
    assert gap.count(0) == 2
    assert set(text.fields[1].tolist()) == {0, 2}
    assert ((text.tokens == 0) == (text.fields == 0)).all()
    assert (text.vectors[0] == 0).all()


def test_a_long_note_loses_its_end_not_the_short_one() -> None:
    train = cohort(text={"long": ["fever " * 1000], "short": ["cough today"]})
    text = fit(train).inputs(train).text
    assert text is not None
    counts = torch.bincount(text.fields.flatten().long())
    assert counts[1:].sum() == LENGTH
    alone = cohort(text={"short": ["cough today"]})
    short = fit(alone).inputs(alone).text
    assert short is not None
    assert counts[2] == short.tokens.shape[1]


def test_a_batch_carries_no_padding_that_none_of_its_cases_needs() -> None:
    train = cohort(text={"a": ["fever " * 40, "fever", "", "fever cough"]})
    text = fit(train).inputs(train).text
    assert text is not None
    assert text.rows(torch.tensor([1, 2])).tokens.shape[1] < text.rows(torch.tensor([1, 3])).tokens.shape[1] < 40
    assert text.rows(torch.tensor([2])).tokens.shape == (1, 1)


def test_token_vectors_keep_what_the_table_tells_apart_most() -> None:
    table = token_table()
    assert table.shape[1] == WIDTH
    assert (table**2).mean() == pytest.approx(1, rel=1e-4)
    covariance = np.cov(table.T)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3 * covariance.max()
    assert (np.diff(np.diag(covariance)) < 1e-6).all()


def test_unknown_labels_are_masked() -> None:
    found = labels(make(60, unknown=0.5), ("o2", "o0"))
    frame = make(60, unknown=0.5).outcomes[["o2", "o0"]].to_numpy()
    assert np.array_equal(found.known.numpy(), ~np.isnan(frame))
    assert np.array_equal(found.y.numpy(), np.nan_to_num(frame))


def test_a_train_without_any_input_is_named() -> None:
    with pytest.raises(ValueError, match="no input at all"):
        fit(cohort(tabular={"x": [np.nan, np.nan]}))


def test_no_note_of_the_surgical_cohort_is_cut() -> None:
    """Trees read whole notes; networks that read less would be compared on less."""
    text = datasets.load("surgical", Path(), patients=400).text
    assert text is not None
    lengths = sum(np.array([len(ids) for ids in token_ids(text[field].tolist())]) for field in text)
    assert lengths.max() > 400
    assert lengths.max() + GAP <= LENGTH


def test_a_whole_note_is_read_as_trees_read_it() -> None:
    from methods.columns.text import fit_text

    cohort = make(200)
    fitted = fit_preprocessing(cohort, {})
    inputs = fitted.inputs(cohort).document
    plain = fit_text("marked", cohort.text["note"].tolist(), rank=RANK).transform(cohort.text["note"].tolist())
    seen = ~np.isnan(plain).any(axis=1)
    assert inputs.present.tolist() == seen.tolist()
    assert not seen.all()
    values = inputs.values[:, :-1].numpy()
    scale = np.sqrt(np.nanmean((plain - np.nanmean(plain, axis=0)) ** 2))
    np.testing.assert_allclose(values[seen], (plain[seen] - np.nanmean(plain, axis=0)) / scale, rtol=1e-4, atol=1e-5)
    assert (values[~seen] == 0).all()
    np.testing.assert_array_equal(inputs.values[:, -1].numpy(), seen)


def test_what_a_note_of_another_case_says_changes_no_document() -> None:
    cohort = make(200)
    fitted = fit_preprocessing(cohort, {})
    alone = fitted.document.inputs(cohort.take([7]))
    among = fitted.document.inputs(cohort)
    assert torch.equal(alone.values[0], among.values[7])

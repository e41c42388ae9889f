from typing import Any

import numpy as np
import pandas as pd
import pytest

from datasets import Card, Cohort, Refused, Series
from methods import words
from methods.columns import TEXT_CHOICES, Columns, Matrix, fit_columns, fit_matrix
from methods.columns.series import SUMMARIES, summarised

CARD = Card("small", "", "", "", "", "", {"a": ""})
NAN = np.nan
NOTES = (
    "open hernia repair",
    "gastric cancer surgery",
    "open gastric surgery",
    "hernia repair",
    "cancer of the lung",
    "lung repair",
)


def cohort(n: int = 40, seed: int = 0, notes: tuple[str, ...] = NOTES, levels: tuple[str, ...] = ("u", "v")) -> Cohort:
    rng = np.random.default_rng(seed)
    x = rng.normal(5, 3, n).astype(np.float32)
    x[rng.random(n) < 0.3] = NAN
    values = rng.normal(size=(n, 4, 2)).astype(np.float32)
    values[rng.random(values.shape) < 0.4] = NAN
    return Cohort(
        card=CARD,
        patient=np.arange(n),
        outcomes=pd.DataFrame({"a": (rng.random(n) < 0.4).astype(np.float32)}),
        tabular=pd.DataFrame(
            {"x": x, "flag": rng.random(n) < 0.5, "kind": pd.Categorical(rng.choice(levels, n)), "same": np.ones(n, np.float32)}
        ),
        text=pd.DataFrame({"note": rng.choice(notes, n)}),
        series=Series(values, ("hr", "bp"), ("1/min", "mmHg"), np.array([0.0, 1, 2, 4])),
    )


def fitted(train: Cohort, text: str = "tfidf") -> tuple[Columns, Matrix]:
    shared: dict[Any, Any] = {}
    found = fit_columns(train, text, shared)
    return found, fit_matrix(found, train, shared)


def bits(frame: pd.DataFrame) -> bytes:
    return b"".join(
        (frame[name].cat.codes if isinstance(frame[name].dtype, pd.CategoricalDtype) else frame[name]).to_numpy().tobytes()
        for name in frame
    )


def test_summaries_of_a_channel_worked_by_hand() -> None:
    values = np.array([[[NAN], [2], [4], [NAN], [12]], [[NAN]] * 5, [[NAN], [3], [NAN], [NAN], [NAN]]], dtype=np.float32)
    found = summarised(Series(values, ("hr",), ("1/min",), np.array([0.0, 1, 2, 3, 4])))
    expected = pd.DataFrame(
        [
            # times 1, 2, 4 about 7/3; values 2, 4, 12 about 6: slope = (4/3·4 + 1/3·2 + 5/3·6) / (16/9 + 1/9 + 25/9)
            [3, 6, np.sqrt((16 + 4 + 36) / 3), 2, 12, 2, 12, 16 / (42 / 9), 0],
            [NAN] * 9,
            [1, 3, 0, 3, 3, 3, 3, NAN, 3],
        ],
        columns=[f"hr.{name}" for name in SUMMARIES],
        dtype=np.float32,
    )
    pd.testing.assert_frame_equal(found, expected, rtol=1e-6)


def test_a_channel_without_a_measurement_counts_zero_where_another_has_some() -> None:
    values = np.array([[[1, NAN], [2, NAN]]], dtype=np.float32)
    found = summarised(Series(values, ("hr", "bp"), ("1/min", "mmHg"), np.arange(2.0))).iloc[0]
    assert found["bp.count"] == 0
    assert found.drop("bp.count").filter(like="bp.").isna().all()
    assert found["hr.slope"] == 1


def test_the_frame_keeps_gaps_and_categories() -> None:
    train = cohort()
    frame = fitted(train)[0].frame(train)
    assert train.tabular is not None
    np.testing.assert_array_equal(frame["tabular.x"], train.tabular["x"])
    assert isinstance(frame["tabular.kind"].dtype, pd.CategoricalDtype)
    assert frame["tabular.kind"].astype(str).tolist() == train.tabular["kind"].astype(str).tolist()
    assert (frame.drop(columns="tabular.kind").dtypes == np.float32).all()
    assert {name.split(".")[0] for name in frame} == {"tabular", "series", "text"}


@pytest.mark.parametrize("text", TEXT_CHOICES)
def test_columns_are_fitted_on_train_alone(text: str) -> None:
    train, other = cohort(), cohort(30, seed=5, notes=("words never met before", "gastric"), levels=("u", "w"))
    alone, met = fitted(train, text), fitted(train, text)
    met[1].rows(other)
    probe = cohort(20, seed=9)
    assert bits(met[0].frame(probe)) == bits(alone[0].frame(probe))
    np.testing.assert_array_equal(met[1].rows(probe), alone[1].rows(probe))
    # The standardised numbers have mean 0 and spread 1 on train, and so they have not on cases that fitting did not see.
    numbers = alone[1].rows(train)[:, : len(alone[1].numeric)]
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(numbers.std(axis=0), 1, atol=1e-9)
    assert abs(alone[1].rows(probe)[:, : len(alone[1].numeric)].mean(axis=0)).max() > 0.01


@pytest.mark.parametrize("text", TEXT_CHOICES)
def test_a_row_does_not_depend_on_the_others(text: str) -> None:
    columns, matrix = fitted(cohort(), text)
    probe = cohort(25, seed=3, notes=(*NOTES, "", "unheard of"))
    whole, rows = columns.frame(probe), matrix.rows(probe)
    for i in (0, 7, 24):
        one = probe.take([i])
        assert bits(columns.frame(one)) == bits(whole.iloc[[i]])
        np.testing.assert_array_equal(matrix.rows(one), rows[[i]])


def test_a_category_unseen_in_train_is_missing() -> None:
    columns, matrix = fitted(cohort())
    probe = cohort(levels=("w",))
    assert columns.frame(probe)["tabular.kind"].isna().all()
    assert list(columns.frame(probe)["tabular.kind"].cat.categories) == ["u", "v"]
    assert (matrix.rows(probe)[:, -2:] == 0).all()
    assert (matrix.rows(cohort())[:, -2:].sum(axis=1) == 1).all()


@pytest.mark.parametrize("text", TEXT_CHOICES)
def test_an_empty_text_is_missing_and_not_zero(text: str) -> None:
    columns, matrix = fitted(cohort(notes=(*NOTES, "")), text)
    frame = columns.frame(cohort(notes=("", " \n"))).filter(like="text.")
    assert frame.shape[1] > 0
    assert frame.isna().all(axis=None)
    assert not np.isnan(matrix.rows(cohort(notes=("",)))).any()


@pytest.mark.parametrize("text", TEXT_CHOICES)
@pytest.mark.parametrize("notes", [("",), ("\u200b",), ("one",), ("!",)])
def test_notes_that_hold_next_to_nothing_are_no_trouble(text: str, notes: tuple[str, ...]) -> None:
    train = cohort(notes=notes)
    columns, matrix = fitted(train, text)
    assert len(columns.frame(cohort(8, seed=2))) == 8
    assert not np.isnan(matrix.rows(cohort(8, seed=2))).any()


def test_pooled_columns_keep_the_distances_of_the_token_vectors() -> None:
    train = cohort()
    frame = fitted(train, "pooled")[0].frame(train).filter(like="text.").to_numpy(dtype=np.float64)
    assert train.text is not None
    vectors = words.pooled(train.text["note"].tolist()).astype(np.float64)
    # Six notes span five directions at most, so nothing is lost between them.
    np.testing.assert_allclose(np.linalg.norm(frame - frame[0], axis=1), np.linalg.norm(vectors - vectors[0], axis=1), atol=1e-5)


@pytest.mark.parametrize("text", TEXT_CHOICES)
def test_rounding_does_not_become_a_column(text: str) -> None:
    # Six notes differ along six directions at most, however many columns a text may have.
    assert fitted(cohort(), text)[0].frame(cohort()).filter(like="text.").shape[1] <= len(NOTES)


@pytest.mark.parametrize("text", TEXT_CHOICES)
def test_different_notes_get_different_columns_and_equal_ones_equal(text: str) -> None:
    train = cohort()
    frame = fitted(train, text)[0].frame(train).filter(like="text.")
    assert train.text is not None
    assert len(frame.round(5).drop_duplicates()) == len(NOTES)
    assert len(pd.concat([frame, train.text], axis=1).drop_duplicates()) == len(NOTES)


@pytest.mark.parametrize("modality", ["tabular", "text", "series"])
def test_an_absent_modality_is_missing(modality: str) -> None:
    train = cohort()
    columns, matrix = fitted(train)
    frame = columns.frame(cohort(seed=1).without(modality))
    assert list(frame) == list(columns.frame(train))
    assert (frame.dtypes == columns.frame(train).dtypes).all()
    assert frame.filter(like=f"{modality}.").isna().all(axis=None)
    assert not np.isnan(matrix.rows(cohort(seed=1).without(modality))).any()
    bare, narrow = fitted(train.without(modality))
    assert not [name for name in bare.frame(train) if name.startswith(modality)]
    assert narrow.rows(train).shape[1] < matrix.rows(train).shape[1]


def test_the_matrix_marks_gaps_and_fills_them_with_the_median() -> None:
    train = cohort()
    matrix = fitted(train)[1]
    assert train.tabular is not None
    rows, x = matrix.rows(train), train.tabular["x"].to_numpy(dtype=np.float64)
    place, mark = matrix.numeric.index("tabular.x"), len(matrix.numeric) + matrix.gaps.index("tabular.x")
    np.testing.assert_array_equal(rows[:, mark], np.isnan(x))
    back = rows[:, place] * matrix.spread[place] + matrix.mean[place]
    np.testing.assert_allclose(back[np.isnan(x)], np.nanmedian(x))
    assert "tabular.same" not in matrix.numeric
    assert not np.isnan(rows).any()


def test_a_single_wild_value_does_not_flatten_the_column() -> None:
    train = cohort(1000)
    assert train.tabular is not None
    x = train.tabular["x"].fillna(5).to_numpy().copy()
    x[0] = 1e6
    matrix = fitted(Cohort(CARD, train.patient, train.outcomes, train.tabular.assign(x=x)))[1]
    place = matrix.numeric.index("tabular.x")
    assert matrix.spread[place] < 5
    rare = fitted(Cohort(CARD, train.patient, train.outcomes, pd.DataFrame({"rare": np.arange(1000) < 2}, dtype=np.float32)))[1]
    assert (rare.low, rare.high) == (-np.inf, np.inf)
    assert rare.spread == pytest.approx(np.sqrt(0.002 * 0.998))


def test_trials_of_one_cell_share_columns_and_other_trains_do_not() -> None:
    shared: dict[Any, Any] = {}
    train = cohort()
    first = fit_columns(train, "tfidf", shared)
    assert fit_columns(train.only("a"), "tfidf", shared) is first
    assert fit_columns(train.hide_outcomes(), "tfidf", shared) is first
    assert fit_columns(train, "pooled", shared) is not first
    assert fit_columns(train.take(np.arange(20)), "tfidf", shared) is not first
    assert fit_columns(train.without("series"), "tfidf", shared) is not first
    assert fit_columns(train, "tfidf", {}) is not first
    assert fit_matrix(first, train, shared) is fit_matrix(first, train, shared)
    assert first.frame(train) is first.frame(train.only("a"))


def test_an_unknown_text_choice_is_refused() -> None:
    with pytest.raises(Refused, match="text choice 'bert' is not known"):
        fit_columns(cohort(), "bert", {})


def test_tables_of_other_kinds_are_read_too() -> None:
    train = cohort()
    odd = pd.DataFrame(
        {
            7: np.r_[np.inf, np.arange(39.0)],
            "empty": np.full(40, NAN),
            "blank": pd.Categorical([None] * 40, categories=["a"]),
            "whole": pd.array([1, None] * 20, dtype="Int64"),
            "words": pd.array(["a", None] * 20, dtype="string"),
        }
    )
    columns, matrix = fitted(Cohort(CARD, train.patient, train.outcomes, odd, pd.DataFrame({"note": ["one two", None] * 20})))
    frame = columns.frame(Cohort(CARD, train.patient, train.outcomes, odd, pd.DataFrame({"note": ["one two", None] * 20})))
    assert list(frame)[:3] == ["tabular.7", "tabular.whole", "tabular.words"]
    assert frame["tabular.7"].isna().tolist() == [True] + [False] * 39
    assert frame["tabular.words"].isna().tolist() == [False, True] * 20
    assert frame.filter(like="text.").isna().all(axis=1).tolist() == [False, True] * 20
    assert matrix.numeric[0] == "tabular.7"

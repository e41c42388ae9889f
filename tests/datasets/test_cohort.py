import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

from datasets import Card, Cohort, Refused, Series, content_hash
from datasets import cohort as cohorts

CARD = Card("small", "", "", "", "", "", {"a": "", "b": ""})


def cohort(**parts: object) -> Cohort:
    """Five cases of three patients, with all modalities; the last case has none."""
    nan = np.nan
    values = np.full((5, 3, 2), nan, dtype=np.float32)
    values[0, 1, 0], values[2] = 7, 1
    given = {
        "card": CARD,
        "patient": np.array([0, 1, 1, 2, 2]),
        "outcomes": pd.DataFrame({"a": [1, 0, nan, 1, 0], "b": [0, 1, 1, nan, 0]}, dtype=np.float32),
        "tabular": pd.DataFrame({"n": np.array([1, 2, nan, 4, nan], np.float32), "c": pd.Categorical(["u", None, "v", "u", None])}),
        "text": pd.DataFrame({"note": ["one", "", "two", " \n", ""]}),
        "series": Series(values, ("hr", "bp"), ("1/min", "mmHg"), np.arange(3.0)),
        "time": np.arange(5.0),
        "centre": np.array([0, 0, 1, 1, 1]),
    }
    return Cohort(**(given | parts))


def test_take_moves_every_part_together() -> None:
    taken = cohort().take([3, 0, 3])
    assert taken.patient.tolist() == [2, 0, 2]
    assert taken.outcomes["a"].tolist() == [1, 1, 1]
    assert taken.outcomes["b"].isna().tolist() == [True, False, True]
    assert taken.tabular is not None
    assert taken.text is not None
    assert taken.series is not None
    assert taken.time is not None
    assert taken.centre is not None
    assert taken.tabular["n"].tolist() == [4, 1, 4]
    assert taken.tabular["c"].tolist() == ["u", "u", "u"]
    assert taken.tabular.index.tolist() == [0, 1, 2]
    assert taken.text["note"].tolist() == [" \n", "one", " \n"]
    assert np.isnan(taken.series.values[[0, 2]]).all()
    assert taken.series.values[1, 1, 0] == 7
    assert taken.time.tolist() == [3, 0, 3]
    assert taken.centre.tolist() == [1, 0, 1]


def test_take_keeps_absent_modalities_absent_and_may_be_empty() -> None:
    bare = cohort(tabular=None, series=None, time=None, centre=None).take([])
    assert (len(bare), bare.modalities) == (0, ("text",))
    assert len(cohort().take([]).present("series")) == 0


def test_notes_and_series_are_cut_at_the_first_look_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cuts = []
    cut = cohorts._notes_of
    monkeypatch.setattr(cohorts, "_notes_of", lambda text, index: cuts.append(index.tolist()) or cut(text, index))
    taken = cohort().take([4, 2, 0]).take([2, 1])
    others = [taken.only("b"), taken.hide_outcomes(), taken.without("tabular"), taken.missing("series")]
    assert taken.modalities == ("tabular", "text", "series")
    assert len(taken) == 2
    assert cuts == []
    for one in (taken, *others):
        assert one.text is not None
        assert one.text["note"].tolist() == ["one", "two"]
    assert cuts == [[0, 2]]
    assert taken.series is not None
    assert taken.series.values[1].tolist() == [[1, 1]] * 3


def test_taking_does_not_write_through_to_the_whole() -> None:
    whole = cohort()
    before = content_hash(whole)
    part = whole.take([0, 1, 2, 3, 4])
    assert part.series is not None
    part.series.values[:] = 0
    part.patient[:] = 9
    part.outcomes.iloc[:, :] = 0
    assert content_hash(whole) == before


def test_only_keeps_the_asked_outcomes_in_the_asked_order() -> None:
    assert cohort().only("b", "a").outcome_names == ("b", "a")
    assert cohort().only("b").outcomes["b"].tolist()[:3] == [0, 1, 1]
    with pytest.raises(Refused, match="outcome 'c' is not known"):
        cohort().only("a", "c")


def test_hidden_outcomes_leave_no_column() -> None:
    hidden = cohort().hide_outcomes()
    assert hidden.outcomes.shape == (5, 0)
    assert hidden.modalities == ("tabular", "text", "series")


def test_without_removes_modalities_and_refuses_an_unknown_one() -> None:
    assert cohort().without("text", "series").modalities == ("tabular",)
    with pytest.raises(Refused, match="modality 'notes' is not known"):
        cohort().without("notes")


@pytest.mark.parametrize(
    ("modality", "expected"),
    [
        ("tabular", [True, True, True, True, False]),
        ("text", [True, False, True, False, False]),
        ("series", [True, False, True, False, False]),
    ],
)
def test_present_says_which_cases_have_anything(modality: str, expected: list[bool]) -> None:
    assert cohort().present(modality).tolist() == expected
    assert not cohort().without(modality).present(modality).any()


def test_parts_of_different_length_are_refused() -> None:
    with pytest.raises(Refused, match="differ in their number of cases"):
        cohort(time=np.arange(4.0))


def test_series_of_another_shape_or_type_are_refused() -> None:
    with pytest.raises(Refused, match="float32"):
        Series(np.zeros((2, 3, 1)), ("hr",), ("1/min",), np.arange(3.0))
    with pytest.raises(Refused, match="bin times"):
        Series(np.zeros((2, 3, 1), np.float32), ("hr",), ("1/min",), np.arange(4.0))


def test_inputs_key_names_the_inputs_and_not_the_outcomes() -> None:
    whole = cohort()
    key = whole.inputs_key
    assert cohort().inputs_key == key
    assert whole.only("b").inputs_key == key
    assert whole.hide_outcomes().inputs_key == key
    assert cohort(outcomes=whole.outcomes * 0).inputs_key == key
    assert whole.take([0, 1]).only("a").inputs_key == whole.only("b").take([0, 1]).hide_outcomes().inputs_key
    assert pickle.loads(pickle.dumps(whole.take([1]))).inputs_key == whole.take([1]).inputs_key


def test_inputs_key_differs_where_the_inputs_do() -> None:
    whole = cohort()
    assert whole.tabular is not None
    assert whole.text is not None
    assert whole.series is not None
    others = [
        whole,
        whole.take([0, 1]),
        whole.take([1, 0]),
        whole.take([1, 0]).take([1]),
        whole.without("text"),
        whole.without("tabular"),
        whole.without("text", "series"),
        cohort(tabular=whole.tabular.assign(n=0)),
        cohort(tabular=whole.tabular.rename(columns={"n": "m"})),
        cohort(text=whole.text.replace("one", "One")),
        cohort(series=Series(whole.series.values, ("hr", "sp"), ("1/min", "mmHg"), whole.series.times)),
        cohort(series=Series(whole.series.values * 2, ("hr", "bp"), ("1/min", "mmHg"), whole.series.times)),
        cohort(series=Series(whole.series.values, ("hr", "bp"), ("1/min", "mmHg"), whole.series.times * 2)),
    ]
    assert len({other.inputs_key for other in others}) == len(others)


def test_content_hash_sees_every_part() -> None:
    whole = cohort()
    others = [
        whole,
        whole.take([0, 1]),
        whole.only("a"),
        whole.only("b", "a"),
        cohort(outcomes=whole.outcomes.fillna(0)),
        cohort(outcomes=whole.outcomes.set_axis(["a", "c"], axis=1)),
        cohort(patient=np.array([0, 1, 1, 2, 3])),
        cohort(time=np.arange(5.0) * 2),
        cohort(centre=None),
        cohort(text=None),
    ]
    assert len({content_hash(other) for other in others}) == len(others)
    assert content_hash(cohort()) == content_hash(whole)
    assert content_hash(whole.take(np.arange(5))) == content_hash(whole)


def test_take_reads_a_mask_and_refuses_rows_that_are_not_there() -> None:
    assert cohort().take(np.array([True, False, False, True, False])).patient.tolist() == [0, 2]
    for rows in ([5], [-1]):
        with pytest.raises(Refused, match="rows must lie in 0 to 4"):
            cohort().take(rows)
    with pytest.raises(TypeError):
        cohort().take([0.5])


def test_changed_inputs_never_bear_an_old_name() -> None:
    taken = cohort().take([0, 1])
    assert taken.tabular is not None
    altered = dataclasses.replace(taken, tabular=taken.tabular.assign(n=np.float32(9)))
    assert altered.inputs_key != taken.inputs_key


def test_a_column_moved_from_tables_to_text_is_another_cohort() -> None:
    strings = pd.DataFrame({"s": list("abcde")})
    assert content_hash(cohort(tabular=strings, text=None)) != content_hash(cohort(tabular=None, text=strings))


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        (pd.DataFrame({"a": np.array([0, 1, 2, 0, 1], np.float32)}), "float32 of 1, 0 and NaN"),
        (pd.DataFrame({"a": np.array([0, 1, 1, 0, 1.0])}), "float64"),
        (pd.DataFrame(np.zeros((5, 2), np.float32), columns=["a", "a"]), "'a' stands twice"),
    ],
)
def test_outcomes_that_are_none_are_refused(outcomes: pd.DataFrame, words: str) -> None:
    with pytest.raises(Refused, match=words):
        cohort(outcomes=outcomes)


def test_nothing_taken_away_is_the_same_cohort_and_no_note_is_no_text() -> None:
    whole = cohort()
    assert whole.without().inputs_key == whole.inputs_key
    assert cohort(text=pd.DataFrame({"note": ["one", None, np.nan, " ", "x"]})).present("text").tolist() == [1, 0, 0, 0, 1]
    with pytest.raises(Refused, match="modality 'image'"):
        whole.present("image")


@pytest.mark.parametrize("modality", ["tabular", "text", "series"])
def test_a_missing_modality_keeps_its_columns_and_holds_nothing(modality: str) -> None:
    whole = cohort(tabular=cohort().tabular.assign(k=np.arange(5), yes=True))
    gone = whole.missing(modality)
    assert gone.modalities == whole.modalities
    assert not gone.present(modality).any()
    for other in {"tabular", "text", "series"} - {modality}:
        assert np.array_equal(gone.present(other), whole.present(other))
    assert list(gone.tabular) == ["n", "c", "k", "yes"]
    assert [dtype.kind for dtype in gone.tabular.dtypes][:2] == ["f", "O"]
    assert gone.tabular["c"].cat.categories.tolist() == ["u", "v"]
    assert gone.series.values.shape == (5, 3, 2)
    assert gone.text.columns.tolist() == ["note"]
    assert gone.inputs_key != whole.inputs_key
    assert gone.outcomes.equals(whole.outcomes)
    with pytest.raises(Refused, match="modality"):
        whole.missing("notes")

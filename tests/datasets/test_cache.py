"""The local form of a cohort holds the same cohort, is made once, and anew when its source changes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datasets import Card, Cohort, Refused, Series, cache, content_hash
from datasets.cohort import whole
from datasets.registry import _ENTRIES, File, dataset


def cohort(value: float = 1.0) -> Cohort:
    card = Card("toy", "t", "s", "l", "c", "m", {"o": "d"}, ("age",), {"any": ("a", "b")}, True, ("n",), "sex")
    table = pd.DataFrame({"age": np.array([value, np.nan, 3], np.float32), "sex": pd.Categorical(["F", None, "M"])})
    values = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    values[1] = np.nan
    return Cohort(
        card=card,
        patient=np.array([0, 0, 1]),
        outcomes=pd.DataFrame({"o": np.array([1, 0, np.nan], np.float32)}),
        tabular=table,
        text=pd.DataFrame({"note": ["a ü", "", "b"]}),
        series=Series(values, ("hr", "sbp"), ("1/min", "mmHg"), np.array([0.0, 1.0])),
        time=np.array([1.0, 2.0, 3.0]),
        centre=np.array([0, 1, 1]),
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    before = cohort()
    cache.write([before], tmp_path / "toy")
    after = cache.read(tmp_path / "toy")
    assert after.card == before.card
    assert content_hash(after) == content_hash(before) == cache.stored_hash(tmp_path / "toy")
    assert after.inputs_key == before.inputs_key
    assert after.tabular is not None
    assert isinstance(after.tabular["sex"].dtype, pd.CategoricalDtype)
    assert after.series is not None
    assert isinstance(after.series.values, np.memmap)
    pd.testing.assert_frame_equal(after.take([2, 0]).tabular, before.take([2, 0]).tabular)
    assert not any(path.suffix in (".pkl", ".pickle") for path in (tmp_path / "toy").iterdir())


def test_modalities_that_are_not_there_stay_away(tmp_path: Path) -> None:
    bare = cohort().without("text", "series")
    cache.write([bare], tmp_path / "bare")
    assert cache.read(tmp_path / "bare").modalities == ("tabular",)


def test_it_is_made_once_and_anew_when_a_source_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path / "cache"))
    calls = []

    @dataset("toy_file", modalities=("tabular",), card=cohort().card, files=(File("toy/a.csv"),))
    def load(home: Path, plus: float = 0.0) -> Cohort:
        """Toy."""
        calls.append(plus)
        return cohort(float((home / "toy" / "a.csv").read_text()) + plus)

    try:
        (tmp_path / "toy").mkdir()
        (tmp_path / "toy" / "a.csv").write_text("1.5")
        first = cache.prepared("toy_file", tmp_path)
        assert cache.prepared("toy_file", tmp_path) == first
        assert calls == [0.0]
        assert cache.prepared("toy_file", tmp_path, plus=1.0) != first
        (tmp_path / "toy" / "a.csv").write_text("17.5")
        second = cache.prepared("toy_file", tmp_path)
        assert second != first
        assert cache.stored_hash(second) != cache.stored_hash(first)
        with pytest.raises(Refused, match="'pluss' is not known"):
            cache.prepared("toy_file", tmp_path, pluss=1.0)
    finally:
        del _ENTRIES["toy_file"]


def test_pieces_make_the_same_local_form_as_the_whole(tmp_path: Path) -> None:
    before = replace(cohort(), official=np.array([False, True, False]), reference=pd.DataFrame({"saps": np.ones(3, np.float32)}))
    cache.write([before], tmp_path / "one")
    cache.write((before.take([row]) for row in range(3)), tmp_path / "many")
    one, many = (cache.read(tmp_path / name) for name in ("one", "many"))
    assert content_hash(one) == content_hash(many) == content_hash(before)
    assert cache.stored_hash(tmp_path / "one") == cache.stored_hash(tmp_path / "many") == content_hash(before)
    assert one.inputs_key == many.inputs_key == before.inputs_key
    for part in ("tabular", "text", "outcomes", "reference"):
        pd.testing.assert_frame_equal(getattr(one, part), getattr(many, part))
    assert many.series is not None
    np.testing.assert_array_equal(many.series.values, before.series.values)
    assert content_hash(whole(before.take([row]) for row in range(3))) == content_hash(before)


def test_a_card_of_before_is_read_and_names_no_procedure(tmp_path: Path) -> None:
    cache.write([cohort()], tmp_path / "toy")
    meta = json.loads((tmp_path / "toy" / "meta.json").read_text())
    del meta["card"]["procedure"]
    (tmp_path / "toy" / "meta.json").write_text(json.dumps(meta))
    assert cache.read(tmp_path / "toy").card == replace(cohort().card, procedure=None)


def test_what_the_card_names_is_no_part_of_the_content() -> None:
    other = replace(cohort(), card=replace(cohort().card, procedure=None))
    assert (content_hash(other), other.inputs_key) == (content_hash(cohort()), cohort().inputs_key)


def test_a_loader_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[Cohort]:
        yield cohort()
        raise Refused("no more")

    with pytest.raises(Refused, match="no more"):
        cache.write(broken(), tmp_path / "toy")
    with pytest.raises(Refused, match="without a single case"):
        cache.write([], tmp_path / "toy")
    assert not list(tmp_path.iterdir())


def test_whatever_differs_in_content_differs_in_its_hash() -> None:
    base = replace(cohort(), official=np.array([False, True, False]))
    assert base.series is not None
    others = [
        cohort(),
        cohort(2.0),
        replace(base, patient=np.array([0, 1, 1])),
        replace(base, official=np.array([True, True, False])),
        replace(base, outcomes=base.outcomes.rename(columns={"o": "q"})),
        replace(base, series=replace(base.series, units=("1/min", "kPa"))),
        base.take([1, 0, 2]),
        base.without("text"),
    ]
    assert len({content_hash(c) for c in [base, *others]}) == 1 + len(others)

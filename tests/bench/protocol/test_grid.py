"""Grids of datasets: what a study file may cross, what it refuses, how patients and known outcomes are cut."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.protocol.crossed import crossed, point_label
from bench.protocol.labels import DatasetLabel, Point
from bench.protocol.plan import plan
from bench.protocol.prepared import prepare
from bench.protocol.seeds import seed
from bench.protocol.select import expand
from bench.protocol.split import Split, subsample
from bench.protocol.study import Study, read_study
from bench.running.precision import kept, rounded
from bench.running.thinned import thinned
from datasets import Card, Cohort, Refused

GRID = "grid = {conflict = [0.0, 1.0], common = [0.5], patients = [900, 1200], replicate = [0, 1]}"
SIZE = "set = {patients = 1300, test_patients = 700}"


def written(folder: Path, datasets: str, protocol: str = 'split = "official"\ntrials = 1') -> str:
    path = folder / "mine.toml"
    path.write_text(f'extends = "quick"\nmethods = ["procedure_rate"]\ndatasets = [{datasets}]\n[protocol]\n{protocol}\n')
    return str(path)


def entry(*parts: str) -> str:
    return "{" + ", ".join(('label = "g"', 'name = "surgical"', *parts)) + "}"


def small(**parts: Any) -> Cohort:
    """20 cases of train and chosen, 12 of an own test set; `y` of each."""
    y = np.tile([1.0, 0.0, 0.0, 0.0], 8).astype(np.float32)
    card = Card("x", "x", "x", "x", "x", "x", {"a": "a", "b": "b"})
    outcomes = pd.DataFrame({"a": y, "b": y[::-1].copy()})
    return Cohort(card, np.arange(32), outcomes, **parts)


def test_a_grid_is_a_dataset_a_point_with_readable_labels(tmp_path: Path) -> None:
    points = read_study(written(tmp_path, entry(GRID, SIZE))).datasets
    assert len(points) == 8
    assert points[0].label == "g-common_0.5-conflict_0-patients_900-replicate_0"
    assert all(isinstance(point, Point) and point.entry == "g" for point in points)
    assert points[-1].set == {"patients": 1300, "test_patients": 700, "conflict": 1.0, "common": 0.5, "replicate": 1}
    assert (points[-1].patients, points[-1].known) == (1200, None)


def test_the_order_of_lists_and_keys_changes_no_point(tmp_path: Path) -> None:
    turned = "grid = {replicate = [1, 0], patients = [1200, 900], common = [0.5], conflict = [1.0, 0.0]}"
    one = read_study(written(tmp_path, entry(GRID, SIZE))).datasets
    other = read_study(written(tmp_path, entry(turned, SIZE))).datasets
    assert {point.label: point for point in one} == {point.label: point for point in other}
    assert [point.label for point in one] != [point.label for point in other]


def test_equal_numbers_have_one_label() -> None:
    assert point_label("g", {"b": 1, "a": 0.0}) == point_label("g", {"a": 0, "b": 1.0}) == "g-a_0-b_1"
    assert len(list(crossed({"a": [1, 2, 3], "b": [True, False]}))) == 6


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ("grid = {conflict = []}", ("datasets.0.grid", "conflict needs a list")),
        ("grid = {conflict = 0.5}", ("datasets.0.grid", "conflict needs a list of values")),
        ("grid = {conflict = [0.5, 0.5]}", ("conflict = 0.5 stands twice",)),
        ("grid = {conflict = [1, 1.0]}", ("conflict = 1 stands twice",)),
        ("grid = {conflict = [[1]]}", ("cannot be crossed",)),
        ("grid = {conflict = [nan]}", ("cannot be crossed",)),
        ("grid = {patients = [10]}", ("patients = 10", "whole numbers from 50")),
        ("grid = {patients = [100.0]}", ("patients = 100.0",)),
        ("grid = {known = [0]}", ("known = 0", "above 0")),
        ("grid = {known = [1.5]}", ("known = 1.5", "at most 1")),
        ("grid = {known = [0.5]}, known = 0.5", ("known stands in grid and beside it",)),
        ("grid = {common = [0.5]}, set = {common = 0.5}", ("common stands in grid and beside it",)),
        ('grid = {kind = ["../x"]}', ("cannot name a folder",)),
        ("known = 0.0", ("datasets.0.known", "greater than 0")),
        ("patients = 3", ("datasets.0.patients", "greater than or equal to 50")),
        ("patients = [1000]", ("datasets.0.patients", "valid integer")),
        ("gird = {conflict = [1]}", ("datasets.0: key 'gird'", "Did you mean 'grid'")),
        (f"grid = {{conflict = {list(range(40))}, common = {list(range(40))}}}", ("over 1000 points",)),
    ],
)
def test_what_cannot_be_crossed_is_named(tmp_path: Path, parts: str, words: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refusal:
        read_study(written(tmp_path, entry(parts)))
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ("grid = {conflct = [0.5]}", "'g': grid: setting 'conflct' is not known. Did you mean 'conflict'.*known, patients"),
        ('grid = {conflict = ["high"]}', "'g': grid: conflict: found 'high'; allowed is a number, such as 1.0"),
        ("grid = {conflict = [true]}", "'g': grid: conflict: found True; allowed is a number"),
        ("grid = {replicate = [0.5]}", "'g': grid: replicate: found 0.5; allowed is a whole number"),
        ("grid = {conflict = [0.5, 2.0]}", r"conflict must lie in \[0, 1\], found 2.0"),
        ('set = {patients = "all"}', "'g': set: patients: found 'all'"),
        ("set = {patiens = 3}", "'g': set: setting 'patiens' is not known. Did you mean 'patients'"),
    ],
)
def test_settings_that_a_world_does_not_take_are_refused_before_any_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: str, words: str
) -> None:
    def made(*_: Any, **__: Any) -> None:
        raise AssertionError("a cohort was made")

    monkeypatch.setattr("bench.protocol.prepared.cache.prepared", made)
    study = read_study(written(tmp_path, entry(parts)))
    with pytest.raises(Refused, match=words):
        plan(study, expand(study.methods), tmp_path, tmp_path / "results", [])


def test_two_entries_may_not_share_a_point(tmp_path: Path) -> None:
    twice = f"{entry(GRID, SIZE)}, {entry('grid = {conflict = [0.0], common = [0.5], patients = [900], replicate = [0]}', SIZE)}"
    with pytest.raises(Refused, match=r"'g-common_0\.5-conflict_0-patients_900-replicate_0' stands twice"):
        read_study(written(tmp_path, twice))


def test_defaults_may_be_left_away_in_grids_alone(tmp_path: Path) -> None:
    protocol = 'split = "official"\ndefaults = false\nprecision = "half"'
    said = read_study(written(tmp_path, entry(GRID, SIZE), protocol)).protocol.said()
    assert (said["defaults"], said["precision"]) == (False, "half")
    # What a study does not ask for is in no key.
    assert not {"defaults", "precision"} & set(read_study("quick").protocol.said())
    with pytest.raises(Refused, match=r"protocol\.defaults = false: allowed where every dataset has a grid"):
        read_study(written(tmp_path, entry(SIZE), protocol))


def ready(study: Study, label: DatasetLabel, tmp_path: Path) -> pd.Series:
    return prepare(study, label, tmp_path).sides.groupby("side").size()


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.mark.usefixtures("cache")
def test_patients_are_those_that_train_and_choose_and_all_others_test(tmp_path: Path) -> None:
    study = read_study(written(tmp_path, entry(SIZE, "patients = 900")))
    assert ready(study, study.datasets[0], tmp_path).to_dict() == {"test": 700, "train": 675, "valid": 225}
    # The entry's own number goes before the protocol's (quick: 3,000), and without a split of that kind it counts all.
    study = read_study(written(tmp_path, entry(SIZE, "patients = 1500"), "trials = 1"))
    assert ready(study, study.datasets[0], tmp_path).sum() == 1500


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    ("patients", "words"),
    [
        (1301, r"it has 1,300 patients beside those that are kept for testing"),
        (200, r"patients = 200 leaves . cases of the rarer class"),
    ],
)
def test_a_number_of_patients_that_cannot_be_had_is_refused(tmp_path: Path, patients: int, words: str) -> None:
    study = read_study(written(tmp_path, entry(SIZE, f"patients = {patients}")))
    with pytest.raises(Refused, match=words):
        prepare(study, study.datasets[0], tmp_path)


@pytest.mark.usefixtures("cache")
def test_a_plan_says_where_its_dataset_lies_and_keys_hang_on_the_point_alone(tmp_path: Path) -> None:
    from bench.disk import read_json

    def keys(grid: str, results: str) -> dict[str, str]:
        study = read_study(written(tmp_path, entry(grid, SIZE)))
        plans = plan(study, expand(study.methods), tmp_path, tmp_path / results, [])
        assert len(plans) == 4
        return {dataset.label.label: dataset.cells[0].key for dataset in plans}

    one = keys("grid = {known = [1.0, 0.5], patients = [1000, 1200]}", "one")
    other = keys("grid = {patients = [1200, 1000], known = [0.5, 1.0]}", "other")
    assert one == other
    assert len(set(one.values())) == 4
    folder = tmp_path / "one" / "mine" / "g-known_0.5-patients_1000"
    found = read_json(folder / "plan.json")
    assert found["grid"] == {"label": "g", "axes": {"known": 0.5, "patients": 1000}, "draw": 0}
    assert found["known"] == 0.5
    assert found["taken"] == "1,700 of 2,000 cases; 50 % of the known outcomes are left on the train side"
    whole = read_json(folder.with_name("g-known_1-patients_1000") / "plan.json")
    assert "known" not in whole


def test_an_official_subsample_keeps_every_test_case() -> None:
    official = np.arange(32) >= 20
    cohort = small(official=official)
    rows = subsample(cohort, 12, 0, "d", "official")
    assert list(rows[rows >= 20]) == list(range(20, 32))
    assert (rows < 20).sum() == 12
    assert list(subsample(cohort, 100, 0, "d", "official")) == list(range(32))
    sides = Split("official").sides(cohort.take(rows), "d")
    assert (sides["side"] == "test").sum() == 12


@pytest.mark.parametrize("share", [1.0, 0.5, 0.2, 0.1])
def test_thinning_keeps_exactly_the_share_of_each_class(share: float) -> None:
    rng = np.random.default_rng(0)
    y = (rng.random((1000, 2)) < [0.3, 0.02]).astype(np.float32)
    y[:100, 0] = np.nan
    card = Card("x", "x", "x", "x", "x", "x", {"a": "a", "b": "b"})
    cohort = Cohort(card, np.arange(1000), pd.DataFrame(y, columns=["a", "b"]), tabular=pd.DataFrame({"x": np.arange(1000.0)}))
    found = thinned(cohort, share, partial(seed, 0, "d", "", 0))
    for name in ("a", "b"):
        before, after = cohort.outcomes[name].to_numpy(), found.outcomes[name].to_numpy()
        for label in (0, 1):
            many = int((before == label).sum())
            assert (after == label).sum() == min(many, max(5, round(share * many)))
        left = ~np.isnan(after)
        np.testing.assert_array_equal(after[left], before[left])
    assert found.outcomes.dtypes.tolist() == cohort.outcomes.dtypes.tolist()
    assert found.inputs_key == cohort.inputs_key
    again = thinned(cohort, share, partial(seed, 0, "d", "", 0))
    pd.testing.assert_frame_equal(found.outcomes, again.outcomes)
    if share < 1:
        assert not found.outcomes.equals(thinned(cohort, share, partial(seed, 1, "d", "", 0)).outcomes)


def test_all_of_fewer_than_five_positives_stay_known() -> None:
    y = np.zeros(100, dtype=np.float32)
    y[:3] = 1
    card = Card("x", "x", "x", "x", "x", "x", {"a": "a"})
    found = thinned(Cohort(card, np.arange(100), pd.DataFrame({"a": y})), 0.1, lambda _: 7)
    assert (found.outcomes["a"] == 1).sum() == 3
    assert (found.outcomes["a"] == 0).sum() == 10


def test_half_precision_is_that_of_ieee_754_and_full_is_untouched() -> None:
    p = np.concatenate([np.random.default_rng(0).random(5000), [0.0, 1.0, 0.5]])
    p = p[(p == 0) | (p > 1e-4)]
    np.testing.assert_array_equal(rounded(p, 11), p.astype(np.float16).astype(np.float64))
    # Far below what half precision reaches.
    assert rounded(np.array([1e-9]), 11)[0] == pytest.approx(1e-9, rel=2**-11)
    frame = pd.DataFrame({"p": p})
    assert kept(frame, "full") is frame
    np.testing.assert_array_equal(kept(frame, "half")["p"], rounded(p, 11))

"""Records on disk: whole or not at all, torn lines cut, outdated kept aside."""

from pathlib import Path

import pandas as pd
import pytest

from bench.disk import append_line, read_json, read_lines, write_json
from bench.place import CellPlace
from bench.store import PREDICTION_COLUMNS, read_dataset, read_study, study_lock
from datasets import Refused


def frame(p: float = 0.5) -> pd.DataFrame:
    return pd.DataFrame([[0, 0, "test", "o", 0, 1.0, p]], columns=list(PREDICTION_COLUMNS))


def finish(place: CellPlace, key: str, p: float = 0.5) -> None:
    place.begin(key)
    place.finish({"key": key}, frame(p), frame(p))


def test_a_cell_goes_from_new_to_done_and_its_failure_is_forgotten(tmp_path: Path) -> None:
    place = CellPlace(tmp_path, "m", 0)
    assert place.status("k") == "new"
    place.fail({"key": "k", "exception": "E"})
    assert place.status("k") == "failed"
    finish(place, "k")
    assert place.status("k") == "done"
    assert place.status("other") == "outdated"
    assert not place.failed.exists()
    assert not place.partial.exists()
    assert not (place.done / "key").exists()


def test_an_unfinished_cell_is_not_done_and_keeps_its_trials_under_the_same_key_alone(tmp_path: Path) -> None:
    place = CellPlace(tmp_path, "m", 0)
    append_line(place.begin("k") / "trials.jsonl", {"number": 0})
    assert place.status("k") == "new"
    assert read_lines(place.begin("k") / "trials.jsonl") == [{"number": 0}]
    assert read_lines(place.begin("other") / "trials.jsonl") == []


def test_an_outdated_cell_is_kept_aside(tmp_path: Path) -> None:
    place = CellPlace(tmp_path, "m", 0)
    finish(place, "1234567890", 0.1)
    place.set_aside()
    finish(place, "abcdefghij", 0.9)
    kept = pd.read_parquet(place.done.with_name("fold-0.outdated-12345678") / "predictions.parquet")
    assert kept["p"].tolist() == [0.1]
    assert pd.read_parquet(place.done / "predictions.parquet")["p"].tolist() == [0.9]


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    append_line(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"a": 2')
    assert read_lines(path) == [{"a": 1}]
    append_line(path, {"a": 3})
    assert read_lines(path) == [{"a": 1}, {"a": 3}]


def test_json_holds_no_nan_and_a_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert not (tmp_path / "x.json").exists()
    (tmp_path / "y.json").write_text("{")
    with pytest.raises(Refused, match=r"y\.json"):
        read_json(tmp_path / "y.json")
    (tmp_path / "z.json").write_text("[1]")
    with pytest.raises(Refused, match="expected a JSON object, found list"):
        read_json(tmp_path / "z.json")


def test_a_dataset_s_record_tells_done_failed_and_missing(tmp_path: Path) -> None:
    folder = tmp_path / "s" / "d"
    methods = {"a": {"keys": ["k0", "k1"]}, "b": {"keys": ["k2", "k3"]}}
    said = {"protocol": {}, "cohort_hash": "c", "split_hash": "s", "outcomes": ["o"]}
    write_json(folder / "plan.json", {**said, "methods": methods})
    write_json(folder / "cohort.json", {"card": {}})
    finish(CellPlace(folder, "a", 0), "k0")
    finish(CellPlace(folder, "a", 1), "older key")
    CellPlace(folder, "b", 0).fail({"key": "k2", "exception": "E"})
    record = read_dataset(folder)
    assert list(record.cells) == [("a", 0)]
    assert list(record.failed) == [("b", 0)]
    assert set(record.missing) == {("a", 1), ("b", 1)}
    assert [found.name for found in read_study(tmp_path, "s").datasets] == ["d"]
    with pytest.raises(Refused, match="Run it first"):
        read_study(tmp_path, "other")


def test_a_study_is_held_by_one_run_at_a_time(tmp_path: Path) -> None:
    with study_lock(tmp_path, "s"), pytest.raises(Refused, match="being run by another process"), study_lock(tmp_path, "s"):
        pass
    with study_lock(tmp_path, "s"):
        assert (tmp_path / "s").is_dir()

"""What follows from a cohort and a study is found once, and anew wherever it might have become another."""

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.disk import read_json, sealed, sha256
from bench.protocol import remembered as module
from bench.protocol.plan import plan
from bench.protocol.prepared import prepare
from bench.protocol.remembered import Found, remembered
from bench.protocol.select import expand
from bench.protocol.study import read_study
from datasets import cache

SMALL = {"label": "small", "name": "surgical", "set": {"patients": 660}}


@pytest.fixture
def local(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(home))
    return cache.prepared("surgical", home, **SMALL["set"])  # type: ignore[arg-type]


class _Counted:
    """Finds a table, and counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Found:
        self.times += 1
        return Found({"times": "counted"}, {"table": pd.DataFrame({"row": [1, 2], "side": ["train", "test"]})})


def test_it_is_found_once_until_what_decides_it_is_another(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = _Counted()
    first, again = (remembered(local, "it", {"folds": 5}, find) for _ in range(2))
    assert find.times == 1
    assert first.told == again.told
    pd.testing.assert_frame_equal(first.tables["table"], again.tables["table"])
    remembered(local, "it", {"folds": 6}, find)
    assert find.times == 2
    with monkeypatch.context() as other:
        other.setattr(module, "_code", lambda: "of another version")
        remembered(local, "it", {"folds": 5}, find)
    assert find.times == 3
    meta = local / "meta.json"
    meta.write_text(json.dumps(read_json(meta) | {"hash": "of another cohort"}))
    remembered(local, "it", {"folds": 5}, find)
    assert find.times == 4


def test_what_is_not_as_it_was_written_is_found_anew(local: Path) -> None:
    find = _Counted()
    remembered(local, "it", {}, find)
    (folder,) = (local / module.FOLDER).glob("it-*")
    told, table = folder / "told.json", folder / "table.parquet"
    for damage in (
        lambda: table.write_bytes(table.read_bytes()[:-1]),
        table.unlink,
        lambda: told.write_text(told.read_text().replace("counted", "altered")),
        lambda: told.write_text("{"),
    ):
        before = find.times
        damage()
        assert remembered(local, "it", {}, find).told == {"times": "counted"}
        assert find.times == before + 1
        remembered(local, "it", {}, find)
        assert find.times == before + 1


def test_a_kept_split_is_the_one_that_is_used(local: Path, tmp_path: Path) -> None:
    study = read_study("quick", {"datasets": [SMALL], "folds": 2})
    drawn = prepare(study, study.datasets[0], tmp_path)
    (folder,) = (local / module.FOLDER).glob("split-*")
    marked = drawn.sides.assign(patient=7)
    marked.to_parquet(folder / "sides.parquet", index=False)
    told = read_json(folder / "told.json")
    (folder / "told.json").write_text(json.dumps(sealed(told | {"tables": {"sides": sha256(folder / "sides.parquet")}})))
    assert (prepare(study, study.datasets[0], tmp_path).sides["patient"] == 7).all()


def test_a_plan_is_the_same_file_for_file_whether_drawn_or_read(local: Path, tmp_path: Path) -> None:
    study = read_study("quick", {"datasets": [SMALL], "folds": 2, "methods": ["logistic"]})
    written = []
    for results in (tmp_path / "drawn", tmp_path / "read"):
        plan(study, expand(study.methods), tmp_path, results, [])
        written.append({path.name: path.read_bytes() for path in sorted((results / "quick" / "small").iterdir())})
    assert set(written[0]) == {"cohort.json", "factors.parquet", "groups.parquet", "plan.json", "split.parquet"}
    assert written[0] == written[1]
    assert {path.name.split("-")[0] for path in (local / module.FOLDER).iterdir()} == {"split", "check", "kept"}

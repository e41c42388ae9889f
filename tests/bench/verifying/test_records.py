"""Records: everything that a stored cell can get wrong is named by file and place."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.disk import read_json, write_json
from bench.verifying.records import Records, records
from tests.bench.records import Fake, study


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A study of two methods whose rows and sides are those of a split."""
    study(tmp_path, Fake(skill={"single_task": 1.0, "mmoe": 1.6}, patients=150, seeds=2))
    folder = tmp_path / "invented" / "cohort"
    cell = pd.read_parquet(folder / "mmoe" / "fold-0" / "predictions.parquet")
    used = cell.drop_duplicates("row")[["row", "patient", "side"]]
    train = pd.DataFrame({"row": [5000, 5001], "patient": [5000, 5001], "side": "train"})
    pd.concat([used, train]).assign(fold=0)[["row", "patient", "fold", "side"]].to_parquet(folder / "split.parquet", index=False)
    # The hash of a split as whoever plans a study computes it.
    from bench.protocol.split import split_hash

    plan = read_json(folder / "plan.json")
    write_json(folder / "plan.json", plan | {"split_hash": split_hash(pd.read_parquet(folder / "split.parquet"))})
    return tmp_path / "invented"


def test_records_as_they_should_be(home: Path) -> None:
    told = records(home)
    assert told.findings == []
    assert not told.broken
    assert (told.cells, told.files, told.unhashed, told.unsplit) == (2, 6, 0, [])
    parts = [pd.read_parquet(path) for path in home.glob("cohort/*/fold-0/*.parquet")]
    assert told.predictions == sum(map(len, parts))


PLACE = "cohort/mmoe/fold-0/"
Change = Callable[[pd.DataFrame], pd.DataFrame]


def altered(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    changed = frame.copy()
    changed.loc[row, column] = value
    return changed


CHANGES: dict[str, tuple[Change, str]] = {
    "twice": (lambda f: pd.concat([f, f.tail(1)]), "predict the same case, outcome and seed twice"),
    "high": (lambda f: altered(f, 3, "p", 1.5), "rows 3, column p: 1.5 stands there; allowed is a number from 0 to 1"),
    "nan": (lambda f: altered(f, 4, "p", np.nan), "rows 4, column p: nan"),
    "outcome": (lambda f: altered(f, 5, "y", 2.0), "rows 5, column y"),
    "lacking": (lambda f: f.drop(index=7), "not one a case, outcome and seed"),
    "seeds": (lambda f: f[f["seed"] == 0], "column seed: holds 0; planned are 0, 1"),
    "outcomes": (lambda f: f[f["outcome"] != "icu"], "column outcome: holds any, kidney, pulmonary; planned are any, icu"),
    "patient": (lambda f: f.assign(patient=f["patient"].where(f["row"] != f["row"].iloc[0], 77)), "column patient"),
    "case": (lambda f: f[f["row"] != f["row"].iloc[0]], "1 cases are not those of split.parquet"),
    "side": (lambda f: f.assign(side=f["side"].where(f["row"] != f["row"].iloc[0], "test")), "are not those of split.parquet"),
    "column": (lambda f: f.drop(columns="patient"), "column patient is missing"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_predictions_that_cannot_be_scored_are_named(home: Path, kind: str) -> None:
    change, said = CHANGES[kind]
    path = home / PLACE / "predictions.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)
    told = records(home)
    assert told.broken
    assert any(said in line and "invented/cohort/mmoe/fold-0/predictions.parquet" in line for line in said_of(told))


def said_of(told: Records) -> list[str]:
    return [str(finding) for finding in told.findings]


def test_a_prediction_that_was_altered_betrays_itself_by_its_hash(home: Path) -> None:
    path = home / PLACE / "predictions.parquet"
    altered(pd.read_parquet(path), 3, "p", 0.25).to_parquet(path, index=False)
    told = records(home)
    assert not told.broken
    assert [line.split(":")[0] for line in said_of(told)] == [f"invented/{PLACE}predictions.parquet, SHA-256 in cell.json"]


def test_an_outcome_that_other_methods_do_not_have_is_named(home: Path) -> None:
    path = home / PLACE / "predictions.parquet"
    frame = pd.read_parquet(path)
    first = frame[(frame["side"] == "test") & (frame["outcome"] == "any") & frame["y"].notna()].iloc[0]
    same = (frame["row"] == first["row"]) & (frame["outcome"] == "any")
    frame.loc[same, "y"] = 1 - first["y"]
    frame.to_parquet(path, index=False)
    told = records(home)
    assert told.broken
    assert any(f"row {first['row']}, any, column y: {1 - first['y']:g} stands there" in line for line in said_of(told))


def test_files_that_are_no_tables_lack_or_are_strange_are_named(home: Path) -> None:
    (home / PLACE / "predictions.parquet").write_bytes(b"no table")
    (home / PLACE / "default.parquet").unlink()
    (home / PLACE / "more.json").write_text("{}")
    said = said_of(records(home))
    assert any("predictions.parquet: cannot be read as Parquet" in line for line in said)
    assert any("default.parquet: the file is missing; cell.json names it" in line for line in said)
    assert any("more.json: cell.json does not name this file" in line for line in said)


def test_a_key_that_the_plan_does_not_have_and_a_split_of_another_hash_are_named(home: Path) -> None:
    cell = read_json(home / PLACE / "cell.json")
    write_json(home / PLACE / "cell.json", cell | {"key": "another"})
    split = home / "cohort" / "split.parquet"
    pd.read_parquet(split).replace({"patient": {5001: 5002}}).to_parquet(split, index=False)
    said = said_of(records(home))
    assert f"invented/{PLACE}cell.json, key (plan.json beside it): another stands there; recomputed: {cell['key']}" in said
    assert any(line.startswith("invented/cohort/split.parquet, split hash in plan.json") for line in said)


def test_cells_of_before_hashes_and_datasets_without_a_split_are_counted(home: Path) -> None:
    (home / "cohort" / "split.parquet").unlink()
    path = home / PLACE / "cell.json"
    path.write_text(json.dumps({name: value for name, value in read_json(path).items() if name != "files"}))
    told = records(home)
    assert told.findings == []
    assert (told.cells, told.files, told.unhashed, told.unsplit) == (2, 3, 1, ["cohort"])

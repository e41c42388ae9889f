"""Tables on disk: in less room, and what comes back is what went in."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.compact import write_table
from bench.place import CellPlace
from bench.running.precision import kept
from bench.store import read_dataset
from tests.bench.records import Fake, write_dataset


def predictions(cases: int, seeds: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame(
            {"row": np.arange(cases), "patient": 10**9 + np.arange(cases), "side": "test", "outcome": outcome, "seed": seed}
            | {"y": (rng.random(cases) < 0.1).astype(np.float32), "p": rng.random(cases)}
        )
        for seed in range(seeds)
        for outcome in ("a", "b")
    ]
    found = pd.concat(parts, ignore_index=True)
    found.loc[::7, "y"] = np.nan
    return found


@pytest.mark.parametrize(
    "table",
    [
        predictions(1000),
        predictions(1000).iloc[:0],
        pd.DataFrame({"row": [3, 1], "sex": ["f", None], "whole": [True, False], "x": [np.nan, 0.5]}),
        pd.DataFrame({"row": np.arange(300), "f": np.random.default_rng(1).normal(size=300).astype(np.float32)}),
    ],
)
def test_what_is_written_is_read_again_to_the_bit(tmp_path: Path, table: pd.DataFrame) -> None:
    write_table(tmp_path / "t.parquet", table)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), table.reset_index(drop=True), check_exact=True)


@pytest.mark.parametrize(("precision", "share"), [("full", 0.41), ("half", 0.112)])
def test_predictions_take_less_than_half_of_the_usual_room(tmp_path: Path, precision: str, share: float) -> None:
    table = predictions(20_000)
    table["p"] = 1 / (1 + np.exp(2 - np.random.default_rng(2).normal(size=len(table))))
    table.to_parquet(tmp_path / "usual.parquet", index=False)
    write_table(tmp_path / "ours.parquet", kept(table, precision))
    assert (tmp_path / "ours.parquet").stat().st_size < share * (tmp_path / "usual.parquet").stat().st_size


def test_defaults_that_were_chosen_are_kept_once_and_read_as_ever(tmp_path: Path) -> None:
    write_dataset(tmp_path, "s", "d", Fake(seeds=2))
    folder = tmp_path / "s" / "d"
    before = read_dataset(folder).cells["mmoe", 0]
    place = CellPlace(folder, "mmoe", 0)
    first = before.predictions[before.predictions["seed"] == 0].reset_index(drop=True)
    for name, default in (("same", first), ("other", first.assign(p=0.5)), ("none", None)):
        other = CellPlace(folder, name, 0)
        other.begin(name)
        other.finish({**before.meta}, before.predictions, default)
        place.set_aside() if name == "same" else None
        other.done.rename(place.done)
        found = read_dataset(folder).cells["mmoe", 0]
        pd.testing.assert_frame_equal(found.predictions, before.predictions, check_exact=True)
        if default is None:
            assert found.default.empty
        else:
            pd.testing.assert_frame_equal(found.default, default, check_exact=True)
        stored = place.done / "default.parquet"
        assert (len(pd.read_parquet(stored)) if stored.is_file() else None) == {"same": 0, "other": len(first), "none": None}[name]
        place.set_aside()

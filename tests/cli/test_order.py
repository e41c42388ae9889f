"""In which order the cells of a study are run changes nothing of what they predict."""

from pathlib import Path

import pandas as pd
import pytest

from bench.protocol.plan import plan
from bench.protocol.select import expand
from bench.protocol.study import read_study
from bench.running.cell import run_cell
from tests.cli.conftest import Bench

STUDY = """
extends = "quick"
methods = ["logistic", {label = "network", name = "hard_sharing", set = {d = 16, width = 16, epochs = 2}}]
datasets = [{label = "small", name = "surgical", set = {patients = 900}}]

[protocol]
split = "kfold"
folds = 2
trials = 2
modalities = ["tabular"]
"""


def predictions(home: Path) -> dict[str, pd.DataFrame]:
    files = sorted(home.glob("orders/small/*/fold-*/predictions.parquet"))
    return {file.parent.relative_to(home).as_posix(): pd.read_parquet(file) for file in files}


def test_folds_and_methods_in_another_order_and_in_one_process_predict_the_same(
    bench: Bench, tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "orders.toml").write_text(STUDY)
    bench("run", "orders.toml", "--workers", "1")
    monkeypatch.setenv("CLINICAL_MTL_CACHE", environment["CLINICAL_MTL_CACHE"])
    study = read_study(str(tmp_path / "orders.toml"))
    (made,) = plan(study, expand(study.methods), tmp_path, tmp_path / "other", [])
    for cell in sorted(made.cells, key=lambda cell: (-cell.place.fold, cell.place.method)):
        run_cell(cell, "cpu", lambda _: None)
    one, other = predictions(tmp_path / "results"), predictions(tmp_path / "other")
    assert list(one) == list(other)
    assert len(one) == 4
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[name], check_exact=True)

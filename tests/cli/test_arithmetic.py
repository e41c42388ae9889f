"""run --arithmetic: another cell, other probabilities of networks, said in record, report and comparison."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Bench

STUDY = """
extends = "quick"
datasets = [{label = "small", name = "surgical", set = {patients = 660}}]
methods = [{label = "network", name = "hard_sharing", set = {epochs = 2, d = 32, width = 32, layers = 1}}, "logistic"]

[protocol]
trials = 1
seeds = 1
"""


def told(home: Path, results: str, method: str) -> tuple[dict, pd.DataFrame]:
    folder = home / results / "numbers" / "small" / method / "fold-0"
    return json.loads((folder / "cell.json").read_text()), pd.read_parquet(folder / "predictions.parquet")


@pytest.mark.soak
def test_mixed_makes_other_cells_and_is_told(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "numbers.toml").write_text(STUDY)
    for arithmetic in ("single", "mixed"):
        bench("run", "numbers.toml", "--arithmetic", arithmetic, "--results", arithmetic, "--reports", f"reports-{arithmetic}")
    (single, p), (mixed, q) = (told(tmp_path, results, "network") for results in ("single", "mixed"))
    assert single["key"] != mixed["key"]
    assert ("arithmetic" in single["protocol"], mixed["protocol"]["arithmetic"]) == (False, "mixed")
    assert (single["computed_on"]["arithmetic"], mixed["computed_on"]["arithmetic"]) == ("single", "mixed")
    assert 0 < np.abs(p["p"] - q["p"]).max() < 0.02
    pd.testing.assert_frame_equal(*(told(tmp_path, results, "logistic")[1] for results in ("single", "mixed")))

    for name in ("index.md", "index.html", "small/tripod.md"):
        files = [
            next((tmp_path / f"reports-{arithmetic}" / "numbers").rglob(Path(name).name)) for arithmetic in ("single", "mixed")
        ]
        said = ["bfloat16 for products of matrices" in file.read_text() for file in files]
        assert said == [False, True]
    compared = bench("compare", "single/numbers", "mixed/numbers").stdout
    assert "arithmetic" in compared
    assert "mixed" in compared


@pytest.mark.soak
def test_mixed_is_run_again_as_mixed_and_taken_back_by_a_run_in_single(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "numbers.toml").write_text(STUDY)
    for arithmetic in ("single", "mixed"):
        bench("run", "numbers.toml", "--arithmetic", arithmetic, "--results", arithmetic)
    single = told(tmp_path, "single", "network")[0]
    assert "Equal" in bench("rerun", "mixed/numbers/small/network/fold-0").stdout
    bench("run", "numbers.toml", "--results", "mixed")
    assert told(tmp_path, "mixed", "network")[0]["key"] == single["key"]


@pytest.mark.parametrize("arguments", [("--arithmetic", "half"), ("--arithmetic", "")])
def test_another_name_is_refused(bench: Bench, arguments: tuple[str, ...]) -> None:
    said = bench("run", "quick", *arguments, code=2).stderr
    assert "--arithmetic" in said
    assert "single" in said
    assert "mixed" in said

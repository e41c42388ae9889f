"""A cell run again from its record alone."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import QUICKEST, Bench

PLUGIN = ("--plugin", str(QUICKEST))


def test_a_cell_alone_ends_equal_and_says_what_differs(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), *PLUGIN, "--folds", "2", "--methods", "logistic")
    folder = tmp_path / "results/small/small"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert "Equal: every probability" in bench("rerun", str(folder / "logistic" / "fold-1"), *PLUGIN).stdout
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    cell = folder / "logistic/fold-1"
    table = pd.read_parquet(cell / "predictions.parquet")
    table.loc[table["outcome"] == "pulmonary", "p"] += 1e-9
    table.to_parquet(cell / "predictions.parquet")
    said = bench("rerun", str(cell), *PLUGIN, code=1).stdout
    assert "Differs: pulmonary: probabilities by up to 1e-09" in said
    assert "Differs: any_complication" not in said


@pytest.mark.soak
def test_another_source_or_cohort_is_named(bench: Bench, small: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(QUICKEST.read_text())
    bench("run", str(small), "--plugin", str(own), "--methods", "most_common")
    cell = tmp_path / "results/small/small/most_common/fold-0"
    own.write_text(QUICKEST.read_text().replace("/ 40, 0, 1)", "/ 41, 0, 1)"))
    said = bench("rerun", str(cell), "--plugin", str(own), code=1).stdout
    assert "Not as it was: source" in said
    assert "Differs: pulmonary" in said
    meta = json.loads((cell / "cell.json").read_text())
    meta["origin"]["set"]["patients"] = 700
    (cell / "cell.json").write_text(json.dumps(meta))
    said = bench("rerun", str(cell), *PLUGIN, code=1).stdout
    assert "Not as it was: cohort_hash" in said
    assert "is not run" in said
    del meta["origin"]
    (cell / "cell.json").write_text(json.dumps(meta))
    assert "older version" in bench("rerun", str(cell), *PLUGIN, code=2).stderr
    assert "holds no cell.json" in bench("rerun", str(cell.parent), *PLUGIN, code=2).stderr

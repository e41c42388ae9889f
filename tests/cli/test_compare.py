"""compare: two real runs, names and paths, exit codes, files."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from bench.disk import sealed, write_json
from tests.bench.records import Fake, noisy, study
from tests.cli.conftest import QUICKEST, Bench

FILES = {"compare.md", "setup.csv", "results.csv", "leaders.csv", "verdicts.csv", "cost.csv"}
FAKE = Fake(skill={"single_task": 1.0, "mmoe": 1.6}, patients=300)


@pytest.mark.soak
def test_a_run_can_be_made_again_to_the_bit_and_another_dataset_setting_is_seen(bench: Bench, small: Path, tmp_path: Path) -> None:
    quick = ("run", str(small), "--plugin", str(QUICKEST), "--methods", "most_common", "--trials", "1")
    for home in ("one", "two"):
        bench(*quick, "--results", home)
    same = bench("compare", "one/small", "two/small/", "--strict")
    assert "Equal to the bit: the method (most_common)." in same.stdout
    assert "Strict: set-up and all predictions are equal." in same.stdout
    plan = tmp_path / "two" / "small" / "small" / "plan.json"
    assert json.loads(plan.read_text())["set"] == {"patients": 660}
    write_json(plan, sealed(json.loads(plan.read_text()) | {"set": {"patients": 700}}))
    other = bench("compare", "one/small", "two/small", "--strict", code=1)
    assert "dataset setting patients: 660 → 700" in other.stdout


def test_names_paths_files_and_exit_codes(bench: Bench, tmp_path: Path) -> None:
    study(tmp_path / "results", FAKE, "mine")
    study(tmp_path / "elsewhere", replace(FAKE, change=noisy("mmoe")), "mine")
    shutil.copytree(tmp_path / "results" / "mine", tmp_path / "results" / "again")
    assert "All scores are equal." in bench("compare", "mine", "again", "--strict").stdout
    done = bench("compare", "mine", "elsewhere/mine", "--out", "deep/er")
    assert {path.name for path in (tmp_path / "deep" / "er").iterdir()} == FILES
    assert "Written: deep/er/compare.md" in done.stdout
    table = pd.read_csv(tmp_path / "deep" / "er" / "results.csv").set_index(["method", "outcome", "metric"])
    line = table.loc[("mmoe", "average", "auc")]
    assert line["difference"] == pytest.approx(line["b"] - line["a"], abs=2e-6)
    shown = f"{line['difference']:+.3f} ({line['low']:+.3f}, {line['high']:+.3f})"
    assert shown in done.stdout
    page = (tmp_path / "deep" / "er" / "compare.md").read_text()
    assert f"| mmoe | average | {line['a']:.3f} | {line['b']:.3f} | {shown} |" in page
    strict = bench("compare", "mine", "elsewhere/mine", "--strict", code=1)
    assert "Strict: not equal.\n- cohort: other predictions of mmoe\n" in strict.stdout


def test_refusals(bench: Bench, tmp_path: Path) -> None:
    study(tmp_path / "results", FAKE, "mine")
    unknown = bench("compare", "mine", "yours", code=2).stderr
    assert "no results of study 'yours' in results" in unknown
    assert "the path of its folder" in unknown
    bench("compare", "mine", code=2)
    (tmp_path / "taken").write_text("")
    assert "--out taken: cannot be written" in bench("compare", "mine", "mine", "--out", "taken", code=2).stderr
    (tmp_path / "results" / "mine" / "cohort" / "plan.json").write_text("{")
    assert "cannot be read as JSON" in bench("compare", "mine", "mine", code=2).stderr

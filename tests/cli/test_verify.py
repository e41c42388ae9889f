"""bench verify from the command line: a study of several folds and seeds with all diagnostics, and one altered digit.

Every network costs a process of its own; gains, which take two, are verified on records that nobody ran.
"""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import QUICKEST

TINY = "{d = 8, width = 8, layers = 1, epochs = 2, batch_size = 64}"
STUDY = f"""
methods = [
    {{label = "orthtd", name = "orthtd", set = {TINY}}},
    "needs_table",
]
baseline = "needs_table"
datasets = [{{label = "small", name = "surgical", set = {{patients = 660}}}}]

[protocol]
trials = 1
seeds = 2
folds = 2
gradients_every = 3
diagnostics = "full"

[[published]]
row = "OrthTD"
auc = 0.875
auprc = 0.372
cohort = "12,430 surgical patients"
source = "arXiv 2605.03570"
"""


def bench(home: Path, environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    (folder / "told.toml").write_text(STUDY)
    done = bench(folder, environment, "run", "told.toml", "--plugin", str(QUICKEST))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_number_of_a_study_with_all_diagnostics_is_recomputed(home: Path, environment: dict[str, str]) -> None:
    done = bench(home, environment, "verify", "told.toml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reports/told follows from its records" in done.stdout
    # A table without a verifier, or a column of one, would make another column of the table, and end with 1.
    assert "not checked" not in done.stdout
    assert "carry no hashes" not in done.stdout
    assert "No split.parquet" not in done.stdout
    checked = {
        name: int(count.replace(",", "")) for name, count in re.findall(r"^(\S+\.csv) +([\d,]+) ", done.stdout, re.MULTILINE)
    }
    written = {path.name for path in (home / "reports" / "told").glob("*.csv")}
    assert set(checked) == written
    diagnostics = {"conflict", "gradients", "layers", "affinity", "curvature", "redundancy", "probes", "factors"}
    diagnostics |= {"robustness", "subgroups", "baseline", "published", "calibration_curve", "decisions", "top", "risks"}
    assert all(checked[f"{name}.csv"] > 0 for name in diagnostics)


def test_one_digit_in_a_table_ends_with_1_and_is_named(home: Path, environment: dict[str, str]) -> None:
    path = home / "reports" / "told" / "subgroups.csv"
    before = path.read_text()
    score = pd.read_csv(path, dtype=str)["score"].iloc[0]
    other = score[:-3] + str((int(score[-3]) + 1) % 10) + score[-2:]
    path.write_text(before.replace(f",{score},", f",{other},", 1))
    done = bench(home, environment, "verify", "told", "--quick")
    path.write_text(before)
    assert done.returncode == 1
    assert re.search(
        rf"subgroups.csv, line 2 \(small, .*\), column score: {other} stands there; recomputed: {score}\n", done.stderr
    )
    assert "subgroups.csv, SHA-256 in manifest.json" in done.stderr
    assert "reports/told does not follow from its records: 2 things wrong" in done.stdout


def test_what_is_not_there_is_refused(home: Path, environment: dict[str, str]) -> None:
    done = bench(home, environment, "verify", "told", "--reports", "elsewhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no report in elsewhere/told. Write it first: python -m bench report told" in done.stderr

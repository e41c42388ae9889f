"""Diagnostics from the command line: what a cell keeps beyond its predictions, and that keeping it changes none of them."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bench.disk import read_lines
from tests.cli.conftest import QUICKEST

TINY = "{d = 8, width = 8, layers = 1, epochs = 2, batch_size = 64}"
STUDY = f"""
methods = [
    {{label = "orthtd", name = "orthtd", set = {TINY}}},
    {{label = "pcgrad", name = "pcgrad", set = {TINY}}},
    "logistic", "most_common", "needs_table",
]
datasets = [{{label = "small", name = "surgical", set = {{patients = 660}}}}]

[protocol]
trials = 1
seeds = 1
gradients_every = 3
"""
LEVELS = ("none", "plain", "full")
# Those that are run at every level; the others at `plain` alone.
METHODS = ("orthtd", "logistic")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """The study at each level of diagnostics: results under its name, reports under `reports-` and its name."""
    folder = tmp_path_factory.mktemp("diagnostics")
    (folder / "told.toml").write_text(STUDY)
    for level in LEVELS:
        command = [sys.executable, "-m", "bench", "run", "told.toml", "--plugin", str(QUICKEST), "--diagnostics", level]
        command += ["--results", level, "--reports", f"reports-{level}"]
        command += [] if level == "plain" else ["--methods", ",".join(METHODS)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def cell(home: Path, level: str, method: str) -> Path:
    return home / level / "told" / "small" / method / "fold-0"


@pytest.mark.parametrize("method", METHODS)
def test_no_level_of_diagnostics_changes_a_prediction(home: Path, method: str) -> None:
    none, *others = [pd.read_parquet(cell(home, level, method) / "predictions.parquet") for level in LEVELS]
    for other in others:
        pd.testing.assert_frame_equal(none, other, check_exact=True)
    assert not (cell(home, "none", method) / "missing.parquet").exists()
    assert not (cell(home, "none", method) / "diagnosed.json").exists()


def test_what_a_method_says_without_a_modality_is_kept(home: Path) -> None:
    test = pd.read_parquet(cell(home, "plain", "orthtd") / "predictions.parquet").query("side == 'test'")
    for method in ("orthtd", "logistic"):
        missing = pd.read_parquet(cell(home, "plain", method) / "missing.parquet")
        assert set(missing["missing"]) == {"tabular", "text", "series"}
        assert len(missing) == 3 * len(test)
        assert missing["p"].between(0, 1).all()
        assert not missing.duplicated(["row", "missing", "outcome", "seed"]).any()
    assert pd.read_parquet(cell(home, "plain", "most_common") / "missing.parquet").empty


def test_a_method_that_cannot_do_without_a_modality_is_done_and_said_so(home: Path) -> None:
    assert json.loads((cell(home, "plain", "needs_table") / "diagnosed.json").read_text())["unable"] == {"tabular": "LookupError"}
    assert set(pd.read_parquet(cell(home, "plain", "needs_table") / "missing.parquet")["missing"]) == {"text"}
    assert "needs_table cannot predict without tabular (LookupError)" in (home / "reports-plain/told/index.md").read_text()


def test_gradients_are_logged_every_so_many_steps_of_the_final_fits(home: Path) -> None:
    for method, level in (("orthtd", "plain"), ("pcgrad", "plain"), ("orthtd", "full")):
        lines = [line for line in read_lines(cell(home, level, method) / "log.jsonl") if line["kind"] == "gradients"]
        assert lines
        assert all(line["step"] % 3 == 0 for line in lines)
        assert all(("affinity" in line) == (level == "full") for line in lines)
    assert {line["kind"] for line in read_lines(cell(home, "none", "orthtd") / "log.jsonl")} == {"epoch"}


def test_the_true_factors_are_read_from_every_part(home: Path) -> None:
    found = json.loads((cell(home, "plain", "orthtd") / "diagnosed.json").read_text())
    outcomes = json.loads((home / "plain/told/small/plan.json").read_text())["outcomes"]
    parts = {"shared", *(f"specific/{outcome}" for outcome in outcomes)}
    assert {line["part"] for line in found["probes"]} == {line["part"] for line in found["factors"]} == parts
    assert len({line["factor"] for line in found["factors"]}) == 8
    assert all(line["r2"] <= 1 for line in found["factors"])
    used = pd.read_parquet(home / "plain/told/small/split.parquet")["row"]
    for name in ("factors", "groups"):
        assert set(pd.read_parquet(home / f"plain/told/small/{name}.parquet")["row"]) == set(used)


def test_the_report_tells_what_was_logged_and_no_more(home: Path) -> None:
    plain, full, none = ((home / f"reports-{level}/told/index.md").read_text() for level in ("plain", "full", "none"))
    titles = ("Did the outcomes pull apart?", "What do shared and specific parts hold?", "What if a modality is missing?")
    assert all(f"## {title}" in plain for title in titles)
    assert not any(f"## {title}" in none for title in titles)
    assert "affinity of outcomes" in full
    assert "affinity of outcomes" not in plain
    assert "truth: weight in pulmonary" in plain


def test_a_level_that_is_none_is_refused(home: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "bench", "run", "told.toml", "--diagnostics", "some"]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "diagnostics" in done.stderr
    assert "'plain'" in done.stderr

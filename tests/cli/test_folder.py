"""A cohort of one's own through the real command line: new, check, run, prepare."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import Bench


@pytest.fixture
def demo(bench: Bench, tmp_path: Path) -> Path:
    """The template's folder, as a user gets it."""
    made = bench("new", "dataset", "demo").stdout
    assert "Written: demo/cohort.toml" in made
    assert "python -m bench check dataset ./demo" in made
    return tmp_path / "demo"


def test_a_new_folder_passes_its_check_and_is_never_written_over(bench: Bench, demo: Path) -> None:
    passed = bench("check", "dataset", "./demo")
    assert "0 errors, 0 warnings" in passed.stdout
    assert passed.stderr == ""
    for word in ("160 cases of 150 patients", "creatinine", "heart_rate (1/min)", "outcome unplanned_icu: 39 events"):
        assert word in passed.stdout
    before = {path.name: path.read_bytes() for path in demo.iterdir()}
    refused = bench("new", "dataset", "demo", code=2)
    assert "nothing is overwritten" in refused.stderr
    assert {path.name: path.read_bytes() for path in demo.iterdir()} == before
    assert "allowed are letters" in bench("new", "dataset", "my demo", code=2).stderr


def test_all_that_is_wrong_is_told_at_once_and_stops_a_run(bench: Bench, demo: Path, tmp_path: Path) -> None:
    cases = pd.read_csv(demo / "cases.csv", dtype=str)
    cases["mrn"] = [f"77{i}" for i in range(160)]
    cases.loc[4, "age"] = "Zebra77"
    cases.loc[9, "kidney_injury"] = "2"
    cases.loc[11, "case_id"] = cases.loc[10, "case_id"]
    cases.loc[20, "lactate_time"] = "2030-01-01 10:00"
    cases.to_csv(demo / "cases.csv", index=False)
    with (demo / "notes.csv").open("a") as notes:
        notes.write("nobody,2024-01-01 10:00,admission,Zebra77\n")
    found = bench("check", "dataset", "demo", code=2)
    for words in (
        "cases.csv, column 'age', data row 5: the cell is not a number",
        "cases.csv, column 'kidney_injury', data row 10: the cell holds something else than 1, 0 or nothing",
        "cases.csv, column 'case_id', data row 12: the case stands in a row before",
        "cases.csv, column 'lactate', data row 21: the cell is timed after the landmark",
        "cases.csv, column 'mrn': is named like a record number",
        "the first table has no such case",
    ):
        assert words in found.stderr
    assert "Zebra77" not in found.stderr + found.stdout
    stopped = bench("run", "quick", "--dataset", "./demo", "--methods", "logistic", "--trials", "1", code=2)
    assert "cases.csv, column 'age', data row 5" in stopped.stderr
    assert "Zebra77" not in stopped.stderr
    assert not list(tmp_path.rglob("plan.json"))


def test_a_run_on_a_folder_bears_its_warnings_and_no_identifier(bench: Bench, demo: Path, tmp_path: Path) -> None:
    with (demo / "notes.csv").open("a") as notes:
        first = pd.read_csv(demo / "cases.csv")["case_id"].iloc[0]
        notes.write(f"{first},2030-01-01 10:00,admission,Zebra77 came back\n")
    warned = bench("check", "dataset", "./demo")
    line = "are timed after the landmark; they are no inputs and were left out."
    assert line in warned.stdout
    done = bench("run", "quick", "--dataset", "./demo", "--methods", "logistic", "--trials", "1")
    page = (tmp_path / "reports" / "quick" / "index.md").read_text()
    assert "Warning: notes.csv: 1 of " in warned.stdout
    said = "notes.csv: fewer than 5 of "
    assert f"  Check: {said}" in done.stdout
    cohort = json.loads((tmp_path / "results" / "quick" / "demo" / "cohort.json").read_text())
    assert [warning for warning in cohort["warnings"] if warning.startswith(said) and warning.endswith(line)]
    assert f"**Check of the cohort: {len(cohort['warnings'])} warning" in page
    assert all(f"- {warning}" in page.replace("\\", "") for warning in cohort["warnings"])
    assert "Check: notes" not in page
    assert f"warns of {len(cohort['warnings'])} thing" in (tmp_path / "reports" / "quick" / "index.html").read_text()
    identifiers = {*pd.read_csv(demo / "cases.csv")["case_id"], *pd.read_csv(demo / "cases.csv")["patient_id"], "Zebra77"}
    files = [path for folder in ("results", "reports") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path).astype(str)
            assert not frame.isin(identifiers).to_numpy().any(), path
        elif path.suffix != ".png":
            words = set(re.split(r"[^A-Za-z0-9]+", path.read_text()))
            assert not identifiers & words, path


def test_events_are_counted_by_the_split_of_the_folds_asked(bench: Bench, demo: Path) -> None:
    few = bench("check", "dataset", "./demo", "--folds", "20", code=2)
    assert "Warning: outcome 'kidney_injury': too few events with 20 folds" in few.stdout
    assert "outcomes: with 20 folds 0 of 3 have enough events" in few.stderr
    assert "--folds: found 0; allowed is 1 or more" in bench("check", "dataset", "./demo", "--folds", "0", code=2).stderr


def test_a_registered_dataset_is_checked_by_name(bench: Bench) -> None:
    assert "0 errors" in bench("check", "dataset", "surgical").stdout
    assert "Did you mean 'surgical'" in bench("check", "dataset", "surgicl", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "dataset", "vitaldb", "--data-home", "nowhere"), "vitaldb"),
        (("check", "dataset", "."), "no cohort.toml in it"),
        (("check", "patients", "demo"), "dataset"),
        (("run", "--dataset", "./nowhere"), "no such folder"),
    ],
)
def test_what_is_no_folder_is_refused(bench: Bench, arguments: tuple[str, ...], words: str) -> None:
    assert words in bench(*arguments, code=2).stderr


@pytest.mark.parametrize("verb", ["new", "check"])
def test_help_loads_nothing_heavy(verb: str) -> None:
    heavy = {"torch", "xgboost", "lightgbm", "catboost", "sklearn", "pandas", "pyarrow", "optuna", "matplotlib"}
    code = (
        "import sys\nfrom bench.cli import app\n"
        f"try: app([{verb!r}, '--help'])\nexcept SystemExit as end: assert not end.code, end.code\n"
        f"loaded = {heavy!r} & set(sys.modules)\nassert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout

"""What a run would do before it is started, and what it is doing, seen from another process."""

import os
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Bench
from tests.cli.test_run import PLUGIN, SLOW, start, wait_for


def test_a_plan_starts_nothing_writes_nothing_and_knows_what_is_done(bench: Bench, small: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    planned = bench("run", str(small), *PLUGIN, "--plan").stdout
    assert sorted(tmp_path.rglob("*")) == before
    # Two trials, a final fit and the default, of each of three outcomes for logistic regression.
    rows = {line.split()[1]: line.split() for line in planned.splitlines() if line.startswith("small ")}
    assert rows["most_common"][2:5] == ["1", "0", "4"]
    assert rows["logistic"][2:5] == ["1", "0", "12"]
    assert "2 cells to run" in planned
    assert "A guess: nothing was run in results yet." in planned
    bench("run", str(small), *PLUGIN, "--methods", "logistic")
    half = bench("run", str(small), *PLUGIN, "--plan").stdout
    assert "1 cell to run" in half
    assert "Judged by 1 finished cell in results" in half
    assert "logistic" in half
    bench("run", str(small), *PLUGIN)
    assert "All cells are done" in bench("run", str(small), *PLUGIN, "--plan").stdout
    # Another budget is another study of cells.
    assert "2 cells to run" in bench("run", str(small), *PLUGIN, "--plan", "--trials", "3").stdout


def test_a_running_study_is_seen_from_elsewhere_and_so_is_its_end(
    bench: Bench, small: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    small.write_text(small.read_text().replace('"most_common", "logistic"', SLOW).replace("0.4", "3.0"))
    process = start(small, environment)
    wait_for(tmp_path / "results", "small/run.json")
    wait_for(tmp_path / "results", "small/small/most_common/.fold-0.partial")
    seen = bench("status", "small", code=1).stdout
    assert f"(process {process.pid})" in seen
    assert "Running on" in seen
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    ended = bench("status", "small", code=1).stdout
    assert "Nobody runs it: the last run" in ended
    assert "of 2 cells are done." in ended


@pytest.mark.soak
def test_status_names_what_failed_and_says_when_all_is_done(bench: Bench, small: Path) -> None:
    assert "Run it first" in bench("status", "small", code=2).stderr
    bench("run", str(small), *PLUGIN, "--methods", "most_common,not_a_number", code=1)
    seen = bench("status", "small", code=1).stdout
    assert "1 of 2 cells are done." in seen
    assert "failed: small/not_a_number/fold-0: " in seen
    bench("run", str(small), *PLUGIN, "--methods", "most_common", "--results", "other")
    assert "1 of 1 cells are done." in bench("status", "small", "--results", "other").stdout

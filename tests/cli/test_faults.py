"""run: cells that hang, take all memory or all disk, or answer nonsense; the others go on, and the next run mends what it can."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import QUICKEST, Bench

PLUGINS = ("--plugin", str(QUICKEST), "--plugin", str(QUICKEST.with_name("faulty.py")))


def failure(home: Path, method: str) -> dict[str, object]:
    return json.loads((home / "results" / "small" / "small" / method / "fold-0.failed.json").read_text())


def probabilities(results: Path, method: str) -> pd.DataFrame:
    return pd.read_parquet(results / "small" / "small" / method / "fold-0" / "predictions.parquet")


def test_a_cell_that_hangs_is_ended_and_the_next_run_goes_on_with_it(bench: Bench, small: Path, tmp_path: Path) -> None:
    stuck = tmp_path / "stuck"
    stuck.touch()
    chosen = ("run", str(small), *PLUGINS, "--methods", "hangs,most_common")
    first = bench(*chosen, "--cell-timeout", "0.5", code=1, HANGS=str(stuck))
    assert "1 cells failed" in first.stdout
    assert "took longer than --cell-timeout 0.5 (minutes) and was ended" in " ".join(first.stdout.split())
    assert failure(tmp_path, "hangs")["exception"] == "CellTimeout"
    unfinished = tmp_path / "results" / "small" / "small" / "hangs" / ".fold-0.partial" / "trials.jsonl"
    kept = unfinished.read_text().splitlines()
    assert len(kept) == 1
    stuck.unlink()
    assert "1 done, 1 failed" in bench(*chosen, HANGS=str(stuck)).stdout
    trials = (tmp_path / "results" / "small" / "small" / "hangs" / "fold-0" / "trials.jsonl").read_text().splitlines()
    assert trials[0] == kept[0]
    assert len(trials) == 2
    # The limit is no setting of a cell: without it, what was done under it stays done.
    assert not failure_of_any(tmp_path)


def failure_of_any(home: Path) -> list[Path]:
    return list((home / "results").rglob("*.failed.json"))


def test_cells_that_misbehave_are_told_apart_and_the_others_go_on(bench: Bench, small: Path, tmp_path: Path) -> None:
    names = ["greedy", "asks_for_too_much", "shapeless", "outside", "diverges", "constant"]
    done = bench("run", str(small), *PLUGINS, "--methods", ",".join(names), "--trials", "1", "--memory", "1.5", code=1)
    assert "5 cells failed" in done.stdout
    said = {name: failure(tmp_path, name) for name in names[:-1]}
    assert said["greedy"]["exception"] == "MemoryLimit"
    assert re.match(r"held \d\.\d\d GB of memory, more than --memory 1.5, and was ended", str(said["greedy"]["said"]))
    assert "MemoryError" in str(said["asks_for_too_much"]["exception"])
    assert "out of memory" in str(said["asks_for_too_much"]["said"])
    assert "expected (cases, outcomes)" in str(said["shapeless"]["said"])
    assert "outside [0, 1]" in str(said["outside"]["said"])
    assert said["diverges"]["exception"] == "FloatingPointError"
    report = pd.read_csv(tmp_path / "reports" / "small" / "main.csv").set_index("method")
    assert set(report.loc["constant", "status"]) == {"ok"}
    assert set(report.loc["constant", "auc"]) == {0.5}
    assert set(report.loc[names[:-1], "status"]) == {"failed"}


LEAVING = ("--plugin", str(QUICKEST.with_name("leaving.py")))


def alive(folder: Path) -> list[str]:
    """Of the processes that left their numbers there, those that still run."""
    # One that has ended stands there as Z until its new parent asks for it.
    states = {file.name: Path(f"/proc/{file.name}/stat") for file in folder.iterdir()}
    return [name for name, stat in states.items() if stat.exists() and ") Z " not in stat.read_text()]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the system does not list its processes under /proc")
def test_what_a_method_leaves_behind_is_ended_and_no_exit_counts_as_done(bench: Bench, small: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    names = ["exits", "exits_at_once", "leaves_a_child", "quotes", "shouts"]
    done = bench("run", str(small), *PLUGINS, *LEAVING, "--methods", ",".join(names), "--trials", "1", code=1, LEFT=str(left))
    assert "3 cells failed" in done.stdout
    assert failure(tmp_path, "exits")["exception"] == "SystemExit"
    assert "ended with code 0 before its record was written" in str(failure(tmp_path, "exits_at_once")["said"])
    assert failure(tmp_path, "quotes")["exception"] == "Refused"
    assert failure(tmp_path, "quotes")["said"] is None
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"MARKED" in file.read_bytes()]
    assert "MARKED" not in done.stdout + done.stderr
    for method in ("leaves_a_child", "shouts"):
        assert len(probabilities(tmp_path / "results", method))
    assert len(list(left.iterdir())) >= 2
    assert not alive(left)


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the system does not list its processes under /proc")
def test_limits_hold_for_children_too(bench: Bench, small: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    chosen = ("run", str(small), *PLUGINS, *LEAVING, "--trials", "1")
    bench(*chosen, "--methods", "waits_for_a_child", "--cell-timeout", "0.5", code=1, LEFT=str(left))
    assert failure(tmp_path, "waits_for_a_child")["exception"] == "CellTimeout"
    assert len(list(left.iterdir())) == 1
    assert not alive(left)
    bench(*chosen, "--methods", "eats_in_a_child", "--memory", "2", code=1)
    assert failure(tmp_path, "eats_in_a_child")["exception"] == "MemoryLimit"


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "soon"])
@pytest.mark.parametrize("option", ["--cell-timeout", "--memory"])
def test_a_limit_is_a_number_above_0(option: str, given: str) -> None:
    from bench.cli.options import above_zero
    from datasets import Refused

    with pytest.raises(Refused, match=f"{option}: found '{given}'; allowed is a number above 0"):
        above_zero(option, given)
    assert above_zero(option, "0.5") == 0.5


def test_a_full_disk_is_said_in_words_and_nothing_half_written_counts(bench: Bench, small: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.touch()
    entries = (
        '{label = "trials", name = "fills_the_disk", set = {bytes = 200}}, '
        '{label = "record", name = "fills_the_disk", set = {bytes = 3000}}'
    )
    small.write_text(small.read_text().replace('"most_common", "logistic"', entries))
    first = bench("run", str(small), *PLUGINS, code=1, FULL=str(full))
    assert "2 cells failed" in first.stdout
    for method in ("trials", "record"):
        assert failure(tmp_path, method)["said"] == "could not be written (File too large): nothing of it counts as done"
        assert not (tmp_path / "results" / "small" / "small" / method / "fold-0").exists()
    full.unlink()
    bench("run", str(small), *PLUGINS, FULL=str(full))
    bench("run", str(small), *PLUGINS, "--results", "whole", FULL=str(full))
    for method in ("trials", "record"):
        torn, whole = (probabilities(tmp_path / home, method) for home in ("results", "whole"))
        pd.testing.assert_frame_equal(torn, whole, check_exact=True)
        assert len((tmp_path / "results" / "small" / "small" / method / "fold-0" / "trials.jsonl").read_text().splitlines()) == 2


def test_a_clock_that_is_set_back_changes_no_prediction(bench: Bench, small: Path, tmp_path: Path) -> None:
    chosen = ("run", str(small), *PLUGINS, "--methods", "most_common", "--trials", "3")
    bench(*chosen, "--results", "back", CLOCK_SET_BACK="1")
    bench(*chosen, "--results", "on")
    trials = tmp_path / "back" / "small" / "small" / "most_common" / "fold-0" / "trials.jsonl"
    began = [json.loads(line)["began"] for line in trials.read_text().splitlines()]
    assert began == sorted(began, reverse=True)
    assert began[0].startswith("2000-12-31")
    back, on = (probabilities(tmp_path / home, "most_common") for home in ("back", "on"))
    pd.testing.assert_frame_equal(back, on, check_exact=True)

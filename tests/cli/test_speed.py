"""speed: what is measured on the command line, as a table and as JSON, at a size that means nothing."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Bench


@pytest.mark.soak
def test_the_short_comparisons_are_measured_and_written(bench: Bench, tmp_path: Path) -> None:
    done = bench("speed", "--quick", "--size", "tiny", "--out", "speed.json")
    assert "the numbers mean nothing" in done.stdout
    assert "of 7 goals are met" in done.stdout
    assert "Not measured" not in done.stdout
    content = json.loads((tmp_path / "speed.json").read_text())
    assert (content["size"], content["failed"]) == ("tiny", {})
    assert [row["what"].split(":")[0] for row in content["rows"]] == [
        *["training step, equal weights"] * 2,
        *["PCGrad step, exact"] * 2,
        "bootstrap intervals",
        "resume of a finished study of 8 cells",
        "report of a study of 8 cells",
    ]
    assert all(row["value"] > 0 for row in content["rows"])
    # Nothing is left behind where the user stands.
    assert [path.name for path in tmp_path.iterdir()] == ["speed.json"]


@pytest.mark.soak
def test_growth_is_measured_and_written(bench: Bench, tmp_path: Path) -> None:
    done = bench("speed", "--scaling", "--size", "tiny", "--out", "growth.json")
    assert "Not measured" not in done.stdout
    content = json.loads((tmp_path / "growth.json").read_text())
    assert {growth["axis"] for growth in content["growths"]} == {"patients", "outcomes", "features"}
    assert all(seconds > 0 for growth in content["growths"] for seconds in growth["seconds"])


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").touch()
    for out, found in (("there", "it is a folder"), ("file/speed.json", "File exists"), ("file/in/speed.json", "Not a directory")):
        done = bench("speed", "--out", out, code=2)
        assert done.stderr == f"Error: --out {out}: cannot be written ({found}). Name a file in a folder of yours.\n"


@pytest.mark.soak
def test_a_goal_that_is_missed_by_far_is_a_failure_only_where_that_is_asked(bench: Bench) -> None:
    done = bench("speed", "--quick", "--size", "tiny", "--margin", "1e9")
    assert "Missed by more" not in done.stdout
    # A study of eight cells is found and reported in time; its bootstrap is too small to be worth the start.
    done = bench("speed", "--quick", "--size", "tiny", "--margin", "0", code=None)
    missed = [row for row in done.stdout.splitlines() if row.rstrip().endswith(" no")]
    assert done.returncode == bool(missed)
    assert ("Missed by more than 0 %" in done.stdout) == bool(missed)


def test_an_unknown_size_is_refused(bench: Bench) -> None:
    assert "huge" in bench("speed", "--size", "huge", code=2).stderr

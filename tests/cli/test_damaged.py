"""Records that were damaged after they were written: found by the next run, named, kept aside and made anew; refused by reports."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.cli.conftest import QUICKEST, Bench

CHOSEN = ("--plugin", str(QUICKEST), "--methods", "most_common")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(b'"trials": 2') + 10] ^= 1
    path.write_bytes(content)


def bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def foreign(path: Path) -> None:
    path.write_text('{"name": "somebody else\'s"}')


def gone(path: Path) -> None:
    path.unlink()


CELL = "small/most_common/fold-0"
# What was damaged, how, what is kept aside, and what is said of it.
HARMS: list[tuple[str, Callable[[Path], None], str, str]] = [
    (f"{CELL}/cell.json", truncated, "small/most_common/fold-0.broken-1", "cell.json: cannot be read as JSON"),
    (f"{CELL}/cell.json", flipped, "small/most_common/fold-0.broken-2", "cell.json: is not as it was written"),
    (f"{CELL}/cell.json", foreign, "small/most_common/fold-0.broken-3", "cell.json: is another kind of file: it holds no key"),
    (f"{CELL}/cell.json", gone, "small/most_common/fold-0.broken-4", "cell.json: is missing"),
    (f"{CELL}/predictions.parquet", bit, "small/most_common/fold-0.broken-5", "predictions.parquet: is not as it was written"),
    (f"{CELL}/trials.jsonl", gone, "small/most_common/fold-0.broken-6", "trials.jsonl: is missing; cell.json names it"),
    ("small/plan.json", truncated, "small/plan.json.broken-1", "plan.json: cannot be read as JSON"),
    ("small/plan.json", foreign, "small/plan.json.broken-2", "plan.json: is another kind of file"),
]


def test_each_is_refused_by_report_and_mended_by_run(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), *CHOSEN)
    study = tmp_path / "results" / "small"
    whole = pd.read_parquet(study / CELL / "predictions.parquet")
    for name, harm, aside, said in HARMS:
        harm(study / name)
        refused = bench("report", "small", code=2)
        assert said in refused.stderr
        assert "Run the study again" in refused.stderr
        again = bench("run", str(small), *CHOSEN)
        assert said in again.stdout
        assert f"Kept aside as {Path(aside).name}." in again.stdout
        assert (study / aside).exists()
        pd.testing.assert_frame_equal(pd.read_parquet(study / CELL / "predictions.parquet"), whole, check_exact=True)
    assert "Broken" not in bench("run", str(small), *CHOSEN).stdout


def test_signs_failures_and_unfinished_trials_too(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), *CHOSEN)
    study = tmp_path / "results" / "small"
    whole = pd.read_parquet(study / CELL / "predictions.parquet")
    unfinished, failed = study / "small/most_common/.fold-0.partial", study / "small/most_common/fold-0.failed.json"
    key = pd.read_json(study / CELL / "cell.json", typ="series")["key"]
    shutil.move(study / CELL, unfinished)
    (unfinished / "cell.json").unlink()
    (unfinished / "key").write_text(key)
    trials = (unfinished / "trials.jsonl").read_bytes()
    # One digit of one value: still JSON, and the next trial would be suggested otherwise.
    at = trials.index(b'"value": 0.') + 11
    (unfinished / "trials.jsonl").write_bytes(trials[:at] + bytes([trials[at] ^ 1]) + trials[at + 1 :])
    failed.write_text("{")
    foreign(study / "run.json")
    assert "run.json: is no sign of a run" in bench("status", "small", code=2).stderr
    assert "failed.json: cannot be read as JSON" in bench("report", "small", code=2).stderr
    said = bench("run", str(small), *CHOSEN).stdout
    assert "trials.jsonl: line 1 is not as it was written. Kept aside as fold-0.broken-1. Its trials are run again." in said
    assert "Kept aside as fold-0.failed.json.broken-1." in said
    assert "Kept aside as run.json.broken-1." in said
    pd.testing.assert_frame_equal(pd.read_parquet(study / CELL / "predictions.parquet"), whole, check_exact=True)

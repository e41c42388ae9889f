"""A report is written again unless the one that stands is what its records and this code give."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.disk import read_json, write_json
from bench.reporting import reported
from bench.reporting.files import replaced
from tests.bench.records import Fake, study

FAKE = Fake(skill={"single_task": 1.0, "mmoe": 1.6}, patients=60, folds=2, failed=[("mmoe", 0)], unrun=[("mmoe", 1)])


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Records of a study, and a report that was noted with them."""
    study(tmp_path / "results", {"d": FAKE})
    (records,) = (tmp_path / "results").iterdir()
    report = tmp_path / "reports" / records.name
    with replaced(report) as draft:
        (draft / "index.md").write_text("told", encoding="utf-8")
    reported.note(records, report, reported.state(records))
    return records, report


def test_a_report_stands_while_records_and_report_are_what_they_were(places: tuple[Path, Path]) -> None:
    records, report = places
    (report / "mine.txt").write_text("laid there by a user", encoding="utf-8")
    assert reported.stands(records, report, reported.state(records))


@pytest.mark.parametrize(
    "change",
    [
        lambda records, _: write_json(cell := records / "d/single_task/fold-0/cell.json", read_json(cell) | {"family": "other"}),
        lambda records, _: (records / "d/mmoe/fold-0.failed.json").unlink(),
        lambda records, _: write_json(file := records / "d/cohort.json", read_json(file) | {"warnings": ["more"]}),
        lambda records, _: write_json(file := records / "d/plan.json", read_json(file) | {"baseline": "mmoe"}),
        lambda _, report: (report / "index.md").write_text("altered", encoding="utf-8"),
        lambda _, report: (report / "index.md").unlink(),
        lambda _, report: (report / "manifest.json").unlink(),
        lambda records, _: (records / reported.FILE).unlink(),
    ],
)
def test_whatever_else_is_written_again(places: tuple[Path, Path], change: Callable[[Path, Path], object]) -> None:
    records, report = places
    change(records, report)
    assert not reported.stands(records, report, reported.state(records))


def test_a_report_by_other_code_is_written_again(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    records, report = places
    monkeypatch.setattr(reported, "_code", lambda: iter([("bench/metrics.py", "of another version")]))
    assert not reported.stands(records, report, reported.state(records))


def test_predictions_of_before_hashes_are_looked_at_themselves(places: tuple[Path, Path]) -> None:
    records, report = places
    cell = records / "d/single_task/fold-0"
    write_json(cell / "cell.json", {key: value for key, value in read_json(cell / "cell.json").items() if key != "files"})
    before = reported.state(records)
    (cell / "trials.jsonl").write_text("{}\n", encoding="utf-8")
    assert reported.state(records) != before
    assert not reported.stands(records, report, before)

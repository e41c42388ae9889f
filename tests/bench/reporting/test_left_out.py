"""The page names the methods that had nothing to read."""

from pathlib import Path

import pytest

import bench.reporting.contents as contents
import bench.reporting.write as writing
from bench.disk import read_json, write_json
from bench.evaluation.scores import score
from bench.reporting.write import write
from bench.store import read_study
from tests.bench.records import Fake, study

LINE = "- Left out: procedure_rate: the card of 'x' names no procedure."


@pytest.fixture(autouse=True)
def _words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "score", lambda record: score(record, resamples=100))
    monkeypatch.setattr(writing, "_figures", lambda *_: None)


def page(tmp_path: Path, **more: object) -> str:
    study(tmp_path, Fake(), "invented")
    plan = tmp_path / "invented" / "cohort" / "plan.json"
    write_json(plan, {**read_json(plan), **more})
    return (write(read_study(tmp_path, "invented"), tmp_path / "reports").folder / "index.md").read_text()


def test_a_method_left_out_stands_on_the_page_with_its_reason(tmp_path: Path) -> None:
    said = page(tmp_path, methods_left_out={"procedure_rate": "the card of 'x' names no procedure", "tabpfn": "No weights."})
    lines = said.split("## Protocol")[1].splitlines()
    assert LINE in lines
    assert "- Left out: tabpfn: No weights." in lines


def test_a_plan_of_before_still_reports(tmp_path: Path) -> None:
    assert "methods_left_out" not in read_json(_plan(tmp_path))
    said = page(tmp_path)
    assert said.count("- Left out:") == 1


def _plan(tmp_path: Path) -> Path:
    study(tmp_path, Fake(), "before")
    return tmp_path / "before" / "cohort" / "plan.json"

"""Rewritten: a report beside itself written again: letters must be the same, lines may be drawn otherwise."""

import re
from pathlib import Path

import pytest

from bench.reporting.rewritten import rewritten
from bench.reporting.write import write
from bench.store import StudyRecord
from tests.bench.records import Fake, study


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyRecord, Path]:
    home = tmp_path_factory.mktemp("rewritten")
    record = study(home, Fake(skill={"single_task": 1.0, "mmoe": 1.6}, patients=150, outcomes={"any": 0.3, "kidney": 0.2}))
    return record, write(record, home / "reports").folder


def test_only_what_differs_is_told_and_drawings_are_held_by_their_letters(made: tuple[StudyRecord, Path]) -> None:
    record, folder = made
    again = rewritten(record, folder)
    assert (list(again.unlike), list(again.redrawn)) == ([], [])
    assert set(again.alike) == {path.name for path in folder.iterdir() if path.suffix in (".csv", ".md", ".tex", ".html")}
    assert all(count > 0 for name, count in again.alike.items() if name.startswith(("main", "index")))

    page, before = folder / "index.html", (folder / "index.html").read_text()
    start = before.index("<svg")
    # A line of a drawing, and a figure's own file: told, but maybe no more than another version of what draws.
    moved = re.sub(r'(<path d="M)(\d)', lambda found: found[1] + str((int(found[2]) + 1) % 10), before[start:], count=1)
    assert moved != before[start:]
    page.write_text(before[:start] + moved)
    for name in ("main.svg", "main.png"):
        (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    again = rewritten(record, folder)
    assert (list(again.unlike), list(again.redrawn)) == ([], ["index.html", "main.png", "main.svg"])

    # A letter of a drawing, and text beside one: both are wrong, each on its line.
    letter = re.search(r">0\.\d+</text>", before[start:])
    assert letter is not None
    altered = before[:start] + before[start:].replace(letter[0], ">0.77</text>", 1)
    altered = re.sub(r"leads with 0\.\d{3}", "leads with 0.999", altered, count=1)
    page.write_text(altered)
    again = rewritten(record, folder)
    assert {one.file for one in again.unlike} == {"index.html"}
    lines = {one.line for one in again.unlike}
    assert lines == {altered[: altered.index(part)].count("\n") + 1 for part in (">0.77</text>", "leads with 0.999")}
    assert any("0.999" in one.stands and "0.999" not in one.written for one in again.unlike)

"""The report of a grid: its answer, diagram, tables and files."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.patches import Rectangle

import bench.reporting.contents as contents
import bench.reporting.write as writing
from bench.diagnostics.phase import Phase, grids, phase
from bench.evaluation.scores import score
from bench.reporting.figures import learning as learning_figure
from bench.reporting.figures import phase as phase_figure
from bench.reporting.figures.style import styled
from bench.reporting.sections import grid_answer
from bench.reporting.sections.places import Planes, planes, shown
from bench.reporting.write import write
from bench.store import StudyRecord, read_study
from datasets import Refused
from tests.bench.grids import write_grid
from tests.bench.records import Fake, write_dataset

AXES = {"common": (0.0, 1.0), "conflict": (0.0, 1.0), "patients": (1000, 3000)}
METHODS = ("single_task", "mmoe", "pcgrad")


def corners(method: str, point: Mapping[str, Any], draw: int) -> float | None:
    """mmoe wins where signal is common at 1,000 patients, pcgrad loses in one corner and fails once, else nothing is gained."""
    step = 0.002 * (-1) ** (draw + int(point["conflict"]) + int(point["common"]))
    if method == "single_task":
        return 0.8
    if method == "mmoe":
        return 0.8 + (0.05 if (point["common"], point["patients"]) == (1.0, 1000) else step)
    if point == {"common": 1.0, "conflict": 1.0, "patients": 3000} and draw == 1:
        return None
    return 0.8 - (0.06 if tuple(point.values()) == (0.0, 1.0, 3000) else step)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyRecord:
    return write_grid(tmp_path_factory.mktemp("results"), corners, AXES, draws=3, methods=METHODS)


@pytest.fixture(scope="module")
def found(study: StudyRecord) -> Phase:
    return phase("g", grids(study.datasets)["g"])


@pytest.fixture(scope="module")
def written(study: StudyRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(study, tmp_path_factory.mktemp("reports")).folder


def test_the_answer_says_where_each_method_wins_and_loses(written: Path) -> None:
    page = (written / "index.md").read_text()
    answer = page.split("## Answer")[1].split("\n## ")[0]
    assert "- **Average AUC, against the twin at 8 points of 2 to 3 draws: mmoe wins most often (at 2); pcgrad loses most" in answer
    assert "13 of 16 comparisons are ties." in answer
    assert "  - mmoe wins at 2 of 8, all at common 1, patients 1,000 (most: +0.050 at common 1, conflict" in answer
    assert "  - pcgrad wins nowhere; loses at 1 of 8 (-0.060 at common 0, conflict 1, patients 3,000)." in answer
    assert "- **pcgrad failed** on 1 of 24 datasets." in answer
    assert "| common 1, conflict 1, patients 3,000, draw 1 | pcgrad | 0 | MemoryError |" in page


def test_the_page_holds_the_grid_and_no_section_of_a_single_dataset(written: Path) -> None:
    page = (written / "index.md").read_text()
    titles = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert titles == ["Answer", "When does sharing help?", "Failed cells", "Datasets of the grid", "Protocol", "Files"]
    assert "| 1 | 0 | 1,000 | +0.050 (+0.04" in page
    assert page.count(" wins |") == 4
    files = {path.name for path in written.iterdir()}
    assert {"phase.csv", "phase.md", "phase.tex", "phase.png", "phase.svg", "draws.csv", "levels.csv", "points.csv"} <= files
    assert "main.csv" not in files
    html = (written / "index.html").read_text()
    assert "When does sharing help?" in html
    assert "▲" in html


def test_what_was_not_run_is_told_apart_from_what_failed(tmp_path: Path) -> None:
    def stopped(method: str, point: Mapping[str, Any], draw: int) -> float | None:
        unrun = (method, point["common"], draw) in (("mmoe", 0.0, 1), ("mmoe", 1.0, 0), ("pcgrad", 0.0, 0))
        gone = (method, point["common"], draw) == ("pcgrad", 1.0, 1)
        return None if gone else math.nan if unrun else 0.8 + 0.01 * draw

    study = write_grid(tmp_path, stopped, {"common": (0.0, 1.0)}, draws=2, methods=METHODS)
    page = (write(study, tmp_path / "reports").folder / "index.md").read_text()
    said = [line for line in page.splitlines() if " of 4 datasets." in line]
    assert said == [
        "- **pcgrad not run** on 1 of 4 datasets.",
        "- **mmoe not run** on 2 of 4 datasets.",
        "- **pcgrad failed** on 1 of 4 datasets.",
    ]
    assert "## Cells that failed or were not run" in page
    assert "| common 1, draw 1 | pcgrad | 0 | MemoryError |" in page
    assert "| mmoe | 2 of 4 | 2 of 4 |" in page
    assert "| pcgrad | 1 of 4 | 1 of 4 |" in page


def test_files_hold_every_draw_and_point(written: Path, found: Phase) -> None:
    draws, points = pd.read_csv(written / "draws.csv"), pd.read_csv(written / "phase.csv")
    assert len(draws) == (8 * 3 * 3 - 1) * 3 * 2
    assert len(points) == 8 * 2 * 2
    mean = draws[(draws["outcome"] == "average") & (draws["twin"] == "single_task")]
    again = mean.groupby([*AXES, "method", "metric"])["gain"].mean()
    pd.testing.assert_series_equal(
        points.set_index([*AXES, "method", "metric"])["gain"].sort_index(), again.sort_index(), rtol=1e-4, atol=1e-9
    )
    assert len(pd.read_csv(written / "points.csv")) == 24


def test_the_diagram_draws_every_gain_with_its_sign(found: Phase) -> None:
    places = planes(found.axes)
    assert places == Planes("common", "conflict", ({"patients": 1000}, {"patients": 3000}))
    with styled():
        figure = phase_figure.draw(found.points, found.axes, places)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert sum(isinstance(patch, Rectangle) for axes in figure.axes for patch in axes.patches) == len(found.points)
    assert texts.count("+0.050\n▲") == 2
    assert texts.count("-0.060\n▼") == 1
    win = next(a for a in figure.axes if "+0.050\n▲" in [text.get_text() for text in a.texts])
    # Blue for a gain, in the column of common 1.
    squares = {patch.get_xy(): patch.get_facecolor() for patch in win.patches if isinstance(patch, Rectangle)}
    red, _, blue, _ = squares[(0.5, -0.5)]
    assert blue > red + 0.3


def test_learning_curves_have_a_line_and_a_name_for_each_method(tmp_path: Path) -> None:
    def rising(method: str, point: Mapping[str, Any], draw: int) -> float:
        return 0.6 + 0.02 * METHODS.index(method) + point["patients"] / 100_000 + 0.002 * draw

    record = write_grid(tmp_path, rising, {"patients": (1000, 4000, 8000)}, methods=METHODS)
    made = phase("g", grids(record.datasets)["g"])
    with styled():
        figure = learning_figure.draw(made.curves, "patients")
    assert len(figure.axes) == 2
    assert [text.get_text() for text in figure.axes[0].texts] == ["single_task", "mmoe", "pcgrad"]
    assert [list(line.get_ydata()) for line in figure.axes[0].lines][1] == pytest.approx([0.631, 0.661, 0.701])
    folder = write(record, tmp_path / "reports").folder
    page = (folder / "index.md").read_text()
    assert "## What do more patients bring?" in page
    assert "- **Average AUC from patients 1,000 to 8,000:** pcgrad 0.651 → 0.721, mmoe 0.631 → 0.701" in page
    assert "![learning](learning.png)" in page
    assert "![phase]" not in page


def test_thinned_outcomes_are_told_as_shares(tmp_path: Path) -> None:
    record = write_grid(tmp_path, lambda *_: 0.7, {"known": (0.1, 1.0)}, methods=METHODS[:2])
    page = (write(record, tmp_path / "reports").folder / "index.md").read_text()
    assert "## What do unknown outcomes cost?" in page
    assert "| method | known 10 % | known 100 % |" in page
    assert "valid and test are whole" in page


def test_without_a_twin_scores_are_shown_at_each_point(tmp_path: Path) -> None:
    record = write_grid(tmp_path, lambda *_: 0.7, {"common": (0.0, 1.0), "conflict": (0.0, 1.0)}, methods=("logistic",))
    page = (write(record, tmp_path / "reports").folder / "index.md").read_text()
    assert "## Scores at each point" in page
    assert "No method of this study has a twin" in page
    assert "When does sharing help" not in page


def test_a_grid_stands_beside_a_plain_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "score", lambda record: score(record, resamples=50))
    monkeypatch.setattr(writing, "_figures", lambda *_: None)
    write_dataset(tmp_path, "invented", "cohort", Fake(patients=300))
    record = write_grid(tmp_path, corners, {"common": (0.0, 1.0), "conflict": (0.0,), "patients": (1000,)}, methods=METHODS[:2])
    folder = write(record, tmp_path / "reports").folder
    page = (folder / "index.md").read_text()
    assert page.index("# Dataset cohort") < page.index("# Dataset g")
    assert {"main.csv", "phase.csv"} <= {path.name for path in folder.iterdir()}


def test_the_order_of_the_records_changes_nothing(study: StudyRecord, written: Path, tmp_path: Path) -> None:
    turned = StudyRecord(study.name, tuple(reversed(study.datasets)))
    again = write(turned, tmp_path).folder
    sums = [json.loads((folder / "manifest.json").read_text())["files"] for folder in (written, again)]
    assert sums[0] == sums[1]


def test_a_study_that_lost_all_its_cells_still_says_so(tmp_path: Path) -> None:
    record = write_grid(tmp_path, lambda *_: None, {"common": (0.0, 1.0), "conflict": (0.0, 1.0)}, methods=METHODS[:2])
    page = (write(record, tmp_path / "reports").folder / "index.md").read_text()
    assert "- **mmoe failed** on 8 of 8 datasets." in page
    assert "MemoryError" in page


def test_values_are_shown_as_readers_expect_them() -> None:
    assert [shown("patients", 12430), shown("known", 0.5), shown("conflict", 0.0), shown("kind", "x")] == [
        "12,430",
        "50 %",
        "0",
        "x",
    ]
    assert planes({"conflict": (0.0,)}) is None
    assert planes({"patients": (1, 2), "conflict": (0.0, 1.0)}) == Planes("conflict", "patients", ({},))


def test_a_point_of_a_grid_is_read_when_it_is_asked_for(study: StudyRecord, tmp_path: Path) -> None:
    record = write_grid(tmp_path, lambda *_: 0.7, {"common": (0.0,)}, draws=1, methods=METHODS[:2]).datasets[0]
    assert set(record.cells) == {("single_task", 0), ("mmoe", 0)}
    assert len(record.cells["mmoe", 0].predictions) == 130
    assert record.cells["mmoe", 0].default.empty
    (tmp_path / "invented" / record.name / "mmoe" / "fold-0" / "predictions.parquet").unlink()
    assert len(read_study(tmp_path, "invented").datasets[0].cells) == 2
    with pytest.raises(Refused, match=r"predictions\.parquet: is missing"):
        record.cells["mmoe", 0]


def test_the_lead_says_what_was_compared(found: Phase) -> None:
    said = grid_answer.lead(found)
    assert "**3 methods** on 24 datasets of one grid: common 0 / 1, conflict 0 / 1, patients 1,000 / 3,000." in said

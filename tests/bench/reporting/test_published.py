"""Rows of others: in a block of their own, as they were published, never ranked with ours."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bench.reporting.contents as contents
import bench.reporting.write as writing
from bench.evaluation.scores import score
from bench.reporting.terminal import main_table
from bench.reporting.write import write
from bench.store import StudyRecord, read_study
from tests.bench.records import Fake, study

# Better than any row of ours could be, so that a ranking would show.
ROWS = [
    {
        "row": "Theirs_1",
        "cohort": "12,430 of another hospital",
        "source": "arXiv 1",
        "auc": 0.999,
        "auprc": 0.998,
        "note": "as told",
    },
    {"row": "best & rest", "cohort": "the same", "source": "Table 2 | p. 5", "auc": 0.9876, "auprc": None, "note": None},
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "score", lambda record: score(record, resamples=50))
    monkeypatch.setattr(writing, "_figures", lambda *_: None)


def with_rows(record: StudyRecord, rows: Any) -> StudyRecord:
    return StudyRecord(record.name, tuple(replace(one, plan={**one.plan, "published": rows}) for one in record.datasets))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> StudyRecord:
    return study(tmp_path_factory.mktemp("results"), Fake())


def test_the_block_stands_under_the_main_table_and_says_what_it_is(plain: StudyRecord, tmp_path: Path) -> None:
    folder = write(with_rows(plain, ROWS), tmp_path).folder
    page = (folder / "index.md").read_text()
    scores = page.split("## Scores")[1].split("\n## ")[0]
    assert scores.index("### cohort: AUPRC") < scores.index("### Published, on other cohorts") < scores.index("![main]")
    assert page.count("Published, on other cohorts") == 1
    for text in (scores, (folder / "main.md").read_text()):
        block = text.split("Published, on other cohorts")[1]
        assert "cannot be ranked" in " ".join(block.split())
        assert "| Theirs_1 | 0.999 | 0.998 | 12,430 of another hospital | arXiv 1 |" in block
        assert r"| best &amp; rest | 0.988 | – | the same | Table 2 \| p. 5 |" in block
        assert "Theirs_1: as told" in block
        assert "- best" not in block
    assert "`published.csv`" in page


def test_it_is_escaped_in_latex(plain: StudyRecord, tmp_path: Path) -> None:
    tex = (write(with_rows(plain, ROWS), tmp_path).folder / "main.tex").read_text()
    assert tex.count(r"\begin{table}") == tex.count(r"\end{table}") == 3
    block = tex.split(r"\begin{table}")[-1]
    assert r"Theirs\_1 & 0.999 & 0.998 & 12,430 of another hospital & arXiv 1 \\" in block
    assert r"best \& rest & 0.988 & -- & the same & Table 2 \textbar{} p. 5 \\" in block
    assert r"Theirs\_1: as told." in block
    assert r"\textbf" not in block
    assert r"\underline" not in block


def test_it_is_in_a_table_of_its_own_and_changes_nothing_of_ours(plain: StudyRecord, tmp_path: Path) -> None:
    before = write(plain, tmp_path / "before").folder
    after = write(with_rows(plain, ROWS), tmp_path / "after").folder
    assert not (before / "published.csv").exists()
    assert {path.name for path in after.iterdir()} - {path.name for path in before.iterdir()} == {"published.csv"}
    for name in ("main.csv", "transfer.csv", "cost.csv", "delta_m.csv", "default.csv", "transfer.md", "cost.md"):
        assert (after / name).read_bytes() == (before / name).read_bytes()
    for name in ("main.md", "main.tex"):
        assert (after / name).read_text().startswith((before / name).read_text())
    table = pd.read_csv(after / "published.csv")
    assert table.columns.tolist() == ["row", "cohort", "auc", "auprc", "source", "note"]
    assert table["row"].tolist() == ["Theirs_1", "best & rest"]
    assert table["auc"].tolist() == [0.999, 0.9876]
    assert table["auprc"].isna().tolist() == [False, True]
    answers = [(folder / "index.md").read_text().split("## Answer")[1].split("\n## ")[0] for folder in (before, after)]
    assert answers[0] == answers[1]
    assert main_table(contents.gather(with_rows(plain, ROWS).datasets[0])) == main_table(contents.gather(plain.datasets[0]))


def test_several_datasets_show_it_each_but_the_table_once(tmp_path: Path) -> None:
    record = with_rows(study(tmp_path, {"first": Fake(), "second": Fake()}), ROWS[:1])
    folder = write(record, tmp_path / "reports").folder
    assert len(pd.read_csv(folder / "published.csv")) == 1
    assert (folder / "index.md").read_text().count("### Published, on other cohorts") == 2
    assert (folder / "main.md").read_text().count("Published, on other cohorts") == 1
    assert (folder / "main.md").read_text().count("| Theirs_1 |") == 1
    assert (folder / "main.tex").read_text().count("Published, on other cohorts") == 1


def test_records_of_before_say_nothing_of_it_and_are_read(plain: StudyRecord, tmp_path: Path) -> None:
    assert not {"published", "baseline", "methods_left_out"} & set(plain.datasets[0].plan)
    folder = write(plain, tmp_path).folder
    assert "Published" not in (folder / "index.md").read_text()
    kept = read_study(Path(__file__).parents[3] / "results", "reference")
    assert "published" not in kept.datasets[0].plan or isinstance(kept.datasets[0].plan["published"], list)
    assert contents.gather(kept.datasets[0]).published.empty


def test_names_that_would_be_markup_are_shown_as_text(plain: StudyRecord, tmp_path: Path) -> None:
    bad = "a|b *c* <img src=x>\n# d"
    row = {"row": bad, "cohort": bad, "source": bad, "auc": 0.5, "auprc": 0.5, "note": bad}
    text = (write(with_rows(plain, [row]), tmp_path).folder / "main.md").read_text().split("Published, on other cohorts")[1]
    assert "<img" not in text
    assert "\n#" not in text
    lines = re.findall(r"^\|.*$", text, flags=re.MULTILINE)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {6}

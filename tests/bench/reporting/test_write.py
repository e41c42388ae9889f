"""A report from end to end: files, bytes, words, and what happens when it is interrupted."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import bench.reporting.contents as contents
import bench.reporting.write as writing
from bench.evaluation.scores import score
from bench.evaluation.table import COLUMNS
from bench.reporting.files import replaced
from bench.reporting.write import write
from bench.store import StudyRecord
from datasets import Refused
from tests.bench.records import Fake, study

SECTIONS = ("main", "transfer", "calibration", "decisions", "cost", "default")
FIGURES = ("main", "transfer", "calibration_curve", "decisions", "risks", "cost")
TEXTS = (".csv", ".md", ".tex", ".svg")


@pytest.fixture(autouse=True)
def _fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "score", lambda record: score(record, resamples=100))


@pytest.fixture
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of words and tables: figures take most of a report's time."""
    monkeypatch.setattr(writing, "_figures", lambda *_: None)


no_figures = pytest.mark.usefixtures("_no_figures")


def _read(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_every_file_is_there_and_written_twice_is_equal(tmp_path: Path):
    record = study(tmp_path, Fake(seeds=2))
    first = _read(write(record, tmp_path / "one").folder)
    second = _read(write(record, tmp_path / "two").folder)
    assert first == second
    assert _read(write(record, tmp_path / "one").folder) == first
    tables = [f"{name}{end}" for name in SECTIONS for end in (".csv", ".md", ".tex")]
    figures = [f"{name}{end}" for name in FIGURES for end in (".png", ".svg")]
    pages = {"index.md", "index.html", "manifest.json", "tripod.csv", "tripod.md"}
    assert set(first) == {*tables, *figures, "delta_m.csv", "nested.csv", "calibration_curve.csv", "risks.csv", "top.csv", *pages}
    assert all(first[name].startswith(b"\x89PNG") for name in first if name.endswith(".png"))


@no_figures
def test_main_csv_holds_the_numbers_of_the_tables(tmp_path: Path):
    folder = write(study(tmp_path, Fake()), tmp_path / "reports").folder
    main = pd.read_csv(folder / "main.csv")
    assert tuple(main.columns) == COLUMNS
    assert set(main["status"]) == {"ok", "reference"}
    line = main[(main["method"] == "mmoe") & (main["outcome"] == "average")].iloc[0]
    shown = f"{line['auc']:.3f} ({line['auc_low']:.3f}, {line['auc_high']:.3f})"
    for name in ("main.md", "index.md", "main.tex"):
        assert shown in (folder / name).read_text()


@no_figures
def test_best_is_bold_and_second_underlined_but_never_a_reference_or_an_ensemble(tmp_path: Path):
    folder = write(study(tmp_path, Fake(patients=3000)), tmp_path / "reports").folder
    main = pd.read_csv(folder / "main.csv")
    asked = main[(main["outcome"] == "any") & (main["status"] == "ok")].sort_values("auc", ascending=False)
    asked = asked[~asked["method"].str.endswith("(ensemble)")]
    lines = (folder / "main.md").read_text().split("## cohort: AUPRC")[0]
    best, second = asked.iloc[0], asked.iloc[1]
    assert f"**{best['auc']:.3f} (" in next(line for line in lines.splitlines() if line.startswith(f"| {best['method']} "))
    assert f"<u>{second['auc']:.3f} (" in next(line for line in lines.splitlines() if line.startswith(f"| {second['method']} "))
    for line in (folder / "main.md").read_text().splitlines():
        assert not (("(reference)" in line or "(ensemble)" in line) and ("**" in line or "<u>" in line))
    rare = [line.split("|")[-2] for line in (folder / "main.md").read_text().split("prevalence 2")[1].splitlines()]
    assert not any("**" in cell or "<u>" in cell for cell in rare if cell)


@no_figures
def test_who_stands_above_the_oracle_is_named(tmp_path: Path):
    told = (write(study(tmp_path / "a", Fake()), tmp_path / "reports").folder / "index.md").read_text()
    assert "above the oracle" not in told

    def peeking(frame: pd.DataFrame, method: str, _fold: int) -> pd.DataFrame:
        return frame.assign(p=0.9 * frame["y"].fillna(0) + 0.1 * frame["p"]) if method == "lightgbm" else frame

    told = (write(study(tmp_path / "b", Fake(change=peeking)), tmp_path / "reports").folder / "index.md").read_text()
    assert "**lightgbm is above the oracle in AUC** (1.000, the true risk itself 0.9" in told
    assert "mmoe is above the oracle" not in told


@no_figures
def test_failed_cells_are_shown_everywhere(tmp_path: Path):
    folder = write(study(tmp_path, Fake(folds=2, failed=[("mmoe", 1)], unrun=[("orthtd", 0)])), tmp_path / "reports").folder
    for name in ("main.md", "cost.md", "default.md", "main.tex", "index.md"):
        row = next(line for line in (folder / name).read_text().splitlines() if "mmoe" in line and ("|" in line or "&" in line))
        assert "failed" in row
    page = (folder / "index.md").read_text()
    assert "1 of 2 cells: 1 FloatingPointError" in page
    assert "| mmoe | 1 | FloatingPointError |  | net.py:3 in fit |" in page
    assert "## Cells that failed or were not run" in page
    assert "| orthtd | 1 of 2 | 0 |" in page
    assert "- **orthtd not run** (1 of 2 folds done): no scores." in page
    assert "- **mmoe failed** (1 of 2 cells: 1 FloatingPointError): no scores." in page
    assert "No gain for mmoe: the method itself is not complete." in page
    for name in ("main.csv", "cost.csv", "default.csv"):
        rows = pd.read_csv(folder / name).query("method == 'mmoe'")
        assert set(rows["status"]) == {"failed"}
        assert rows[[c for c in ("auc", "auprc", "tuned", "fits") if c in rows]].isna().all().all()
        rows = pd.read_csv(folder / name).query("method == 'orthtd'")
        assert set(rows["status"]) == {"not run"}
    assert not {"mmoe", "orthtd"} & set(pd.read_csv(folder / "transfer.csv")["method"])


@no_figures
def test_a_study_that_goes_on_calls_nothing_failed(tmp_path: Path):
    unrun = [("orthtd", 0), ("orthtd", 1), ("mmoe", 1)]
    folder = write(study(tmp_path, Fake(folds=2, unrun=unrun)), tmp_path / "reports").folder
    for name in ("main.md", "cost.md", "default.md", "calibration.md", "decisions.md", "main.tex", "default.tex", "index.md"):
        text = (folder / name).read_text()
        for method in ("mmoe", "orthtd"):
            row = next(line for line in text.splitlines() if method in line and ("|" in line or "&" in line))
            assert "not run" in row, (name, row)
        assert "failed" not in text.replace("`failed`", ""), name
    page, html = ((folder / name).read_text() for name in ("index.md", "index.html"))
    assert "## Cells not run" in page
    assert "| orthtd | 0 of 2 | 0, 1 |" in page
    assert "| mmoe | 1 of 2 | 1 |" in page
    assert "Without scores: 2 not run on all folds." in html
    assert set(pd.read_csv(folder / "main.csv")["status"]) == {"ok", "not run", "reference"}


@no_figures
def test_the_lead_counts_methods_without_scores_only_where_there_are_some(tmp_path: Path):
    leads = {}
    for name, fake in {
        "whole": Fake(),
        "both": Fake(folds=2, failed=[("mmoe", 1)], unrun=[("orthtd", 0), ("lightgbm", 1)]),
        "begun": Fake(skill={"mmoe": 1.0}, unrun=[("mmoe", 0)]),
    }.items():
        html = (write(study(tmp_path / name, fake), tmp_path / name / "reports").folder / "index.html").read_text()
        leads[name] = html.split('<div class="answer">')[1].split("</p>")[0]
    assert "Without scores" not in leads["whole"]
    assert "Without scores: 1 failed, 2 not run on all folds." in leads["both"]
    assert "Without scores: 1 not run on all folds." in leads["begun"]
    assert "scores come from" not in leads["begun"]


@no_figures
def test_the_page_answers_first_and_says_what_it_speaks_of(tmp_path: Path):
    page = (write(study(tmp_path, Fake(seeds=2)), tmp_path / "reports").folder / "index.md").read_text()
    heads = [line for line in page.splitlines() if line.startswith("## ")]
    assert heads[:2] == ["## Answer", "## Scores"]
    assert "leads with 0." in page
    assert "speaks of these fitted models" in page
    assert "unadjusted" in page
    assert "Left out: death (2 cases" in page
    assert "c0ffee" * 8 in page
    assert "smallest difference between two methods" in page
    many = (write(study(tmp_path / "many", Fake(folds=5)), tmp_path / "reports").folder / "index.md").read_text()
    assert "speaks of these fitted models" not in many
    assert "As methods, over folds (Nadeau–Bengio)" in many


def test_several_datasets_have_each_their_section_and_one_long_table(tmp_path: Path):
    fakes = {"first": Fake(), "second_one": Fake(skill={"mmoe": 1.0}, outcomes={"x": 0.3, "y": 0.2}, nested={}, oracle=False)}
    folder = write(study(tmp_path, fakes), tmp_path / "reports").folder
    assert {"main-first.png", "main-second_one.png", "transfer-first.svg"} <= {path.name for path in folder.iterdir()}
    page = (folder / "index.md").read_text()
    assert "# Dataset first\n" in page
    assert "# Dataset second_one\n" in page
    assert "No gain for mmoe: its twin single_task is not in the study." in page.split("# Dataset second_one")[1]
    main = pd.read_csv(folder / "main.csv")
    assert main["dataset"].unique().tolist() == ["first", "second_one"]
    assert "oracle" not in set(main.loc[main["dataset"] == "second_one", "method"])
    assert all((folder / line.split("](")[1].rstrip(")")).is_file() for line in page.splitlines() if line.startswith("!["))


def test_a_study_without_a_complete_method_still_reports(tmp_path: Path):
    folder = write(study(tmp_path, Fake(skill={"mmoe": 1.0}, failed=[("mmoe", 0)])), tmp_path / "reports").folder
    page = (folder / "index.md").read_text()
    assert "No method is complete" in page
    assert "FloatingPointError" in page


def test_a_killed_report_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    record = study(tmp_path, Fake())
    before = _read(write(record, tmp_path / "reports").folder)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_figures", killed)
    with pytest.raises(KeyboardInterrupt):
        write(record, tmp_path / "reports")
    assert _read(tmp_path / "reports" / "invented") == before
    monkeypatch.undo()
    # Killed between the two renames: the old report lies aside and comes back first.
    (tmp_path / "reports" / "invented").rename(tmp_path / "reports" / ".invented.old")
    with pytest.raises(KeyboardInterrupt), replaced(tmp_path / "reports" / "invented"):
        raise KeyboardInterrupt
    assert _read(tmp_path / "reports" / "invented") == before


@no_figures
def test_files_of_others_are_kept_and_folders_of_others_refused(tmp_path: Path):
    record = study(tmp_path, Fake(outcomes={"a": 0.3, "b": 0.3}, nested={}))
    folder = write(record, tmp_path / "reports").folder
    (folder / "notes.txt").write_text("mine")
    (folder / "main-gone.png").write_text("mine too")
    write(record, tmp_path / "reports")
    assert (folder / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == ["invented"]
    (tmp_path / "home" / "invented").mkdir(parents=True)
    (tmp_path / "home" / "invented" / "thesis.md").write_text("dear")
    with pytest.raises(Refused, match="not a report"):
        write(record, tmp_path / "home")
    assert (tmp_path / "home" / "invented" / "thesis.md").read_text() == "dear"
    with pytest.raises(Refused, match="cannot be written"):
        write(record, folder / "notes.txt")


@no_figures
def test_names_that_would_be_markup_are_shown_as_text(tmp_path: Path):
    bad = "a|b_*$x$&<img src=x>\\input{y}%#"
    record = study(tmp_path, Fake(skill={"mmoe": 1.0, "single_task": 1.0}))
    dataset = record.datasets[0]
    methods = {bad if label == "mmoe" else label: method for label, method in dataset.plan["methods"].items()}
    cells = {
        (bad, f) if m == "mmoe" else (m, f): replace(c, method=bad) if m == "mmoe" else c for (m, f), c in dataset.cells.items()
    }
    changed = StudyRecord("invented", (replace(dataset, plan={**dataset.plan, "methods": methods}, cells=cells),))
    folder = write(changed, tmp_path / "reports").folder
    for path in folder.glob("*.md"):
        text = path.read_text()
        assert "<img" not in text
        for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    row = next(line for line in (folder / "cost.md").read_text().splitlines() if "img" in line)
    assert row.startswith(r"| a\|b\_\*\$x\$&amp;&lt;img src=x&gt;\\input\{y\}%\# | neural |")
    latex = next(line for line in (folder / "cost.tex").read_text().splitlines() if "img" in line)
    assert latex.startswith(
        r"a\textbar{}b\_*\$x\$\&\textless{}img src=x\textgreater{}\textbackslash{}input\{y\}\%\# & neural &",
    )
    assert bad in set(pd.read_csv(folder / "main.csv")["method"])


def test_reports_load_neither_torch_nor_boosting_nor_matplotlib_early():
    code = (
        "import sys, bench.reporting.write, bench.reporting.terminal;"
        "print([m for m in ('torch','xgboost','lightgbm','catboost','optuna','matplotlib','methods') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(found.stdout) == []


@no_figures
@pytest.mark.parametrize(
    ("change", "said", "lead"),
    [
        ({}, "Check of the cohort: not recorded.", ""),
        ({"warnings": []}, "Check of the cohort: no warning.", ""),
        ({"warnings": ["a.csv: <b>1</b>"]}, "**Check of the cohort: 1 warning.**\n\n- a.csv: &lt;b&gt;1&lt;/b&gt;", "of 1 thing,"),
        ({"warnings": ["one", "two"]}, "**Check of the cohort: 2 warnings.**\n\n- one\n- two", "of 2 things,"),
        ({"notes": ["A note.", "Check: old"]}, "**Check of the cohort: 1 warning.**\n\n- old", "of 1 thing,"),
    ],
)
def test_the_report_tells_what_the_check_of_the_cohort_warned_of(
    tmp_path: Path, change: dict[str, list[str]], said: str, lead: str
):
    dataset = study(tmp_path, Fake()).datasets[0]
    card = {**dataset.cohort["card"], "notes": change.pop("notes", ["A note."])}
    told = replace(dataset, cohort={**dataset.cohort, "card": card, **change})
    folder = write(StudyRecord("invented", (told,)), tmp_path / "reports").folder
    page = (folder / "index.md").read_text()
    assert said in page.split("## Cohort")[1]
    assert "- A note." in page
    assert "Check: " not in page
    html = (folder / "index.html").read_text()
    assert ("The check of the cohort warns" in html) == bool(lead)
    assert f"The check of the cohort warns {lead}" in html or not lead

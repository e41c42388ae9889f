"""The whole of a verification on records that nobody ran: what follows verifies, and no altered digit goes unseen."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench.reporting.write as writing
from bench.commands.verify import verify
from bench.disk import read_json, write_json
from bench.store import StudyRecord
from datasets import Refused
from tests.bench.grids import write_grid
from tests.bench.records import Fake, study


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures take most of a report's time, and their numbers are those of CSV files."""
    monkeypatch.setattr(writing, "_figures", lambda *_: None)


def groups(rows: np.ndarray) -> pd.DataFrame:
    """Two sexes, and centres of which some folds test nobody."""
    return pd.DataFrame({"row": rows, "sex": np.where(rows % 3 == 0, "f", "m"), "centre": [f"c{row // 15}" for row in rows]})


def missing(frame: pd.DataFrame, method: str) -> pd.DataFrame | None:
    test = frame[frame["side"] == "test"]
    return None if method == "lightgbm" else pd.concat([test.assign(missing=m, p=test["p"] / 2) for m in ("tabular", "text")])


def log(method: str, fold: int) -> list[Mapping[str, Any]]:
    """Gradients of three methods, the outcome icu unknown in some batches; epochs of all."""
    rng, lines = np.random.default_rng(len(method) + fold), []
    for step in range(4) if method != "lightgbm" else ():
        names = ["any", "pulmonary", "kidney", "icu"][: 4 - step % 2]
        g = rng.normal(size=(len(names), 3))
        one = {
            "kind": "gradients",
            "fit": 0,
            "step": step,
            "outcomes": names,
            "gram": (g @ g.T).tolist(),
            "weights": [1.0] * len(names),
        }
        one |= {"layers/first": (g[:, :2] @ g[:, :2].T).tolist(), "curvature": rng.normal(size=len(names)).tolist()}
        lines.append(one | {"affinity": rng.normal(size=(len(names), len(names))).tolist()})
    for fit in range(2):
        for epoch in range(3):
            losses = {name: float(1 / (1 + epoch) + 0.1 * rng.random()) for name in ("any", "icu")}
            lines.append({"kind": "epoch", "fit": fit, "train_loss": losses, "valid_loss": {k: v + 0.1 for k, v in losses.items()}})
    return lines


def diagnosed(method: str, fold: int) -> Mapping[str, Any]:
    """Two parts of one width and one of another, which has no squared cosine."""
    if method != "mmoe":
        return {}
    alike = [
        {"part": "shared", "other": "specific/any", "cka": 0.3 + fold / 10, "squared_cosine": 0.2},
        {"part": "shared", "other": "x", "cka": 0.1},
    ]
    probes = [{"part": "shared", "outcome": "any", "auc": 0.7 + fold / 10, "auprc": 0.4}]
    return {"redundancy": alike, "probes": probes, "factors": [{"part": "shared", "factor": "frailty", "r2": 0.25 * fold}]}


def rounded(frame: pd.DataFrame, method: str, fold: int) -> pd.DataFrame:
    """Many equal risks; of one method a single one."""
    return frame.assign(p=0.3 if method == "mmoe" else frame["p"].round(1))


def half_failed(method: str, at: Mapping[str, Any], draw: int) -> float | None:
    """One method fails where there are more patients."""
    return None if method == "mmoe" and at["patients"] == 3000 else 0.7 + 0.05 * (method == "mmoe")


FEW = {"single_task": 1.0, "mmoe": 1.6, "lightgbm": 1.5}
SIX = {"single_task": 1.0, **{f"m{k}": 0.5 + k / 3 for k in range(5)}}
TWINS = dict.fromkeys(SIX, "single_task")
WHOLE = Fake(skill=FEW, patients=200, folds=5, seeds=2, groups=groups, missing=missing, log=log, diagnosed=diagnosed)
STUDIES: dict[str, Callable[[Path], StudyRecord]] = {
    "folds and seeds, all diagnostics": lambda home: study(home, WHOLE),
    "repeats": lambda home: study(home, Fake(skill={"single_task": 1.0, "mmoe": 1.6}, folds=2, repeats=2, patients=200, seeds=2)),
    "methods enough to say whether conflict foretold harm": lambda home: study(
        home, Fake(skill=SIX, twins=TWINS, patients=200, log=log, outcomes={"any": 0.3, "kidney": 0.2})
    ),
    "two datasets, failed cells": lambda home: study(
        home,
        {
            "a": Fake(log=log, patients=300),
            "b_2.5": Fake(log=log, patients=300, failed=[("mmoe", 0)], unrun=[("orthtd", 0)], outcomes={"any": 0.3, "kidney": 0.1}),
        },
    ),
    "nothing complete": lambda home: study(home, Fake(patients=100, unrun=[(m, 0) for m in Fake().skill])),
    "nothing nested, ties": lambda home: study(
        home,
        Fake(nested={}, oracle=False, default_like_tuned=True, change=rounded),
    ),
    "a grid": lambda home: write_grid(
        home,
        lambda m, at, d: 0.7 + 0.02 * d + (0.1 * at["conflict"] + 0.01 * d) * (m == "mmoe"),
        {"conflict": [0.0, 0.5], "patients": [1000, 3000]},
        draws=3,
    ),
    "a grid along one axis, drawn once, with a failed cell": lambda home: write_grid(
        home, half_failed, {"patients": [1000, 3000]}, draws=1
    ),
}


@pytest.mark.parametrize("kind", STUDIES)
def test_a_report_follows_from_its_records_and_nothing_is_left_unchecked(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = writing.write(STUDIES[kind](tmp_path), tmp_path / "reports").folder
    assert verify("invented", tmp_path, tmp_path / "reports", quick=False) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "not checked" not in said.out
    assert "left out" not in said.out
    rows = dict(re.findall(r"^(\S+\.csv) +([\d,]+) ", said.out, flags=re.MULTILINE))
    assert set(rows) == {path.name for path in folder.glob("*.csv")}
    assert any(int(count.replace(",", "")) > 0 for count in rows.values())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A small study with its report: `reports/invented`."""
    skill = {"single_task": 1.0, "mmoe": 1.6}
    writing.write(study(tmp_path, Fake(skill=skill, patients=150, outcomes={"any": 0.3, "kidney": 0.2})), tmp_path / "reports")
    return tmp_path


def sealed_again(folder: Path) -> None:
    """Hashes all files anew, as somebody would who knows how."""
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != "manifest.json"}
    (folder / "manifest.json").write_text(json.dumps({"schema": 1, "files": files}))


def one_digit(text: str, pattern: str) -> str:
    """The text with the last digit of the first match of a pattern one higher, 9 becomes 0."""
    found = re.search(pattern, text)
    assert found is not None
    end = found.end() - 1
    return text[:end] + str((int(text[end]) + 1) % 10) + text[end + 1 :]


CSV = r"cohort,mmoe,any,[\d.]+,\d+,\d+,0\.\d{6}"
ALTERED = {
    "main.csv": (CSV, r"main.csv, line \d+"),
    "cost.csv": (
        r"cohort,mmoe,neural,1\d",
        r"cost.csv, line 3 \(cohort, mmoe\), column tune_seconds: 15 stands there; recomputed: 14",
    ),
    "index.md": (r"leads with 0\.\d{3}", r"index.md, cohort, Answer, average AUC: 0\.\d{3} stands there; recomputed: 0\.\d{3}"),
    "main.md": (r"\| mmoe \| .*?0\.\d{3}", r"main.md, line \d+: .* stands there; recomputed: "),
    "main.tex": (r"mmoe & .*?0\.\d{3}", r"main.tex, line \d+: .* stands there; recomputed: "),
    "index.html": (r"leads with 0\.\d{3}", r"index.html, line \d+: .* stands there; recomputed: "),
}  # fmt: skip


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("again", [True, False], ids=["sealed again", "not sealed"])
@pytest.mark.parametrize("name", ALTERED)
def test_one_altered_digit_is_found_and_named(
    home: Path, name: str, again: bool, quick: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "reports" / "invented"
    pattern, said = ALTERED[name]
    (folder / name).write_text(one_digit((folder / name).read_text(), pattern))
    if again:
        sealed_again(folder)
    assert verify("invented", home, home / "reports", quick) == 1
    errors = capsys.readouterr().err
    assert re.search(said, errors), errors
    assert (f"{name}, SHA-256 in manifest.json" in errors) is not again


def test_the_last_digit_of_a_number_that_may_be_rounded_otherwise_is_found_by_its_letters(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A CSV number is recomputed to a unit of its last digit; whether that unit is right is a matter of letters."""
    path = home / "reports" / "invented" / "main.csv"
    number = pd.read_csv(path, dtype=str).set_index(["method", "outcome"]).loc[("mmoe", "any"), "auc_low"]
    other = number[:-1] + str(int(number[-1]) + (1 if int(number[-1]) < 5 else -1))
    path.write_text(path.read_text().replace(f",{number},", f",{other},"))
    sealed_again(path.parent)
    assert verify("invented", home, home / "reports", quick=False) == 1
    assert other in capsys.readouterr().err


def test_an_altered_prediction_is_found_by_its_hash_and_by_every_number_that_it_changes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = home / "invented" / "cohort" / "mmoe" / "fold-0"
    frame = pd.read_parquet(cell / "predictions.parquet")
    row = frame[(frame["side"] == "test") & (frame["y"] == 1) & (frame["outcome"] == "any")].index[0]
    frame.loc[row, "p"] = 0.0
    frame.to_parquet(cell / "predictions.parquet", index=False)
    assert verify("invented", home, home / "reports", quick=True) == 1
    errors = capsys.readouterr().err
    assert "invented/cohort/mmoe/fold-0/predictions.parquet, SHA-256 in cell.json" in errors
    assert re.search(r"main.csv, line \d+ \(cohort, mmoe, any, ok\), column auc", errors)
    assert "calibration.csv, line" in errors
    # Sealed again, it still is not what the report was written from.
    meta = read_json(cell / "cell.json")
    files = meta["files"] | {"predictions.parquet": hashlib.sha256((cell / "predictions.parquet").read_bytes()).hexdigest()}
    write_json(cell / "cell.json", meta | {"files": files})
    assert verify("invented", home, home / "reports", quick=True) == 1
    errors = capsys.readouterr().err
    assert "SHA-256" not in errors
    assert re.search(r"main.csv, line \d+ \(cohort, mmoe, any, ok\), column auc", errors)


def test_records_that_cannot_be_scored_end_with_what_is_wrong_with_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "invented" / "cohort" / "mmoe" / "fold-0" / "predictions.parquet"
    frame = pd.read_parquet(path)
    frame.iloc[1:].to_parquet(path, index=False)
    assert verify("invented", home, home / "reports", quick=True) == 1
    said = capsys.readouterr()
    assert "not one a case, outcome and seed" in said.err
    assert "Numbers were not recomputed" in said.out


def test_missing_altered_and_unnamed_files_are_told_apart(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "reports" / "invented"
    (folder / "nested.csv").unlink()
    (folder / "mine.txt").write_text("a note of the reader's own")
    manifest = read_json(folder / "manifest.json")
    del manifest["files"]["main.csv"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert verify("invented", home, home / "reports", quick=True) == 1
    said = capsys.readouterr()
    assert "nested.csv: the file is missing; manifest.json names it." in said.err
    assert "main.csv: manifest.json does not name this file." in said.err
    assert "Not of this report, not checked: mine.txt." in said.out


def test_a_table_that_no_verifier_covers_is_counted_and_fails(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "reports" / "invented"
    (folder / "new.csv").write_text("dataset,method,number\ncohort,mmoe,0.5\ncohort,single_task,\n")
    sealed_again(folder)
    assert verify("invented", home, home / "reports", quick=True) == 1
    said = capsys.readouterr()
    assert said.err == ""
    assert re.search(r"new\.csv +0 +not checked", said.out)
    assert "0 things wrong, 5 not checked" in said.out


def test_quick_says_what_it_leaves_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("invented", home, home / "reports", quick=True) == 0
    said = capsys.readouterr().out
    assert "cells that resamples decide (intervals, p-values, verdicts) were left out" in said
    count = int(re.search(r"Quick: ([\d,]+) cells", said)[1].replace(",", ""))  # type: ignore[index]
    left = pd.read_csv(home / "reports" / "invented" / "main.csv").filter(regex="_low|_high").count().sum()
    assert count > left > 0


def test_no_report_and_no_records_are_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no report in"):
        verify("invented", home, home / "elsewhere", quick=True)
    with pytest.raises(Refused, match="no results of study 'other'"):
        verify("other", home, home / "reports", quick=True)
    (home / "reports" / "invented" / "manifest.json").write_text("{}")
    with pytest.raises(Refused, match="names no files"):
        verify("invented", home, home / "reports", quick=True)

"""run: from nothing to a report; again; with faults; stopped and gone on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from tests.cli.conftest import QUICKEST, Bench, hears_ctrl_c

PLUGIN = ("--plugin", str(QUICKEST))


def predictions(folder: Path, method: str, fold: int = 0) -> pd.DataFrame:
    return pd.read_parquet(folder / "small" / "small" / method / f"fold-{fold}" / "predictions.parquet")


def test_a_study_runs_reports_and_is_not_run_again(bench: Bench, small: Path, tmp_path: Path) -> None:
    first = bench("run", str(small), *PLUGIN)
    assert "2 new" in first.stdout
    folder = tmp_path / "results" / "small" / "small"
    for method in ("logistic", "most_common"):
        cell = folder / method / "fold-0"
        assert {path.name for path in cell.iterdir()} >= {"predictions.parquet", "default.parquet", "trials.jsonl", "cell.json"}
        meta = json.loads((cell / "cell.json").read_text())
        assert meta["cost"]["trials"] == (6 if method == "logistic" else 2)
        found = pd.read_parquet(cell / "predictions.parquet")
        assert list(found.columns) == ["row", "patient", "side", "outcome", "seed", "y", "p"]
        assert found["p"].between(0, 1).all()
        assert not found.duplicated(["row", "outcome", "seed"]).any()
        sides = pd.read_parquet(folder / "split.parquet")
        for side, part in found.groupby("side"):
            assert set(part["row"]) == set(sides.loc[sides["side"] == side, "row"])
    report = pd.read_csv(tmp_path / "reports" / "small" / "main.csv")
    scores = ["auc", "auc_low", "auc_high", "auprc", "auprc_low", "auprc_high"]
    assert list(report.columns) == ["dataset", "method", "outcome", "prevalence", "n_test", "n_positive", *scores, "status"]
    assert {"logistic", "most_common", "prevalence", "oracle"} <= set(report["method"])
    assert "unplanned_icu" not in set(report["outcome"])
    assert "left out: unplanned_icu" in first.stdout
    assert json.loads((folder / "cohort.json").read_text())["warnings"] == []
    assert "Check of the cohort: no warning." in (tmp_path / "reports" / "small" / "index.md").read_text()
    stamp = (folder / "logistic" / "fold-0" / "cell.json").stat().st_mtime_ns
    again = bench("run", str(small), *PLUGIN)
    assert "2 done" in again.stdout
    assert "Report: reports/small/index.html is up to date" in again.stdout
    assert (folder / "logistic" / "fold-0" / "cell.json").stat().st_mtime_ns == stamp
    before = (tmp_path / "reports" / "small" / "main.csv").read_bytes()
    bench("report", "small")
    assert (tmp_path / "reports" / "small" / "main.csv").read_bytes() == before


def test_half_precision_holds_for_every_probability_that_is_kept(bench: Bench, small: Path, tmp_path: Path) -> None:
    small.write_text(small.read_text().replace("trials = 2", 'trials = 2\nprecision = "half"'))
    bench("run", str(small), *PLUGIN, "--methods", "most_common,needs_table")
    folder = tmp_path / "results" / "small" / "small"
    kept = [pd.read_parquet(file)["p"] for file in folder.glob("*/fold-0/*.parquet")]
    p = pd.concat(kept).to_numpy(np.float64)
    assert len(kept) == 6
    assert len(np.unique(p)) > 100
    digits = np.ldexp(np.frexp(p)[0], 11)
    assert (digits == np.rint(digits)).all()


def test_numbers_of_the_report_are_those_of_scikit_learn(bench: Bench, small: Path, tmp_path: Path) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    bench("run", str(small), *PLUGIN, "--folds", "2", "--seeds", "2")
    report = pd.read_csv(tmp_path / "reports" / "small" / "main.csv").set_index(["method", "outcome"])
    for outcome in ("any_complication", "pulmonary"):
        scores = []
        for fold in (0, 1):
            found = predictions(tmp_path / "results", "logistic", fold).query("side == 'test' and outcome == @outcome")
            scores += [
                (roc_auc_score(part["y"], part["p"]), average_precision_score(part["y"], part["p"]))
                for _, part in found.groupby("seed")
            ]
        auc, auprc = np.mean(scores, axis=0)
        assert report.loc[("logistic", outcome), "auc"] == float(f"{auc:.6g}")
        assert report.loc[("logistic", outcome), "auprc"] == float(f"{auprc:.6g}")


def test_workers_and_order_change_nothing(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), *PLUGIN, "--workers", "1", "--results", "one")
    bench("run", str(small), *PLUGIN, "--workers", "2", "--results", "two", "--methods", "logistic,most_common")
    for method in ("logistic", "most_common"):
        pd.testing.assert_frame_equal(
            predictions(tmp_path / "one", method), predictions(tmp_path / "two", method), check_exact=True
        )


def test_another_budget_keeps_the_old_record_aside(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), *PLUGIN, "--methods", "most_common")
    again = bench("run", str(small), *PLUGIN, "--methods", "most_common", "--trials", "3")
    assert "1 outdated" in again.stdout
    cells = {path.name for path in (tmp_path / "results" / "small" / "small" / "most_common").iterdir()}
    assert "fold-0" in cells
    assert any(re.fullmatch(r"fold-0\.outdated-[0-9a-f]{8}", name) for name in cells)


def test_a_method_added_later_stands_beside_the_others(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), "--methods", "logistic")
    bench("run", str(small), *PLUGIN, "--methods", "most_common")
    report = pd.read_csv(tmp_path / "reports" / "small" / "main.csv")
    assert {"logistic", "most_common"} <= set(report["method"])


def test_failures_are_recorded_shown_and_tried_again(bench: Bench, small: Path, tmp_path: Path) -> None:
    chosen = ("--methods", "most_common,broken,not_a_number,suicidal")
    failed = bench("run", str(small), *PLUGIN, *chosen, code=1)
    assert "3 cells failed" in failed.stdout
    report = pd.read_csv(tmp_path / "reports" / "small" / "main.csv")
    status = report.groupby("method")["status"].unique().apply(list)
    assert status["broken"] == status["not_a_number"] == status["suicidal"] == ["failed"]
    assert status["most_common"] == ["ok"]
    assert report.loc[report["method"] == "broken", ["auc", "auprc"]].isna().all(axis=None)
    records = {
        name: json.loads((tmp_path / "results" / "small" / "small" / name / "fold-0.failed.json").read_text())
        for name in ("broken", "not_a_number", "suicidal")
    }
    assert records["broken"]["exception"] == "RuntimeError"
    assert any(frame.startswith("quickest.py:") for frame in records["broken"]["frames"])
    assert "NaN" in records["not_a_number"]["said"]
    assert "SIGKILL" in records["suicidal"]["said"]
    again = bench("run", str(small), *PLUGIN, *chosen, code=1)
    assert "1 done, 3 failed" in again.stdout


def test_no_word_of_a_patient_is_left_in_any_file(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), *PLUGIN, "--methods", "most_common,broken", code=1)
    files = [path for room in ("results", "reports") for path in (tmp_path / room).rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if b"SECRET" in path.read_bytes()]


def start(small: Path, environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bench", "run", str(small), *PLUGIN, *arguments],
        cwd=small.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hears_ctrl_c,
    )


def wait_for(path: Path, pattern: str, limit: float = 120) -> None:
    end = time.monotonic() + limit
    while not list(path.glob(pattern)):
        assert time.monotonic() < end, f"{pattern} did not appear in {path}"
        time.sleep(0.02)


def workers_below(pid: int) -> list[psutil.Process]:
    return [p for p in psutil.Process(pid).children(recursive=True) if "bench.running.worker" in " ".join(p.cmdline())]


SLOW = '"logistic", {label = "most_common", name = "most_common", set = {pause = 0.4}}'


@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.soak)])
def test_killed_and_started_again_it_ends_like_one_that_never_was(
    bench: Bench, small: Path, tmp_path: Path, environment: dict[str, str], how: signal.Signals
) -> None:
    small.write_text(small.read_text().replace('"most_common", "logistic"', SLOW).replace("trials = 2", "trials = 4"))
    process = start(small, environment, "--results", "torn")
    wait_for(tmp_path / "torn", "small/small/most_common/.fold-0.partial/trials.jsonl")
    workers = workers_below(process.pid)
    assert workers
    os.kill(process.pid, how)
    out, err = process.communicate(timeout=60)
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert "goes on from here" in out
        assert "Traceback" not in err
    assert not psutil.wait_procs(workers, timeout=15)[1]
    bench("run", str(small), *PLUGIN, "--results", "torn")
    bench("run", str(small), *PLUGIN, "--results", "whole")
    for method in ("logistic", "most_common"):
        torn, whole = predictions(tmp_path / "torn", method), predictions(tmp_path / "whole", method)
        pd.testing.assert_frame_equal(torn, whole, check_exact=True)


def test_two_runs_on_one_study_at_a_time_are_refused(
    bench: Bench, small: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    small.write_text(small.read_text().replace('"most_common", "logistic"', SLOW).replace("0.4", "2.0"))
    process = start(small, environment)
    try:
        wait_for(tmp_path / "results", "small/small/plan.json")
        refused = bench("run", str(small), *PLUGIN, code=2)
        assert "being run by another process" in refused.stderr
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_it_is_said_how_many_patients_are_taken_and_why_all(bench: Bench, small: Path, tmp_path: Path) -> None:
    text = small.read_text().replace("trials = 2", "trials = 1")
    small.write_text(text + "patients = 500\n")
    few = bench("run", str(small), *PLUGIN, "--methods", "most_common")
    assert "all 660 cases, as 500 patients would leave under 10 positives on a side" in " ".join(few.stdout.split())
    assert "all 660 cases, as 500 patients" in (tmp_path / "reports" / "small" / "index.md").read_text()
    small.write_text(text.replace("patients = 660", "patients = 3000") + "patients = 2000\n")
    assert "2,000 of 3,000 cases" in bench("run", str(small), *PLUGIN, "--methods", "most_common").stdout


def test_further_patients_of_a_synthetic_world_test_under_the_official_split(bench: Bench, small: Path, tmp_path: Path) -> None:
    text = small.read_text().replace("patients = 660", "patients = 700, test_patients = 1500")
    small.write_text(text + 'split = "official"\n')
    bench("run", str(small), *PLUGIN, "--methods", "most_common", "--trials", "1")
    found = predictions(tmp_path / "results", "most_common")
    assert set(found.loc[found["side"] == "test", "row"]) == set(range(700, 2200))
    report = pd.read_csv(tmp_path / "reports" / "small" / "main.csv")
    assert set(report.loc[report["method"] == "oracle", "n_test"].dropna()) == {1500}
    assert "the source's own test cases" in (tmp_path / "reports" / "small" / "index.md").read_text()
    refused = bench("run", str(small), "--split", "centre", "--methods", "logistic", code=2)
    assert "carries no centres" in refused.stderr
    assert "Allowed for it: holdout, kfold, official" in refused.stderr

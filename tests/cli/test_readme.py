"""README: each command of it runs, its method is tuned beside the others, its table is that of the committed report."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import Bench

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


COMMANDS = [line for block in blocks("bash") for line in block.splitlines() if line.startswith("python -m bench")]
REAL_DATA = ROOT.parent / "shared" / "data"


def test_readme_has_commands_of_every_kind() -> None:
    assert len(COMMANDS) >= 7
    verbs = ("run", "report", "verify", "compare", "dashboard", "status", "list", "prepare", "new", "check")
    assert all(any(f"bench {verb}" in command for command in COMMANDS) for verb in verbs)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_runs(bench: Bench, tmp_path: Path, command: str) -> None:
    """The line as it stands, then options that make it small: the last of two equal options counts."""
    arguments = shlex.split(command)[3:]
    (tmp_path / "nearest.py").write_text(blocks("python")[0])
    (tmp_path / "my_study.toml").write_text(blocks("toml")[0])
    smaller = ["--trials", "1", "--patients", "1700", "--folds", "1", "--seeds", "1"]
    if "DIR" in arguments:
        if not (REAL_DATA / "vitaldb").is_dir() or not (REAL_DATA / "cinc2012").is_dir():
            pytest.skip(f"needs real cohorts in {REAL_DATA}")
        arguments[arguments.index("DIR")] = str(REAL_DATA)
    if "./my_cohort" in arguments:
        bench("new", "dataset", "my_cohort")
        # Its patients are few, and made up.
        smaller[smaller.index("1700")] = "0"
    if "ray" in arguments:
        pytest.importorskip("ray", reason="Ray is not installed (pip install '.[ray]')")
        # One of its own, as there is no cluster to join.
        smaller += ["--cluster", "gpus=1", "--workers", "1"]
    if "slurm" in arguments:
        smaller += ["--cluster", "queue=local,time=60,mem=8G"]
    if "--plan" in arguments:
        assert "cells to run" in bench(*arguments).stdout
    elif arguments[0] == "run":
        method = ["--methods", "nearest" if "nearest" in arguments else "logistic"]
        done = bench(*arguments, *smaller, *method)
        assert "Report: reports" in done.stdout
    elif arguments in (["report", "reference"], ["report", "phase_small"]):
        # By the tests of the committed reports below.
        assert all(f'bench("report", "{name}",' in Path(__file__).read_text() for name in arguments[1:])
    elif arguments[0] == "compare":
        arguments[2] = str(ROOT / arguments[2].removeprefix("other/"))
        assert "Equal to the bit: every method" in bench(*arguments, "--results", str(ROOT / "results")).stdout
    elif arguments[0] == "dashboard":
        # Where it is installed, it would listen until Ctrl-C.
        assert "305 trials in 61 Optuna studies" in bench(*arguments, "--no-open", "--results", str(ROOT / "results")).stdout
    elif arguments == ["verify", "reference"]:
        verified(bench, "reference", "--quick")
    elif arguments[0] == "report":
        bench("run", "quick", *smaller, "--methods", "logistic")
        assert "Report: reports" in bench(*arguments).stdout
    elif arguments[0] == "status":
        assert "cells are done" in bench(*arguments, "--results", str(ROOT / "results")).stdout
    else:
        assert bench(*arguments).stdout


def verified(bench: Bench, *asked: str) -> None:
    done = bench("verify", *asked, "--results", str(ROOT / "results"), "--reports", str(ROOT / "reports"))
    assert "follows from its records" in done.stdout
    assert "not checked" not in done.stdout


@pytest.mark.soak
@pytest.mark.parametrize("name", ["reference", "phase_small"])
def test_every_number_of_a_committed_report_follows_from_the_committed_records(bench: Bench, name: str) -> None:
    verified(bench, name)


def test_the_method_of_readme_is_short_and_stands_beside_the_others(bench: Bench, small: Path, tmp_path: Path) -> None:
    text = blocks("python")[0]
    assert len(text.splitlines()) < 30
    (tmp_path / "nearest.py").write_text(text)
    bench("run", str(small), "--methods", "nearest,logistic", "--plugin", "nearest.py")
    report = pd.read_csv(tmp_path / "reports" / "small" / "main.csv").set_index(["method", "outcome"])
    assert report.loc[("nearest", "average"), "status"] == "ok"
    assert 0.5 < report.loc[("nearest", "average"), "auc"] < report.loc[("logistic", "average"), "auc"]


def test_the_committed_report_and_the_table_of_readme_follow_from_the_committed_records(bench: Bench, tmp_path: Path) -> None:
    bench("report", "reference", "--results", str(ROOT / "results"))
    for name in ("main.csv", "transfer.csv", "default.csv", "cost.csv", "delta_m.csv", "nested.csv", "index.md", "main.tex"):
        assert (tmp_path / "reports" / "reference" / name).read_bytes() == (ROOT / "reports" / "reference" / name).read_bytes()
    scores = pd.read_csv(tmp_path / "reports" / "reference" / "main.csv").set_index(["method", "outcome"])
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in README.splitlines() if re.match(r"\| \w+ \| \d", line)
    ]
    told = (ROOT / "reports" / "reference" / "index.md").read_text()
    level, others, pairs = re.findall(
        r"from (\d+) of the (\d+) others, and none of the (\d+) comparisons", " ".join(README.split())
    )[0]
    assert f"It cannot be told apart from {level} of {others} other methods" in told.split("Average AUPRC")[0]
    assert told.count(f"{pairs} of {pairs} comparisons with the twin show no clear difference") == 2
    outcomes = ["average", "any_complication", "pulmonary", "kidney_injury", "unplanned_icu"]
    assert len(rows) == 21
    for label, *cells in rows:
        found = [f"{scores.loc[(label, o), 'auc']:.3f} / {scores.loc[(label, o), 'auprc']:.3f}" for o in outcomes]
        assert cells == found, label


def test_the_committed_grid_and_what_readme_says_of_it_follow_from_its_records(bench: Bench, tmp_path: Path) -> None:
    bench("report", "phase_small", "--results", str(ROOT / "results"))
    for name in ("phase.csv", "draws.csv", "levels.csv", "index.md", "phase.tex"):
        assert (tmp_path / "reports" / "phase_small" / name).read_bytes() == (ROOT / "reports/phase_small" / name).read_bytes()
    told = " ".join(README.split())
    points = pd.read_csv(ROOT / "reports" / "phase_small" / "phase.csv")
    ties = points[points["verdict"] == "ties"].groupby("metric").size()
    assert f"Of {len(points) // 2} comparisons with the twin {ties['auc']} are ties in AUC and {ties['auprc']} in AUPRC" in told
    auc = points[points["metric"] == "auc"]
    none, half, whole = (f"{gain:+.3f}" for gain in auc.groupby("common")["gain"].mean())
    assert f"in AUC is {none} where outcomes have no signal in common, {half} where half of it is, {whole} where all is" in told
    few, many = (f"{gain:+.3f}" for gain in auc.groupby("patients")["gain"].mean())
    conflict = ", ".join(f"{gain:+.3f}" for gain in auc.groupby("conflict")["gain"].mean())
    assert f"rises ({conflict}), and it is {few} with 1,000 patients, {many} with 3,000" in told


def test_a_copied_study_is_understood(tmp_path: Path) -> None:
    from bench.protocol.study import read_study

    path = tmp_path / "my_study.toml"
    path.write_text(blocks("toml")[0])
    study = read_study(str(path))
    assert study.protocol.folds == 5
    assert study.methods[1].set == {"C": 0.0001}

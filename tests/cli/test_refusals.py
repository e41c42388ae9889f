"""Wrong options: each names itself, says what is allowed, exits with 2, and starts nothing."""

from pathlib import Path

import pytest

from tests.cli.conftest import QUICKEST, Bench


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "quik"), ("quik", "Did you mean 'quick'")),
        (("run", "--trials", "0"), ("protocol.trials", "found 0")),
        (("run", "--trials", "many"), ("--trials", "'many'", "whole number")),
        (("run", "--folds", "-2"), ("protocol.folds", "found -2")),
        (("run", "--seeds", "0"), ("protocol.seeds", "found 0")),
        (("run", "--workers", "0"), ("--workers", "found 0", "1 or more")),
        (("run", "--patients", "7"), ("protocol.patients", "found 7")),
        (("run", "--modalities", "tabular,image"), ("modalities", "'image'")),
        (("run", "--dataset", "vitalbd"), ("vitalbd", "Did you mean 'vitaldb'")),
        (("run", "--methods", "lightbgm"), ("lightbgm", "Did you mean 'lightgbm'")),
        (("run", "--methods", ","), ("methods", "at least one")),
        (("run", "--methods", "hard_sharing+nope"), ("nope",)),
        (("run", "--plugin", "nowhere.py"), ("nowhere.py", "no such file")),
        (("run", "--trails", "3"), ("--trails",)),
        (("run", "--device", "gpu"), ("--device", "gpu", "cuda")),
        (("run", "--executor", "moon"), ("--executor", "moon", "slurm")),
        (("run", "--cluster", "time=60"), ("--cluster", "--executor local", "ray or slurm")),
        (("run", "--executor", "slurm", "--cluster", "fast"), ("--cluster", "'fast'", "KEY=VALUE")),
        (("run", "--executor", "slurm", "--cluster", "queue=long"), ("queue", "'long'", "slurm, local")),
        (("run", "--executor", "slurm", "--cluster", "time=soon"), ("time", "'soon'", "minutes")),
        (("run", "--executor", "slurm", "--cluster", "array=0-9"), ("array", "a job of its own")),
        (("run", "--executor", "ray", "--cluster", "partition=gpu"), ("partition", "address=HOST:PORT")),
        (("run", "--executor", "ray", "--cluster", "gpus=2"), ("gpus", "'2'", "at most 1")),
        (("run", "--executor", "ray", "--cluster", "address=ray://here"), ("ray://here", "HOST:PORT")),
        (("run", "--dataset", "vitaldb", "--data-home", "empty"), ("vitaldb", "cases.csv", "vitaldb.net", "--data-home")),
        (("report", "nothing"), ("nothing", "Run it first")),
        (("report", "../../etc"), ("../../etc",)),
        (("report", "small/../small"), ("small/../small", "not a path", "--results")),
        (("list", "patients"), ("patients", "datasets")),
        (("runn",), ("runn",)),
    ],
)
def test_a_refusal_names_what_is_wrong(bench: Bench, tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    refused = bench(*arguments, code=2)
    for word in words:
        assert word in refused.stderr
    assert not list(tmp_path.rglob("plan.json"))
    assert not (tmp_path / "reports").exists()


def test_a_results_folder_that_is_a_file_is_refused(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    assert "cannot be written" in bench("run", "--results", "taken", "--methods", "logistic", code=2).stderr


def test_a_broken_plugin_is_refused_by_name(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text("import nowhere_to_be_found\n")
    assert "odd.py: ModuleNotFoundError" in bench("list", "methods", "--plugin", "odd.py", code=2).stderr
    (tmp_path / "twice.py").write_text(QUICKEST.read_text().replace('"most_common"', '"logistic"'))
    assert "registered twice" in bench("list", "methods", "--plugin", "twice.py", code=2).stderr


def test_further_patients_of_a_real_cohort_are_refused(bench: Bench) -> None:
    assert "not synthetic" in bench("prepare", "vitaldb", "--large-n", code=2).stderr

"""Ten thousand inputs that are wrong somewhere: no traceback, no hang, no partial result, and an error that says where."""

import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.protocol.select import expand
from bench.protocol.settings import refuse_settings
from bench.protocol.study import read_study
from datasets import Refused
from tests.datasets.folders import CASES, NOTES_CSV, SERIES_CSV, TOML, tiny
from tests.fuzz.mutated import csv, toml, words
from tests.fuzz.ran import files, ran, refused

STUDY = """\
extends = "quick"
name = "tiny"
description = "Two methods on a folder."
baseline = "plain"
methods = ["xgboost", {label = "plain", name = "logistic", set = {C = 0.5}, without = ["text"], optional = false}]

[[datasets]]
label = "small"
name = "./tiny"
patients = 60

[[datasets]]
label = "world"
name = "surgical"
known = 0.5
set = {patients = 660}
grid = {replicate = [0, 1], common = [0.2, 0.5]}

[protocol]
folds = 2
repeats = 1
trials = 3
seeds = 2
selection = "auc"
modalities = ["tabular", "text"]
split = "kfold"

[[published]]
label = "paper"
source = "arXiv"
"""
# Together ten thousand.
KINDS = {"slice": 60, "soak": 1000}
Fuzz = Callable[[Any], Any]


def fuzzed(**inputs: st.SearchStrategy[Any]) -> Callable[[Fuzz], Fuzz]:
    """A test of many inputs: the same few each time in `make test`, others each time in `make soak`."""

    def decorate(test: Fuzz) -> Fuzz:
        def of(kind: str) -> Any:
            unhealthy = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
            asked = settings(
                max_examples=KINDS[kind],
                deadline=None,
                database=None,
                derandomize=kind == "slice",
                suppress_health_check=unhealthy,
            )
            return asked(given(**inputs)(test))

        def both(kind: str, tmp_path: Path) -> None:
            of(kind)(tmp_path=tmp_path)

        both.__doc__ = test.__doc__
        return pytest.mark.parametrize("kind", ["slice", pytest.param("soak", marks=pytest.mark.soak)])(both)

    return decorate


def checked(folder: Path) -> None:
    """`check dataset` says what is wrong, names where it is, and leaves the folder as it is."""
    before = files(folder)
    found = ran(folder.parent, "check", "dataset", f"./{folder.name}")
    assert files(folder) == before
    if refused(found):
        told = [line for line in found.err.splitlines() if line.startswith("Error: ")]
        assert told, found
        # A file, by the name that the folder or its description has for it, or a part of the cohort; then what is wrong there.
        assert all(re.match(r"Error: \S.*?(: | |, )\S", line) for line in told), found


@fuzzed(content=toml(TOML))
def test_a_description(content: bytes, tmp_path: Path) -> None:
    checked(tiny(tmp_path / "tiny", toml=content))


@fuzzed(cases=st.one_of(st.just(CASES.encode()), csv(CASES)), notes=csv(NOTES_CSV), series=csv(SERIES_CSV))
def test_tables(cases: bytes, notes: bytes, series: bytes, tmp_path: Path) -> None:
    checked(tiny(tmp_path / "tiny", cases=cases, notes=notes, series=series))


@fuzzed(content=toml(STUDY))
def test_a_study(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    problem = refusal_of(str(path))
    if problem is not None:
        assert "stud" in problem
        found = ran(tmp_path, "run", "study.toml", "--plan")
        assert refused(found)
        assert "study.toml" in found.err
        assert files(tmp_path) == {str(path)}


def refusal_of(path: str) -> str | None:
    """Why a study file is refused; what is wrong with its methods and settings is refused later, in words, too."""
    try:
        study = read_study(path)
    except Refused as refusal:
        return str(refusal)
    with suppress(Refused):
        expand(study.methods)
        for label in study.datasets:
            refuse_settings(label)
    return None


@fuzzed(arguments=words())
def test_a_command_line(arguments: list[str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    tiny(home / "tiny")
    (home / "tiny.toml").write_text('extends = "quick"\nmethods = ["logistic"]\ndatasets = ["./tiny"]\n')
    before = files(home)
    # With a study alone a run would begin.
    found = ran(home, *arguments, *(["--plan"] if "run" in arguments else []))
    if refused(found):
        assert files(home) == before

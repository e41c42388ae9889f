"""What `check method` finds of methods that cheat only in a run, by what lies there on disk and in memory."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.checking.run import checks_of_a_run
from bench.checking.staged import altered
from bench.protocol.select import load_files
from bench.running.fence import VARIABLE, version
from methods import registry
from methods.contract.checks import CHECKS, Result, check_method
from methods.contract.probe import on_ward

CHEATS = str(Path(__file__).with_name("cheats.py"))
BEFORE = [check for check in CHECKS if check.name in ("parameters", "fit", "probabilities")]


@pytest.fixture(scope="module", autouse=True)
def _registered() -> Iterator[None]:
    before = dict(registry.entries())
    load_files([CHEATS])
    yield
    for name in set(registry.entries()) - set(before):
        del registry._ENTRIES[name]
    del sys.modules["plugin_cheats"]


def looked_at(name: str) -> dict[str, Result]:
    checks = (*BEFORE, *checks_of_a_run([CHEATS]))
    return {result.check.name: result for result in check_method(registry.entry(name), checks=checks)}


def test_the_other_test_side_has_the_same_train_and_valid_and_half_of_its_patients() -> None:
    probe = on_ward(registry.entry("honest"))
    other = altered(probe)
    assert other.train is probe.train
    assert other.valid is probe.valid
    assert len(other.test) == len(probe.test)
    stayed = other.test.patient == probe.test.patient
    assert stayed.sum() == len(probe.test) // 2
    assert not set(other.test.patient[~stayed]) & {*probe.train.patient, *probe.valid.patient, *probe.test.patient}
    assert (other.test.outcomes + probe.test.outcomes == 1).all(axis=None)


def test_an_honest_method_ends_the_same_whoever_is_in_test() -> None:
    assert {name: result.why for name, result in looked_at("honest").items() if result.state != "kept"} == {}


CAUGHT = {
    "only_at_work": {"chance in a run", "test apart"},
    "learns_from_test": {"test apart"},
    "reads_the_cache": {"chance in a run", "test apart"},
    "asks_its_callers": {"chance in a run", "test apart"},
    "copies_its_neighbour": {"chance in a run", "test apart"},
}
SLICE = ("only_at_work", "learns_from_test")


@pytest.mark.parametrize("name", [name if name in SLICE else pytest.param(name, marks=pytest.mark.soak) for name in CAUGHT])
def test_a_cheat_is_caught_by_what_it_does_in_a_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where there is no fence, or somebody does without.
    monkeypatch.setenv(VARIABLE, "0")
    found = looked_at(name)
    broken = {check: result.why for check, result in found.items() if result.state == "broken"}
    assert set(broken) == CAUGHT[name]
    assert "follow the outcomes of test, or who else is in it" in broken["test apart"]
    if "chance in a run" in broken:
        assert "Found: mean AUC 1.000" in broken["chance in a run"]


@pytest.mark.skipif(not version(), reason="this system has no Landlock (Linux 5.19 and later)")
@pytest.mark.parametrize("name", [name if name in SLICE else pytest.param(name, marks=pytest.mark.soak) for name in CAUGHT])
def test_behind_the_fence_a_cheat_finds_nothing_to_read(name: str) -> None:
    broken = {check: result.why for check, result in looked_at(name).items() if result.state == "broken"}
    assert set(broken) == {"chance in a run", "test apart"}
    for why in broken.values():
        assert "its cell fails in a run: PermissionError: methods can open no results, cohorts or caches" in why


@pytest.mark.skipif(not version(), reason="this system has no Landlock (Linux 5.19 and later)")
@pytest.mark.parametrize("name", ["hides_its_failure", "reads_as_it_is_imported"])
def test_behind_the_fence_a_cheat_that_bears_refusals_is_no_better_than_honest(name: str) -> None:
    assert {check: result.why for check, result in looked_at(name).items() if result.state != "kept"} == {}


@pytest.mark.parametrize("name", ["hides_its_failure", "reads_as_it_is_imported"])
def test_without_the_fence_it_would_know_all(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    assert "Found: mean AUC 1.000" in looked_at(name)["chance in a run"].why


@pytest.mark.soak
def test_a_cell_that_fails_in_a_run_is_told_with_its_reason() -> None:
    # Known here, and not to the worker, which is told of no plug-in.
    checks = (*BEFORE, *checks_of_a_run([]))
    found = {result.check.name: result for result in check_method(registry.entry("honest"), checks=checks)}
    assert "its cell fails in a run: method 'honest' is not known" in found["chance in a run"].why

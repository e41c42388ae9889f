"""The journal, from lines written by hand: states, values on the way, what older records lack; nothing stands in it twice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from bench.running.journal import bring_up, opened, write
from bench.trials import DONE, RUNNING, CellTrials

WIDTHS = {"name": "CategoricalDistribution", "attributes": {"choices": ["narrow", "wide"]}}


def line(number: int, state: str = "complete", **more: Any) -> dict[str, Any]:
    shared = {"outcome": None, "number": number, "state": state, "value": 0.5 + number / 10 if state == "complete" else None}
    shared |= {"settings": {"width": "wide", "loss": "bce"}, "params": {"width": "wide"}, "distributions": {"width": WIDTHS}}
    return {**shared, "steps": {"0": 0.25, "1": 0.75}, "seconds": 90.0, **more}


def cell(*lines: dict[str, Any], state: str = RUNNING, chosen: dict[str, int] | None = None) -> CellTrials:
    return CellTrials("d", "m", 0, state, "auc", lines, chosen or {})


def test_a_trial_is_told_as_it_was(tmp_path: Path) -> None:
    began = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    lines = (line(0, began=began.isoformat()), line(1, "pruned"), line(2, "diverged", steps={}))
    assert write([cell(*lines)], tmp_path / "j.log") == (1, 3)
    first, pruned, diverged = optuna.load_study(study_name="d/m/fold-0", storage=opened(tmp_path / "j.log")).trials
    assert [trial.state for trial in (first, pruned, diverged)] == [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL]
    assert first.intermediate_values == {0: 0.25, 1: 0.75}
    assert first.params == {"width": "wide"}
    assert isinstance(first.distributions["width"], CategoricalDistribution)
    assert first.user_attrs == {"seconds": 90.0, "epochs": 2, "fixed": {"loss": "bce"}, "default": True}
    assert first.datetime_start is not None
    assert first.datetime_start.astimezone(UTC) == began
    assert (first.datetime_complete - first.datetime_start).total_seconds() == 90
    # What an older record does not say is not made up.
    assert pruned.datetime_start is None
    assert pruned.datetime_complete is None
    assert pruned.user_attrs == {"seconds": 90.0, "epochs": 2, "fixed": {"loss": "bce"}}
    assert diverged.user_attrs == {"seconds": 90.0, "fixed": {"loss": "bce"}, "diverged": True}


def test_a_storage_is_brought_up_to_date_without_doubles() -> None:
    storage = InMemoryStorage()
    assert bring_up(storage, [cell(line(0))]) == 1
    assert bring_up(storage, [cell(line(0), line(1))]) == 1
    assert bring_up(storage, [cell(line(0), line(1), state=DONE, chosen={"all": 1})]) == 0
    study = optuna.load_study(study_name="d/m/fold-0", storage=storage)
    assert [trial.value for trial in study.trials] == [0.5, 0.6]
    assert study.user_attrs == {"value": "auc", "cell": "done", "chosen_trial": 1}


def test_a_journal_grows_by_what_is_new_alone(tmp_path: Path) -> None:
    journal = tmp_path / "j.log"
    write([cell(line(0))], journal)
    before = journal.read_bytes()
    assert bring_up(opened(journal), [cell(line(0))]) == 0
    assert journal.read_bytes() == before
    assert bring_up(opened(journal), [cell(line(0), line(1))]) == 1
    assert journal.read_bytes().startswith(before)
    assert len(optuna.load_study(study_name="d/m/fold-0", storage=opened(journal)).trials) == 2


def test_outcomes_that_are_tuned_alone_are_studies_of_their_own() -> None:
    storage = InMemoryStorage()
    bring_up(storage, [cell(line(0, outcome="a"), line(1, outcome="a"), line(0, outcome="b"), chosen={"a": 1, "b": 0})])
    assert optuna.get_all_study_names(storage) == ["d/m/fold-0/a", "d/m/fold-0/b"]
    assert len(optuna.load_study(study_name="d/m/fold-0/a", storage=storage).trials) == 2
    assert optuna.load_study(study_name="d/m/fold-0/b", storage=storage).user_attrs["chosen_trial"] == 0

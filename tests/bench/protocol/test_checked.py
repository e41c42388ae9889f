"""What the check of a cohort warns of is kept with the record of a run."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.protocol import checked
from bench.protocol.checked import warned
from bench.protocol.kept import keep
from bench.protocol.labels import DatasetLabel, Point
from bench.protocol.prepared import Prepared, prepare
from bench.protocol.study import read_study
from datasets import cache

SMALL = {"patients": 660}


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    """A small synthetic cohort into which three faults are planted as its local form is read."""
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path / "cache"))
    study = read_study("quick", {})
    found = prepare(study, DatasetLabel(label="small", name="surgical", set=SMALL), tmp_path)
    sound = cache.read(found.local)
    assert sound.tabular is not None
    y, pulmonary = sound.outcomes["any_complication"].copy(), sound.outcomes["pulmonary"]
    y[np.flatnonzero(pulmonary == 1)[:2]] = 0
    table = sound.tabular.assign(mrn=np.arange(660.0), los_days=1.5)
    planted = replace(sound, tabular=table, outcomes=sound.outcomes.assign(any_complication=y.astype(np.float32)))
    monkeypatch.setattr(checked.cache, "read", lambda _: planted)
    return found


def test_a_registered_cohort_is_checked_at_run_time_and_graver_things_come_first(ready: Prepared) -> None:
    found = warned(ready)
    assert found is not None
    assert found[0].startswith("column 'mrn': is named like a record number")
    assert "outcome 'any_complication': is 0 in fewer than 5 cases whose 'pulmonary', which it holds, is 1." in found
    assert "column 'los_days': has one value in all cases that have any; it says nothing." in found
    assert any(warning.startswith("column 'los_days': is named like something known only later") for warning in found)
    assert len(found) == len(set(found))


def test_the_worlds_of_a_synthetic_grid_are_not_checked(ready: Prepared) -> None:
    point = Point(label="small-x", name="surgical", set=SMALL, entry="small", values={"replicate": 0})
    assert warned(replace(ready, label=point)) is None


@pytest.mark.parametrize("warnings", [("column 'x': says nothing.",), (), None])
def test_warnings_stand_with_the_cohort_where_it_was_checked(
    ready: Prepared, tmp_path: Path, warnings: tuple[str, ...] | None
) -> None:
    keep(tmp_path / "kept", {"protocol": {"diagnostics": "none"}, "methods": {}}, ready, warnings)
    cohort = json.loads((tmp_path / "kept" / "cohort.json").read_text())
    assert cohort.get("warnings") == (None if warnings is None else list(warnings))

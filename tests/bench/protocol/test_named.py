"""Methods that read the card: left out where it names nothing for them, and run anew where it names something else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.disk import read_json
from bench.protocol.named import named, unnamed
from bench.protocol.plan import DatasetPlan, plan
from bench.protocol.study import read_study
from datasets import MODALITIES, Card, Cohort, Refused
from datasets.folder.template import write_template
from methods.registry import entry

PROCEDURE = 'procedure = "diagnosis"        # the input that names the procedure, or else the reason of admission\n'
METHODS = ["logistic", "clinical_score", "procedure_rate"]


def folder(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    made = tmp_path / "demo"
    write_template(made)
    toml = (made / "cohort.toml").read_text()
    for old, new in changes:
        assert old in toml
        toml = toml.replace(old, new)
    (made / "cohort.toml").write_text(toml)
    return made


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Plans a study of the template's folder, some words of its description changed."""
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path / "cache"))

    def made(*changes: tuple[str, str], place: str = "one", methods: list[str] = METHODS, **protocol: object) -> DatasetPlan:
        (tmp_path / place).mkdir()
        made = folder(tmp_path / place, *changes)
        study = read_study("quick", {"datasets": [str(made)], "methods": methods, **protocol})
        return plan(study, study.methods, tmp_path / "home", tmp_path / place / "results", [])[0]

    return made


def test_a_cohort_without_a_procedure_leaves_the_rate_out_by_name(planned) -> None:
    found = planned((PROCEDURE, ""))
    assert found.methods_left_out == {"procedure_rate": "the card of 'demo' names no procedure"}
    assert [cell.settings["name"] for cell in found.cells] == ["logistic", "clinical_score"]
    record = read_json(found.folder / "plan.json")
    assert record["methods_left_out"] == dict(found.methods_left_out)
    assert set(record["methods"]) == {"logistic", "clinical_score"}


def test_a_cohort_with_a_procedure_runs_it(planned) -> None:
    found = planned()
    assert found.methods_left_out == {}
    assert [cell.settings["name"] for cell in found.cells] == METHODS


def test_a_study_of_such_methods_alone_is_refused_where_none_is_left(planned) -> None:
    with pytest.raises(Refused, match="method 'procedure_rate': the card of 'demo' names no procedure"):
        planned((PROCEDURE, ""), methods=["procedure_rate"])


def test_another_column_on_the_card_is_another_cell_for_who_reads_it_alone(planned) -> None:
    other = [('procedure = "diagnosis"', 'procedure = "sex"'), ('reference = ["age", "asa"]', 'reference = ["age"]')]
    first, second = planned(), planned(*other, place="two")
    keys = [{cell.settings["name"]: cell.key for cell in found.cells} for found in (first, second)]
    assert first.cells[0].settings["cohort_hash"] == second.cells[0].settings["cohort_hash"]
    assert {name for name in METHODS if keys[0][name] != keys[1][name]} == {"clinical_score", "procedure_rate"}


def test_a_procedure_in_a_note_needs_the_notes(planned) -> None:
    found = planned(modalities=["tabular"])
    assert found.methods_left_out == {"procedure_rate": "'demo' names the procedure in its text, which is left out here"}


def test_a_score_needs_tables_or_is_left_out(planned) -> None:
    found = planned(modalities=["text"])
    assert found.methods_left_out == {"clinical_score": "'demo' offers no tabular here"}


def test_clinical_scores_without_a_reference_column_are_enough() -> None:
    score = entry("clinical_score")
    bare = Cohort(
        Card("bare", "", "", "", "", "", {}),
        np.arange(2),
        pd.DataFrame({"y": np.array([0, 1], np.float32)}),
        pd.DataFrame({"age": np.array([50, 60], np.float32)}),
    )
    assert unnamed(score, bare, MODALITIES) == "the card of 'bare' names no reference"
    assert unnamed(score, replace(bare, reference=pd.DataFrame({"saps": np.ones(2, np.float32)})), MODALITIES) is None
    card = replace(bare.card, reference=("age",))
    assert unnamed(score, replace(bare, card=card), MODALITIES) is None
    assert named(score, replace(bare, card=card)) == {"reference": ("age",)}
    assert (unnamed(entry("logistic"), bare, MODALITIES), named(entry("logistic"), bare)) == (None, {})


def test_weights_for_another_number_of_outcomes_are_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path / "cache"))
    entry = f'{{label = "fixed", name = "static_weights", set = {{weights = {[1.0] * 9}}}}}'
    (tmp_path / "mine.toml").write_text(f'extends = "quick"\nmethods = [{entry}]\ndatasets = ["{folder(tmp_path)}"]\n')
    study = read_study(str(tmp_path / "mine.toml"))
    with pytest.raises(Refused, match="weights: 9 are given for"):
        plan(study, study.methods, tmp_path / "home", tmp_path / "results", [])

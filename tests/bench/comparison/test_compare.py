"""Two studies compared, from records that nobody ran: against one study that holds both, by hand, where nothing can be compared."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from bench.comparison.cases import NOT_COMPARABLE, PAIRED, UNPAIRED
from bench.comparison.results import EQUAL
from bench.comparison.spaces import spaces
from bench.comparison.strict import unequal
from bench.comparison.studies import Comparison, Study, compare
from bench.diagnostics.transfer import transfer
from bench.disk import append_line, write_json
from bench.evaluation.scores import score
from bench.evaluation.statistics import holm
from bench.reporting.compared.told import text
from bench.store import StudyRecord, read_study
from bench.trials import read_trials
from datasets import Refused
from tests.bench.grids import write_grid
from tests.bench.records import OUTCOMES, Fake, noisy, study

RESAMPLES = 100
Edit = Callable[[dict[str, Any]], None]


def edited(home: Path, edit: Edit, file: str = "plan.json") -> StudyRecord:
    """A study after an edit of a file of each dataset."""
    for path in (home / "invented").glob(f"*/{file}"):
        content = json.loads(path.read_text())
        edit(content)
        write_json(path, content)
    return read_study(home, "invented", checked=False)


def compared(a: StudyRecord, b: StudyRecord, home: Path | None = None) -> Comparison:
    first, second = (
        Study(record, spaces(read_trials(home / name, record.name)) if home else {}, Path(name))
        for name, record in (("a", a), ("b", b))
    )
    return compare(first, second, RESAMPLES)


def told(comparison: Comparison) -> str:
    return " ".join(text(comparison, 100).split())


def changed(comparison: Comparison) -> dict[str, tuple[str, str]]:
    return {f"{one.part} {one.what}": (one.a, one.b) for one in comparison.datasets[0].changes}


def test_a_study_equals_itself_written_again(tmp_path: Path) -> None:
    found = compared(study(tmp_path / "a", Fake(seeds=2)), study(tmp_path / "b", Fake(seeds=2)))
    assert unequal(found) == []
    assert set(found.datasets[0].results["verdict"]) == {EQUAL}
    assert "Equal to the bit: every method (single_task, mmoe, orthtd, lightgbm)" in told(found)
    assert "Set-up - Nothing differs." in told(found)
    assert "All scores are equal" in told(found)


@pytest.mark.parametrize("protocol", [{"seeds": 2}, {"folds": 5}, {"folds": 2, "repeats": 2}])
def test_differences_are_those_of_one_study_that_holds_both(tmp_path: Path, protocol: dict[str, int]) -> None:
    fake = Fake(patients=300, skill={"one": 1.0, "two": 1.3}, twins={}, **protocol)  # type: ignore[arg-type]
    a, b = study(tmp_path / "a", fake), study(tmp_path / "b", replace(fake, change=noisy("two")))
    # Another seed of the study draws other patients for its own report, not for this.
    b = edited(tmp_path / "b", lambda plan: plan["protocol"].update(seed=7))
    cells = {"one": a.datasets[0].cells, "two": b.datasets[0].cells}
    both = study(tmp_path / "both", replace(fake, change=lambda _, label, fold: cells[label]["two", fold].predictions))
    record = both.datasets[0]
    expected = transfer(record, score(record, RESAMPLES), {"two": "one"})
    found = compared(a, b).datasets[0]
    assert found.comparable.kind == PAIRED
    table = found.results[found.results["method"] == "two"].reset_index(drop=True)
    assert table["outcome"].tolist() == expected["outcome"].tolist()
    pd.testing.assert_series_equal(table["difference"], expected["gain"], check_names=False)
    for column in ("low", "high", "p", "p_holm", "visible", "methods_low", "methods_high", "methods_p_holm"):
        pd.testing.assert_series_equal(table[column], expected[column])
    assert found.apart["one"] == 0
    assert found.apart["two"] > 0.1


def test_scores_are_those_of_scikit_learn_and_equal_methods_do_not_count_in_holm(tmp_path: Path) -> None:
    a, b = study(tmp_path / "a", Fake()), study(tmp_path / "b", Fake(change=noisy("mmoe")))
    table = compared(a, b).datasets[0].results.set_index(["method", "metric", "outcome"]).sort_index()
    for side, record in (("a", a), ("b", b)):
        frame = record.datasets[0].cells["mmoe", 0].predictions.query("side == 'test' and outcome == 'any' and y.notna()")
        assert table.loc[("mmoe", "auc", "any"), side] == pytest.approx(roc_auc_score(frame["y"], frame["p"]), abs=1e-12)
    moved = table.loc[("mmoe", "auc")].loc[list(OUTCOMES)]
    assert moved["p_holm"].to_numpy() == pytest.approx(holm(moved["p"].to_numpy()))
    same = table.loc["orthtd"]
    assert (same["difference"] == 0).all()
    assert same["p"].isna().all()
    assert set(same["verdict"]) == {EQUAL}


def test_one_risk_that_moved_by_rounding_is_not_equal(tmp_path: Path) -> None:
    def change(frame: pd.DataFrame, label: str, fold: int) -> pd.DataFrame:
        p = frame["p"].to_numpy().copy()
        p[3] = np.nextafter(p[3], 1) if label == "mmoe" else p[3]
        return frame.assign(p=p)

    found = compared(study(tmp_path / "a", Fake()), study(tmp_path / "b", Fake(change=change)))
    assert [method for method, far in found.datasets[0].apart.items() if far] == ["mmoe"]
    assert 0 < found.datasets[0].apart["mmoe"] < 1e-15
    assert unequal(found) == ["cohort: other predictions of mmoe"]
    assert "Equal to the bit: 3 of 4 methods" in told(found)


def test_defaults_are_predictions_too(tmp_path: Path) -> None:
    found = compared(study(tmp_path / "a", Fake()), study(tmp_path / "b", Fake(default_like_tuned=True)))
    assert unequal(found) == ["cohort: other predictions of single_task, mmoe, orthtd, lightgbm"]
    assert (found.datasets[0].results["difference"] == 0).all()


def test_words_of_a_card_are_told_and_do_not_count(tmp_path: Path) -> None:
    a = study(tmp_path / "a", Fake())
    study(tmp_path / "b", Fake())
    found = compared(a, edited(tmp_path / "b", lambda cohort: cohort["card"].update(nested={}), "cohort.json"))
    assert changed(found) == {"card nested": ("any pulmonary, kidney, icu", "–")}
    assert unequal(found) == []
    assert "average_components" in set(found.datasets[0].results["outcome"])


def test_another_split_is_shown_side_by_side_and_another_cohort_not_at_all(tmp_path: Path) -> None:
    a = study(tmp_path / "a", Fake())
    study(tmp_path / "b", Fake(folds=2))
    b = edited(tmp_path / "b", lambda plan: plan.update(split_hash="dead" * 16))
    found = compared(a, b)
    assert found.datasets[0].comparable.kind == UNPAIRED
    assert found.datasets[0].results[["difference", "low", "p", "p_holm"]].isna().all(axis=None)
    assert found.datasets[0].results[["a", "a_low", "b", "b_low"]].notna().any().all()
    assert "Side by side alone: the same cohort, split otherwise" in told(found)
    assert "Holm p" not in told(found)
    assert any("other cases" in line for line in unequal(found))
    b = edited(tmp_path / "b", lambda plan: plan.update(cohort_hash="cafe" * 16))
    found = compared(a, b)
    assert found.datasets[0].comparable.kind == NOT_COMPARABLE
    assert found.datasets[0].results.empty
    assert "No: another cohort" in told(found)
    assert "protocol folds: 1 → 2" in told(found)
    assert "Scores" not in told(found)
    assert "Who leads" not in told(found)


def test_hashes_that_lie_are_seen_by_the_cases(tmp_path: Path) -> None:
    def other(frame: pd.DataFrame, label: str, fold: int) -> pd.DataFrame:
        return frame.assign(y=1 - frame["y"])

    found = compared(study(tmp_path / "a", Fake()), study(tmp_path / "b", Fake(change=other, default_like_tuned=True)))
    assert found.datasets[0].comparable.kind == UNPAIRED
    assert "a record was changed" in told(found)


def test_outcomes_of_both_are_compared_and_averaged(tmp_path: Path) -> None:
    three = [name for name in OUTCOMES if name != "icu"]

    def cut(frame: pd.DataFrame, label: str, fold: int) -> pd.DataFrame:
        return frame[frame["outcome"] != "icu"]

    study(tmp_path / "b", Fake(change=cut, default_like_tuned=True))
    a = study(tmp_path / "a", Fake(default_like_tuned=True))
    b = edited(tmp_path / "b", lambda plan: plan.update(outcomes=three))
    found = compared(a, b)
    dataset = found.datasets[0]
    assert dataset.comparable.kind == PAIRED
    assert dataset.comparable.outcomes == tuple(three)
    assert set(dataset.apart.values()) == {0.0}
    table = dataset.results.set_index(["method", "metric", "outcome"])["a"]
    assert table["mmoe", "auc", "average"] == pytest.approx(np.mean([table["mmoe", "auc", o] for o in three]))
    assert changed(found)["outcomes outcomes"] == ("any, pulmonary, kidney, icu", "any, pulmonary, kidney")
    assert unequal(found) == ["cohort: 1 difference of the set-up"]


def test_what_differs_in_the_set_up_is_named(tmp_path: Path) -> None:
    a = study(tmp_path / "a", Fake())
    study(tmp_path / "b", Fake(skill={"single_task": 1.0, "mmoe": 1.6, "lightgbm": 1.5, "ple": 1.0}))

    def edit(plan: dict[str, Any]) -> None:
        plan["protocol"] |= {"trials": 20, "precision": "full", "diagnostics": "none"}
        plan["methods"]["mmoe"] |= {"set": {"experts": 8}, "without": []}
        plan["left_out"] = {}

    for home, high in (("a", 0.1), ("b", 0.2)):
        ranges = {"lr": {"name": "FloatDistribution", "attributes": {"low": 0.001, "high": high, "log": True, "step": None}}}
        line = {"outcome": None, "number": 0, "state": "complete", "distributions": ranges}
        append_line(tmp_path / home / "invented" / "cohort" / "mmoe" / "fold-0" / "trials.jsonl", line)
        cell = tmp_path / home / "invented" / "cohort" / "mmoe" / "fold-0" / "cell.json"
        content = json.loads(cell.read_text())
        content["versions"]["numpy"] = {"a": "2.0", "b": "2.1"}[home]
        write_json(cell, content)
    found = compared(a, edited(tmp_path / "b", edit), tmp_path)
    assert changed(found) == {
        "protocol trials": ("3", "20"),
        "protocol diagnostics": ("–", "none"),
        "methods in one study alone": ("orthtd", "ple"),
        "fixed parameter mmoe experts": ("–", "8"),
        "search space mmoe lr": ("0.001 to 0.1, log", "0.001 to 0.2, log"),
        "outcome left out death": (a.datasets[0].plan["left_out"]["death"], "–"),
        "version numpy": ("2.0", "2.0, 2.1"),
    }
    assert "methods: in A alone orthtd; in B alone ple" in told(found)


def test_other_versions_and_code_are_told_and_do_not_count(tmp_path: Path) -> None:
    a = study(tmp_path / "a", Fake())
    study(tmp_path / "b", Fake())

    def rekeyed(content: dict[str, Any]) -> None:
        content["key"] = "another"
        content["versions"] = {"python": "3.12", "numpy": "2.0"}

    edited(tmp_path / "b", lambda plan: plan["methods"]["mmoe"].update(keys=["another"]))
    b = edited(tmp_path / "b", rekeyed, "mmoe/fold-0/cell.json")
    found = compared(a, b)
    assert changed(found) == {
        "code of mmoe, or a file that it reads": ("key mmoe:0:0", "key another"),
        "version python": ("3.11", "3.11, 3.12"),
    }
    assert unequal(found) == []


def test_methods_without_all_cells_are_named_and_never_equal(tmp_path: Path) -> None:
    fake = Fake(folds=2, failed=[("mmoe", 1)])
    a = study(tmp_path / "a", fake)
    found = compared(a, study(tmp_path / "b", replace(fake, unrun=[("lightgbm", 1)])))
    assert set(found.datasets[0].results["method"]) == {"single_task", "orthtd"}
    assert "mmoe is not compared, for it is not complete: in A 1 of 2 cells: 1 FloatingPointError; in B 1 of 2" in told(found)
    assert "lightgbm is not compared, for it is not complete: in B 1 of 2 folds done." in told(found)
    assert unequal(found) == ["cohort: not complete: mmoe, lightgbm"]
    nothing = replace(fake, failed=[(method, 0) for method in fake.skill], unrun=[])
    found = compared(a, study(tmp_path / "c", nothing))
    assert "No method is complete in both." in told(found)
    assert "nobody in B" in told(found)


def test_leaders_and_verdicts_that_changed(tmp_path: Path) -> None:
    fake = Fake(patients=1500, skill={"single_task": 0.5, "mmoe": 3.0}, twins={"mmoe": "single_task"})
    a, b = study(tmp_path / "a", fake), study(tmp_path / "b", replace(fake, change=noisy("mmoe", 5.0)))
    dataset = compared(a, b).datasets[0]
    first, second = dataset.leaders["auc"]
    assert first is not None
    assert second is not None
    assert (first.method, second.method) == ("mmoe", "single_task")
    line = dataset.verdicts.set_index(["method", "outcome", "metric"]).loc[("mmoe", "any", "auc")]
    assert (line["a"], line["b"]) == ("helped", "no clear difference")
    said = told(compared(a, b))
    assert "Average AUC, changed: mmoe" in said
    assert "Changed: any by mmoe, AUC: helped → no clear difference." in said


def test_too_few_positives_on_one_side_are_no_verdict_that_changed(tmp_path: Path) -> None:
    fake = Fake(patients=300, skill={"single_task": 1.0, "mmoe": 1.0}, twins={"mmoe": "single_task"})
    a = study(tmp_path / "a", fake)
    study(tmp_path / "b", replace(fake, patients=1500))
    b = edited(tmp_path / "b", lambda plan: plan.update(split_hash="dead" * 16))
    pulmonary = compared(a, b).datasets[0].results.query("outcome == 'pulmonary' and metric == 'auprc'")
    assert pulmonary["a_low"].isna().all()
    assert pulmonary["b_low"].notna().all()
    assert compared(a, b).datasets[0].verdicts.empty


def test_datasets_belong_together_by_label_then_by_cohort(tmp_path: Path) -> None:
    a = study(tmp_path / "a", {"cohort": Fake(), "first": Fake(patients=300), "lonely": Fake()})
    b = study(tmp_path / "b", {"cohort": Fake(), "other": Fake(patients=300)})
    for home, name, mark in (("a", "first", "11"), ("b", "other", "11"), ("a", "lonely", "22")):
        path = tmp_path / home / "invented" / name / "plan.json"
        write_json(path, json.loads(path.read_text()) | {"cohort_hash": mark * 32})
    a, b = read_study(tmp_path / "a", "invented"), read_study(tmp_path / "b", "invented")
    found = compared(a, b)
    assert [dataset.name for dataset in found.datasets] == ["cohort", "first"]
    assert changed(replace(found, datasets=found.datasets[1:]))["dataset label"] == ("first", "other")
    assert found.only == (("lonely",), ())
    assert "lonely: in A alone" in unequal(found)


def test_points_of_a_grid_are_one_line_and_one_table(tmp_path: Path) -> None:
    axes = {"conflict": (0, 1), "patients": (100, 200, 400)}

    def better(method: str, point: Any, draw: int) -> float | None:
        if method == "mmoe" and point["patients"] == 400 and draw == 1:
            return None
        return 0.7 + (0.02 * (draw + 1) if method == "mmoe" and point == {"conflict": 1, "patients": 100} else 0)

    a = write_grid(tmp_path / "a", lambda _method, _point, _draw: 0.7, axes)
    b = write_grid(tmp_path / "b", better, axes)
    found = compared(a, b)
    said = text(found, 100)
    assert "12 points in both: 12 paired." in said
    assert "At 10 of 12 points every prediction is equal to the bit." in said
    assert "Average AUC, furthest apart: +0.040 (mmoe on g-conflict_1-patients_100-replicate_1)." in told(found)
    row = next(line for line in said.splitlines() if line.startswith("mmoe") and " AUC " in line)
    assert row.split() == ["mmoe", "AUC", "10", "8", "0.700", "0.706", "+0.006", "+0.000", "to", "+0.040"]
    assert len(said.splitlines()) < 40
    assert unequal(found) == [
        "g: other predictions at 2 of 12 points",
        "g: methods that are not complete at 2 of 12 points",
    ]
    assert unequal(compared(a, a)) == []


@pytest.mark.parametrize("width", [40, 60, 100, 300])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(tmp_path: Path, width: int) -> None:
    name = "a_method_of_a_very_long_name_that_somebody_made_up"
    fake = Fake(skill={name: 1.0, "two": 1.2}, twins={})
    found = compared(study(tmp_path / "a", fake), study(tmp_path / "b", replace(fake, change=noisy(name))))
    said = text(found, width)
    assert max(map(len, said.splitlines())) <= min(width, 100)
    for value in found.datasets[0].results.query("verdict != 'equal'")["a"]:
        assert f"{value:.3f}" in said


def test_a_record_whose_cells_disagree_is_refused_by_its_letter(tmp_path: Path) -> None:
    def torn(frame: pd.DataFrame, label: str, fold: int) -> pd.DataFrame:
        return frame.drop(frame.index[frame["side"] == "test"][-1]) if label == "mmoe" else frame

    with pytest.raises(Refused, match=r"^B: cohort/mmoe/fold-0: test predictions"):
        compared(study(tmp_path / "a", Fake()), study(tmp_path / "b", Fake(change=torn)))

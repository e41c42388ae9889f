"""Differences to the study's baseline, and gains of methods that read less than their twin."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench.reporting.contents as contents
import bench.reporting.write as writing
from bench.diagnostics.transfer import pairs
from bench.evaluation.differences import difference
from bench.evaluation.scores import score
from bench.evaluation.statistics import holm
from bench.reporting.write import write
from bench.store import StudyRecord
from tests.bench.records import Fake, study


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "score", lambda record: score(record, resamples=100))
    monkeypatch.setattr(writing, "_figures", lambda *_: None)


def planned(record: StudyRecord, methods: Mapping[str, Mapping[str, Any]] | None = None, **plan: Any) -> StudyRecord:
    """The same records under a plan that says more."""

    def changed(entries: Mapping[str, Any]) -> dict[str, Any]:
        return {label: {**entry, **(methods or {}).get(label, {})} for label, entry in entries.items()}

    said = (replace(one, plan={**one.plan, **plan, "methods": changed(one.plan["methods"])}) for one in record.datasets)
    return StudyRecord(record.name, tuple(said))


def test_each_method_stands_against_the_baseline(tmp_path: Path) -> None:
    record = planned(study(tmp_path, Fake(patients=3000)), baseline="orthtd")
    folder = write(record, tmp_path / "reports").folder
    table = pd.read_csv(folder / "baseline.csv")
    main = pd.read_csv(folder / "main.csv")
    assert table["method"].unique().tolist() == ["single_task", "mmoe", "lightgbm"]
    assert set(table["baseline"]) == {"orthtd"}
    scores = score(record.datasets[0], resamples=100)
    for line in table.to_dict("records"):
        auc = main[(main["outcome"] == line["outcome"]) & (main["status"] == "ok")].set_index("method")[line["metric"]]
        assert line["difference"] == pytest.approx(auc[line["method"]] - auc["orthtd"], abs=2e-6)
        found = difference(scores, line["metric"], line["method"], "orthtd", line["outcome"])
        assert line["low"] == pytest.approx(found.interval.low, rel=1e-4, nan_ok=True)
        assert line["high"] == pytest.approx(found.interval.high, rel=1e-4, nan_ok=True)
    averages = table[(table["metric"] == "auc") & (table["outcome"] == "average")]
    assert averages["p_holm"].to_numpy() == pytest.approx(holm(averages["p"].to_numpy()), rel=1e-4)
    # Orthtd sees 0.4 of the risk and mmoe 1.6, on 600 test patients.
    mmoe = averages.set_index("method").loc["mmoe"]
    assert mmoe["verdict"] == "better"
    shown = f"{mmoe['difference']:+.3f} ({mmoe['low']:+.3f}, {mmoe['high']:+.3f}) better"
    assert shown in (folder / "baseline.md").read_text()
    assert shown in (folder / "baseline.tex").read_text()
    page = (folder / "index.md").read_text()
    assert shown in page.split("## Difference to orthtd")[1].split("\n## ")[0]
    assert "Average AUC, 3 methods against orthtd: none is clearly worse; better are " in page
    assert "`baseline.*`" in page


def test_worse_is_said_where_the_baseline_leads(tmp_path: Path) -> None:
    folder = write(planned(study(tmp_path, Fake(patients=3000)), baseline="mmoe"), tmp_path / "reports").folder
    table = pd.read_csv(folder / "baseline.csv")
    found = table[(table["metric"] == "auc") & (table["outcome"] == "average") & (table["method"] == "orthtd")].iloc[0]
    assert found["difference"] < 0
    assert found["verdict"] == "worse"
    assert f"orthtd ({found['difference']:+.3f})" in (folder / "index.md").read_text()
    assert set(table["verdict"]) <= {"better", "worse", "no clear difference", "too few positives"}


@pytest.mark.parametrize(
    ("fake", "plan", "words"),
    [
        (Fake(), {"baseline": "gone"}, "No differences to gone: it is not in the study."),
        (Fake(failed=[("orthtd", 0)]), {"baseline": "orthtd"}, "No differences to orthtd: it is not complete."),
        (Fake(), {"baseline": "TabPFN", "methods_left_out": {"TabPFN": "no weights"}}, "No differences to TabPFN: no weights."),
    ],
)
def test_a_baseline_without_scores_leaves_a_line_and_no_table(tmp_path: Path, fake: Fake, plan: dict[str, Any], words: str) -> None:
    folder = write(planned(study(tmp_path, fake), **plan), tmp_path / "reports").folder
    page = (folder / "index.md").read_text()
    assert words in page
    assert "## Difference to" not in page
    assert not list(folder.glob("baseline.*"))


def test_only_the_dataset_that_names_a_baseline_has_the_table(tmp_path: Path) -> None:
    record = study(tmp_path, {"first": Fake(), "second": Fake()})
    named = planned(StudyRecord("invented", record.datasets[1:]), baseline="mmoe").datasets
    folder = write(StudyRecord("invented", (record.datasets[0], *named)), tmp_path / "reports").folder
    assert pd.read_csv(folder / "baseline.csv")["dataset"].unique().tolist() == ["second"]
    first, second = (folder / "index.md").read_text().split("# Dataset second")
    assert "## Difference to mmoe" not in first
    assert "## Difference to mmoe" in second


def test_a_method_without_a_modality_has_a_gain_only_over_a_twin_without_it(tmp_path: Path) -> None:
    less = {"without": ["text"], "modalities": ["tabular", "series"]}
    whole = {"without": [], "modalities": ["tabular", "text", "series"]}
    record = study(tmp_path, Fake())
    found = planned(record, {"orthtd": less, "mmoe": whole, "single_task": whole}).datasets[0]
    scores = score(found, resamples=10)
    told = pairs(found, scores)
    assert told.twins == {"mmoe": "single_task"}
    assert told.left_out == {
        "orthtd": "it reads tabular, series, its twin single_task tabular, text, series: not sharing alone sets them apart"
    }
    page = (write(StudyRecord("invented", (found,)), tmp_path / "reports").folder / "index.md").read_text()
    assert f"No gain for orthtd: {told.left_out['orthtd']}." in page
    both = planned(record, {"orthtd": less, "mmoe": whole, "single_task": less}).datasets[0]
    assert pairs(both, scores).twins == {"orthtd": "single_task"}


def test_of_two_twins_the_one_that_reads_the_same_is_taken(tmp_path: Path) -> None:
    fake = Fake(skill={"twin": 1.0, "twin_no_text": 1.0, "mmoe": 1.0, "mmoe_no_text": 1.0})
    less, twin = {"without": ["text"], "twin": "single_task"}, {"name": "single_task"}
    said = {"twin": twin, "twin_no_text": {**twin, "without": ["text"]}, "mmoe": {"twin": "single_task"}, "mmoe_no_text": less}
    found = planned(study(tmp_path, fake), said).datasets[0]
    assert pairs(found, score(found, resamples=10)).twins == {"mmoe": "twin", "mmoe_no_text": "twin_no_text"}


def test_the_differences_are_paired(tmp_path: Path) -> None:
    """A method that predicts what the baseline predicts has no difference and no spread, which unpaired draws would give it."""
    record = study(tmp_path, Fake(skill={"mmoe": 1.0, "orthtd": 1.0}))
    cells = dict(record.datasets[0].cells)
    cells["orthtd", 0] = replace(cells["orthtd", 0], predictions=cells["mmoe", 0].predictions)
    same = planned(StudyRecord("invented", (replace(record.datasets[0], cells=cells),)), baseline="mmoe")
    table = pd.read_csv(write(same, tmp_path / "reports").folder / "baseline.csv")
    kept = table[table["low"].notna()]
    assert len(kept)
    assert np.all(kept[["difference", "low", "high"]] == 0)
    assert set(kept["verdict"]) == {"no clear difference"}

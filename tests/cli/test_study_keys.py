"""What a study may say of single entries and of its report: without, optional, baseline, published."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import QUICKEST, Bench

PLUGIN = '''
import numpy as np

from methods import Method, register


@register("sees", family="other")
class Sees(Method):
    """Its probability tells which modalities it was given: in train, in valid, to predict."""

    def fit(self, train, valid, run=None):
        self.outcomes = len(train.outcome_names)
        self.given = (train.modalities, valid.modalities)
        return self

    def predict_proba(self, cohort):
        places = {"tabular": 1, "text": 2, "series": 4}
        told = [sum(places[m] for m in given) for given in (*self.given, cohort.modalities)]
        return np.full((len(cohort), self.outcomes), (told[0] * 100 + told[1] * 10 + told[2]) / 1000)


@register("elsewhere", family="other", absent=lambda: "its weights are not here. Give --weights [PATH].")
class Elsewhere(Sees):
    """Cannot run here."""
'''
STUDY = """
extends = "quick"
baseline = "most_common"
methods = [
    "most_common",
    {label = "Sees+All", name = "sees"},
    {label = "sees_less", name = "sees", without = ["text"]},
    {label = "TabPFN", name = "elsewhere", optional = true},
]
datasets = [{label = "small", name = "surgical", set = {patients = 660}}]

[protocol]
trials = 1

[[published]]
row = "Theirs & others"
auc = 0.875
auprc = 0.372
cohort = "another, private"
source = "arXiv 2605.03570"
"""


@pytest.fixture
def said(tmp_path: Path) -> Path:
    (tmp_path / "sees.py").write_text(PLUGIN)
    path = tmp_path / "said.toml"
    path.write_text(STUDY)
    return path


def told(tmp_path: Path, method: str) -> set[int]:
    frame = pd.read_parquet(tmp_path / "results" / "said" / "small" / method / "fold-0" / "predictions.parquet")
    return {round(1000 * p) for p in frame["p"].unique()}


@pytest.mark.soak
def test_a_study_says_it_and_the_report_shows_it(bench: Bench, said: Path, tmp_path: Path) -> None:
    plugins = ("--plugin", str(QUICKEST), "--plugin", "sees.py")
    out = bench("run", str(said), *plugins).stdout
    assert "method 'TabPFN' is left out: its weights are not here. Give --weights [PATH]." in " ".join(out.split())
    assert "3 new" in out
    assert told(tmp_path, "Sees+All") == {777}
    assert told(tmp_path, "sees_less") == {555}

    folder = tmp_path / "results" / "said" / "small"
    assert not (folder / "TabPFN").exists()
    plan = json.loads((folder / "plan.json").read_text())
    assert plan["methods_left_out"] == {"TabPFN": "its weights are not here. Give --weights [PATH]."}
    assert plan["methods"]["sees_less"]["modalities"] == ["tabular", "series"]
    cell = json.loads((folder / "sees_less" / "fold-0" / "cell.json").read_text())
    assert (cell["without"], cell["modalities"]) == (["text"], ["tabular", "series"])
    assert "without" not in json.loads((folder / "Sees+All" / "fold-0" / "cell.json").read_text())

    report = tmp_path / "reports" / "said"
    assert set(pd.read_csv(report / "baseline.csv")["method"]) == {"Sees+All", "sees_less"}
    assert pd.read_csv(report / "published.csv")["row"].tolist() == ["Theirs & others"]
    assert "| Theirs &amp; others | 0.875 | 0.372 | another, private | arXiv 2605.03570 |" in (report / "index.md").read_text()
    assert "- Left out: TabPFN: its weights are not here." in (report / "index.md").read_text()
    assert r"Theirs \& others & 0.875 & 0.372 &" in (report / "main.tex").read_text()
    before = {path.name: path.read_bytes() for path in report.iterdir()}
    bench("report", "said")
    assert {path.name: path.read_bytes() for path in report.iterdir()} == before

    said.write_text(STUDY.replace('["text"]', '["series", "tabular"]'))
    again = bench("run", str(said), *plugins).stdout
    assert "2 done, 1 outdated" in again
    assert told(tmp_path, "sees_less") == {222}


def test_rows_are_asked_for_by_label_and_what_offers_nothing_to_leave_out_is_said(bench: Bench, said: Path, tmp_path: Path) -> None:
    plugins = ("--plugin", str(QUICKEST), "--plugin", "sees.py")
    out = bench("run", str(said), *plugins, "--methods", "Sees+All,sees_less", "--modalities", "tabular").stdout
    assert "left out: sees_less ('surgical' offers no text that could be left out)" in " ".join(out.split())
    assert told(tmp_path, "Sees+All") == {111}
    assert "No differences to most_common: it is not in the study." in (tmp_path / "reports" / "said" / "index.md").read_text()


@pytest.mark.parametrize(
    ("found", "instead", "words"),
    [
        ('baseline = "most_common"', 'baseline = "most_comon"', ("baseline 'most_comon'", "Did you mean 'most_common'")),
        ("auc = 0.875", "auc = 87.5", ("published.0.auc", "found 87.5", "less than or equal to 1")),
    ],
)
def test_what_is_wrong_is_refused_before_anything_starts(
    bench: Bench, said: Path, tmp_path: Path, found: str, instead: str, words: tuple[str, ...]
) -> None:
    assert found in STUDY
    said.write_text(STUDY.replace(found, instead))
    refused = bench("run", str(said), "--plugin", str(QUICKEST), "--plugin", "sees.py", code=2)
    for word in words:
        assert word in " ".join(refused.stderr.split())
    assert not list(tmp_path.rglob("plan.json"))

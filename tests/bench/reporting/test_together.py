from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.reporting import write as writing
from bench.reporting.write import write
from bench.store import StudyRecord
from tests.bench.records import OUTCOMES, Fake, study

SKILL = {"single_task": 1.0, "mmoe": 1.6, "orthtd": 0.4, "lightgbm": 1.5}


FIGURES = writing._figures
OFTEN = {"any": 0.4, "icu": 0.3}


@pytest.fixture(autouse=True)
def _ranks_alone_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of single datasets, which are tested elsewhere, take most of a report's time."""
    monkeypatch.setattr(writing, "_figures", lambda section, *rest: FIGURES(section, *rest) if section.name == "ranks" else None)


def cohorts(tmp_path: Path, real: int, made: int = 1) -> StudyRecord:
    plain: dict[str, Any] = {"skill": SKILL, "outcomes": OFTEN, "nested": {}, "oracle": False, "unknown": 0.0}
    fakes = {f"hospital_{n}": Fake(patients=200 + 20 * n, synthetic=False, **plain) for n in range(real)}
    return study(tmp_path, fakes | {f"made_{n}": Fake(patients=200, **plain) for n in range(made)})


def test_six_real_cohorts_are_ranked_and_synthetic_ones_are_not(tmp_path: Path):
    folder = write(cohorts(tmp_path, 6), tmp_path / "reports").folder
    page = (folder / "index.md").read_text(encoding="utf-8")
    assert page.index("# All datasets together") < page.index("# Dataset hospital_0")
    ranks = pd.read_csv(folder / "ranks.csv")
    assert set(ranks["cohorts"]) == {6}
    assert set(ranks["method"]) == set(SKILL)
    best = ranks[ranks["metric"] == "auc"].iloc[0]
    assert f"AUC over 6 real cohorts: **{best['method']}** has the best mean rank" in page.replace("\\_", "_")
    assert {"ranks.png", "ranks.svg", "ranks_tests.csv", "averages.csv"} <= {path.name for path in folder.iterdir()}
    # By hand: the ranks of the averages that the main table shows.
    main = pd.read_csv(folder / "main.csv")
    shown = main[(main["outcome"] == "average") & (main["status"] == "ok") & main["dataset"].str.startswith("hospital")]
    means = shown.pivot(index="dataset", columns="method", values="auc").rank(axis=1, ascending=False).mean()
    assert ranks[ranks["metric"] == "auc"].set_index("method")["mean_rank"].to_dict() == pytest.approx(means.to_dict(), rel=1e-5)


def test_five_real_cohorts_are_laid_side_by_side_and_not_ranked(tmp_path: Path):
    folder = write(cohorts(tmp_path, 5, made=2), tmp_path / "reports").folder
    page = (folder / "index.md").read_text(encoding="utf-8")
    assert "No ranks, no Elo: 5 real cohorts, 6 are needed to speak of methods." in page
    assert not (folder / "ranks.csv").exists()
    assert "Every method on every dataset" in page
    averages = pd.read_csv(folder / "averages.csv")
    assert averages["dataset"].nunique() == 7
    main = pd.read_csv(folder / "main.csv").query("outcome == 'average' and status == 'ok'")
    both = averages[averages["metric"] == "auprc"].merge(main, on=["dataset", "method"])
    assert len(both) == 7 * len(SKILL)
    assert both["value"].tolist() == pytest.approx(both["auprc"].tolist())


def test_one_dataset_has_nothing_beside_it(tmp_path: Path):
    folder = write(cohorts(tmp_path, 1, made=0), tmp_path / "reports").folder
    assert "All datasets together" not in (folder / "index.md").read_text(encoding="utf-8")
    assert not (folder / "averages.csv").exists()


def test_what_was_logged_is_held_against_the_gains_of_all_datasets(tmp_path: Path):
    skill = {"single_task": 1.0} | {f"m{n}": 0.4 + 0.2 * n for n in range(5)}
    twins = {method: "single_task" for method in skill if method != "single_task"}
    names = list(OUTCOMES)

    def log(method: str, _fold: int) -> list[Mapping[str, Any]]:
        # The less skill, the more its outcomes pull apart: a cosine of −1 in as many of ten steps.
        apart = 0 if method == "single_task" else round(10 - 8 * skill[method])
        gram = [[1.0 if a == b else -0.2 for b in names] for a in names]
        calm = [[1.0 if a == b else 0.2 for b in names] for a in names]
        line = {"outcome": None, "fit": 0, "kind": "gradients", "epoch": 0, "outcomes": names, "weights": [1.0] * 4}
        return [{**line, "step": step, "gram": gram if step < apart else calm} for step in range(10)]

    fakes = {f"c{n}": Fake(skill=skill, twins=twins, patients=400 + n, log=log) for n in range(2)}
    folder = write(study(tmp_path, fakes), tmp_path / "reports").folder
    told = pd.read_csv(folder / "foretold_together.csv")
    line = told.query("metric == 'auc' and signal == 'conflict_rate' and ranked == 'within outcomes'").iloc[0]
    assert (line["points"], line["methods"], line["cohorts"]) == (5 * 4 * 2, 5, 2)
    assert line["high"] < 0
    alone = pd.read_csv(folder / "foretold.csv")
    assert alone["dataset"].unique().tolist() == ["c0", "c1"]
    assert set(alone["points"]) == {20}

"""What several datasets say together, recomputed: averages, ranks, and conflict held against gains."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.evaluation.ranked import ranked
from bench.reporting import write as writing
from bench.store import read_study
from bench.verifying.study import numbers
from bench.verifying.together import _elo, _friedman, _ranked
from tests.bench.records import Fake, study

NAMES = ["any", "icu"]
SKILL = {"single_task": 1.0, "lightgbm": 1.5} | {f"m{n}": 0.4 + 0.2 * n for n in range(5)}


def log(method: str, fold: int) -> list[Mapping[str, Any]]:
    """Some steps whose outcomes pull apart, more of them the less skill a method has."""
    apart = 0 if method == "single_task" else round(8 - 4 * SKILL[method]) + fold
    line = {"outcome": None, "fit": 0, "kind": "gradients", "epoch": 0, "outcomes": NAMES, "weights": [1.0, 1.0]}
    return [{**line, "step": s, "gram": [[1.0, g], [g, 1.0 + s]]} for s in range(9) for g in [-0.2 if s < apart else 0.2]]


@pytest.mark.soak
@pytest.mark.usefixtures("_no_figures")
def test_every_number_of_seven_datasets_follows_and_an_altered_digit_is_found(tmp_path: Path) -> None:
    plain: dict[str, Any] = {"skill": SKILL, "outcomes": {"any": 0.4, "icu": 0.3}, "nested": {}, "oracle": False, "log": log}
    plain["twins"] = {f"m{n}": "single_task" for n in range(5)}
    fakes = {f"hospital_{n}": Fake(patients=200 + 20 * n, synthetic=False, **plain) for n in range(6)}
    study(tmp_path, fakes | {"made": Fake(patients=200, **plain)})
    record = read_study(tmp_path, "invented")
    folder = writing.write(record, tmp_path / "reports").folder
    files = ["averages.csv", "ranks.csv", "ranks_tests.csv", "foretold_together.csv", "foretold.csv"]
    for one in numbers(record, folder, files, True, lambda _: None):
        assert not one.findings, one.findings
        assert not one.unchecked
        assert one.numbers or one.file not in files, one
    for name in files:
        lines = (folder / name).read_text().splitlines()
        place = next(n for n, text in enumerate(lines[-1]) if text in "1234567")
        (folder / name).write_text("\n".join([*lines[:-1], f"{lines[-1][:place]}8{lines[-1][place + 1 :]}"]) + "\n")
    told = {one.file: one for one in numbers(record, folder, files, True, lambda _: None)}
    assert all(told[name].findings for name in files)


@pytest.fixture
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_figures", lambda *_: None)


@pytest.mark.parametrize("seed", range(4))
def test_ranks_are_those_of_the_report_with_ties_missing_methods_and_doubled_cohorts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.uniform(0.6, 0.9, (7, 6)).round(1 + seed), list("abcdefg"), [f"m{n}" for n in range(6)])
    rows = [
        {"dataset": c, "cohort": c, "synthetic": False, "method": m, "metric": "auc", "value": float(values.loc[c, m])}
        for c in values.index
        for m in values.columns
        if (c, m) != ("b", "m3")
    ]
    rows.append({"dataset": "s", "cohort": "s", "synthetic": True, "method": "m0", "metric": "auc", "value": 0.1})
    values.loc["b", "m3"] = np.nan
    report, again = ranked(values, "auc"), _ranked(rows, "auc", intervals=True)
    assert report is not None
    assert again is not None
    mine = pd.DataFrame(again[0]).sort_values("method", ignore_index=True)
    theirs = report.table.sort_values("method", ignore_index=True)
    for column in ("mean_rank", "low", "high", "win_rate", "elo", "improvability"):
        np.testing.assert_allclose(mine[column], theirs[column], rtol=1e-9, atol=1e-12, err_msg=column)
    assert again[1]["friedman_p"] == pytest.approx(report.p, rel=1e-9)
    assert again[1]["critical_difference"] == pytest.approx(report.critical, rel=1e-6)


def test_ratings_without_an_end_are_none_and_equal_ranks_show_no_difference() -> None:
    wins = np.array([[0.0, 6, 6], [0, 0, 3], [0, 3, 0]])
    assert np.isnan(_elo(wins, 6)).all()
    assert _elo(np.full((3, 3), 3.0), 6) == [1000.0, 1000.0, 1000.0]
    assert _friedman(np.full((6, 3), 2.0)) == 1.0
    assert _friedman(np.tile([1.0, 2.0, 3.0], (6, 1))) == 0.0

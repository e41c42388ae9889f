"""Outcomes that have nothing in common: shallow trees that share every split lose, and the report has to say so."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Bench

CARD = """
name = "independent"
title = "Four outcomes of four sets of inputs"
source = "made up"
licence = "none"
citation = "none"
synthetic = true

[columns]
case = "case"

[landmark]
text = "None."

[outcomes]
{outcomes}

[[tables]]
file = "cases.csv"
"""


STUDY = """
extends = "quick"
datasets = ["independent"]
methods = [
    {label = "xgboost", name = "xgboost", set = {rounds = 40, max_depth = 3}},
    {label = "xgboost_multi", name = "xgboost_multi", set = {rounds = 40, max_depth = 3}},
    {label = "catboost", name = "catboost", set = {rounds = 40, depth = 3}},
    {label = "catboost_multi", name = "catboost_multi", set = {rounds = 40, depth = 3}},
]

[protocol]
trials = 1
"""


def written(folder: Path, same: bool) -> None:
    """1,500 cases; each of four outcomes is told by two inputs of its own, or all by the first two."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(1500, 8))
    own = np.column_stack([x[:, 2 * t] + x[:, 2 * t + 1] for t in range(4)]) + 0.3 * rng.normal(size=(1500, 4))
    y = (np.repeat(own[:, :1], 4, axis=1) if same else own) > 0.8
    names = [f"outcome_{n}" for n in range(4)]
    folder.mkdir()
    table = pd.DataFrame(x.round(4), columns=[f"x{n}" for n in range(8)]).assign(case=[f"c{n}" for n in range(1500)])
    pd.concat([table, pd.DataFrame(y.astype(int), columns=names)], axis=1).to_csv(folder / "cases.csv", index=False)
    (folder / "cohort.toml").write_text(CARD.format(outcomes="\n".join(f'{name} = "Made up."' for name in names)))


@pytest.mark.parametrize("same", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_trees_shared_over_outcomes_are_said_to_harm_them_only_where_nothing_is_common(bench: Bench, tmp_path: Path, same: bool):
    written(tmp_path / "independent", same)
    (tmp_path / "harm.toml").write_text(STUDY.replace('"independent"', '"./independent"'))
    bench("run", "harm.toml")
    gains = pd.read_csv(tmp_path / "reports/harm/transfer.csv").query("metric == 'auc'").set_index(["method", "outcome"])
    verdicts = {method: gains.loc[(method, "average"), "verdict"] for method in ("xgboost_multi", "catboost_multi")}
    if same:
        # One fit against another of the same outcome: single outcomes may differ, as fitted models do; their average does not.
        assert "harmed" not in verdicts.values(), gains
        return
    assert set(verdicts.values()) == {"harmed"}, gains
    said = (tmp_path / "reports/harm/index.md").read_text()
    line = next(line for line in said.splitlines() if line.startswith("- AUC harmed by sharing"))
    assert line.count("by xgboost_multi (-0.0") >= 3

"""Grids of datasets, run for real: one point against a plain study, thinned outcomes, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.protocol.plan import plan
from bench.protocol.select import expand
from bench.protocol.study import read_study
from bench.running.cell import run_cell
from tests.cli.conftest import Bench

PLUGIN = '''
import numpy as np

from methods import Method, register


class Sees(Method):
    """Its probabilities are what it was given: a checksum of train's known outcomes, and how many are known on valid."""

    def fit(self, train, valid, run=None):
        known = train.outcomes.notna().to_numpy() * (1 + np.arange(len(train)))[:, None]
        self.sums = known.sum(axis=0) / (1 + np.arange(len(train))).sum()
        self.counts = train.outcomes.notna().mean().to_numpy()
        self.whole = valid.outcomes.notna().mean().to_numpy()
        return self

    def predict_proba(self, cohort):
        told = np.stack([self.sums, self.counts, self.whole])
        return told[np.arange(len(cohort)) % 3]


@register("one", family="other")
class One(Sees):
    """One."""


@register("two", family="other")
class Two(Sees):
    """Another one."""
'''
STUDY = """
extends = "quick"
methods = ["procedure_rate"]
datasets = [{datasets}]

[protocol]
split = "official"
trials = 1
diagnostics = "none"
"""
SIZE = "set = {patients = 1300, test_patients = 700}"
POINT = "g-common_0.5-conflict_0-patients_1000-replicate_0"


def written(folder: Path, name: str, datasets: str) -> str:
    path = folder / f"{name}.toml"
    path.write_text(STUDY.replace("{datasets}", datasets))
    return str(path)


def test_a_grid_of_one_point_equals_the_plain_study_to_the_bit(
    bench: Bench, tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = "grid = {conflict = [0.0], common = [0.5], patients = [1000], replicate = [0]}"
    plain = "patients = 1000, set = {patients = 1300, test_patients = 700, conflict = 0.0, common = 0.5, replicate = 0}"
    bench("run", written(tmp_path, "crossed", f'{{label = "g", name = "surgical", {SIZE}, {grid}}}'))
    monkeypatch.setenv("CLINICAL_MTL_CACHE", environment["CLINICAL_MTL_CACHE"])
    study = read_study(written(tmp_path, "plain", f'{{label = "{POINT}", name = "surgical", {plain}}}'))
    # Here and now, not in a worker: that too must change nothing.
    (made,) = plan(study, expand(study.methods), tmp_path, tmp_path / "results", [])
    run_cell(made.cells[0], "cpu", lambda _: None)
    cells = [tmp_path / "results" / name / POINT / "procedure_rate" / "fold-0" for name in ("crossed", "plain")]
    first, second = (pd.read_parquet(cell / "predictions.parquet") for cell in cells)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert (first["side"] == "test").sum() == 700 * 4
    keys = {json.loads((cell / "cell.json").read_text())["key"] for cell in cells}
    assert len(keys) == 1
    page = (tmp_path / "reports" / "crossed" / "index.md").read_text()
    assert "## Scores at each point" in page


def test_thinned_outcomes_are_the_same_for_two_methods_and_valid_stays_whole(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "sees.py").write_text(PLUGIN)
    source = written(tmp_path, "thin", f'{{label = "g", name = "surgical", {SIZE}, grid = {{known = [1.0, 0.2]}}}}')
    out = bench("run", source, "--plugin", "sees.py", "--methods", "one,two").stdout
    assert "20 % of the known outcomes are left on the train side" in " ".join(out.split())
    told = {}
    for point in ("g-known_1", "g-known_0.2"):
        for method in ("one", "two"):
            cell = tmp_path / "results" / "thin" / point / method / "fold-0"
            found = pd.read_parquet(cell / "predictions.parquet").query("side == 'valid'")
            told[point, method] = [sorted(part["p"].unique()) for _, part in found.groupby("outcome")]
            assert ("known" in json.loads((cell / "cell.json").read_text())) == (point == "g-known_0.2")
    for point in ("g-known_1", "g-known_0.2"):
        assert told[point, "one"] == told[point, "two"]
    assert all(values == [1.0] for values in told["g-known_1", "one"])
    # A checksum near a fifth, a fifth of train's outcomes, all of valid's; another checksum for another outcome.
    for values in told["g-known_0.2", "one"]:
        assert values[-1] == 1.0
        np.testing.assert_allclose(values[:-1], 0.2, atol=0.03)
    assert len({tuple(values) for values in told["g-known_0.2", "one"]}) == 4


def test_a_wrong_key_of_a_grid_ends_with_two(bench: Bench, tmp_path: Path) -> None:
    wrong = written(tmp_path, "wrong", '{label = "g", name = "surgical", grid = {conflct = [0.5]}}')
    assert "setting 'conflct' is not known. Did you mean 'conflict'?" in bench("run", wrong, code=2).stderr
    assert not (tmp_path / "results" / "wrong" / "g").exists()

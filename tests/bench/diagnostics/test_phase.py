"""Grids: gains whose answer is known, their intervals, and how often they err."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from sklearn.metrics import average_precision_score, roc_auc_score

from bench.diagnostics.phase import LOSES, TIES, WINS, _gains, around, grids, phase, pooled
from bench.evaluation.incomplete import Incomplete
from bench.evaluation.statistics import holm
from datasets import Refused
from tests.bench.grids import NEGATIVE, OUTCOMES, POSITIVE, risks, write_grid

AXES = {"common": (0.0, 1.0), "conflict": (0.0, 0.5, 1.0), "patients": (1000, 3000)}


def corners(method: str, point: Mapping[str, Any], draw: int) -> float:
    """mmoe gains exactly 0.05 where signal is common and nothing conflicts, loses exactly 0.04 in the opposite corner, and goes up
    and down by 0.002 everywhere else, not at all points alike, so that it gains nothing there."""
    twin = 0.8 + 0.01 * draw
    if method == "single_task":
        return twin
    place = (point["common"], point["conflict"], point["patients"])
    gain = {(1.0, 0.0, 1000): 0.05, (0.0, 1.0, 3000): -0.04}.get(place, 0.002 * (-1) ** (draw + int(2 * point["conflict"])))
    return twin + gain


@pytest.mark.parametrize("auc", [0.5, 0.812, 0.999, 1.0])
def test_made_up_risks_have_the_auc_that_they_are_made_for(auc: float) -> None:
    y = np.repeat([1, 0], [POSITIVE, NEGATIVE])
    assert roc_auc_score(y, risks(auc)) == pytest.approx(auc, abs=1e-12)


def test_a_gain_of_005_wins_in_its_corner_and_a_loss_loses_in_its_own(tmp_path: Path) -> None:
    records = grids(write_grid(tmp_path, corners, AXES, draws=2).datasets)["g"]
    found = phase("g", records)
    assert found.axes == AXES
    assert found.varied == ("common", "conflict", "patients")
    assert len(found.points) == 12 * 2
    auc = found.points[found.points["metric"] == "auc"].set_index(["common", "conflict", "patients"])
    best, worst = auc.loc[(1.0, 0.0, 1000)], auc.loc[(0.0, 1.0, 3000)]
    assert best["gain"] == pytest.approx(0.05, abs=1e-12)
    assert worst["gain"] == pytest.approx(-0.04, abs=1e-12)
    assert (best["verdict"], worst["verdict"]) == (WINS, LOSES)
    rest = auc.drop(index=[(1.0, 0.0, 1000), (0.0, 1.0, 3000)])
    np.testing.assert_allclose(rest["gain"], 0, atol=1e-12)
    assert set(rest["verdict"]) == {TIES}
    # By hand: of six points with 1,000 patients five have draws at ± 0.002, of variance 8e-6, and one has none; one degree each. In
    # either draw three go one way and two the other, so that ± 0.002 is left of their sum.
    squares, together = 5 * 8e-6, 2 * 0.002**2 / 6
    df = squares**2 / (together**2 / 1 + (squares - together) ** 2 / 5)
    spread = np.sqrt(squares / 6)
    assert best["df"] == pytest.approx(df)
    assert 5 < df < 6
    assert best["error"] == pytest.approx(spread / np.sqrt(2))
    assert best["high"] - best["gain"] == pytest.approx(t(df).ppf(0.975) * spread / np.sqrt(2))
    assert best["p"] == pytest.approx(2 * t(df).sf(0.05 / (spread / np.sqrt(2))))
    np.testing.assert_allclose(auc["p_holm"], holm(auc["p"].to_numpy()))


def test_scores_and_gains_of_a_draw_are_those_of_scikit_learn(tmp_path: Path) -> None:
    found = phase("g", grids(write_grid(tmp_path, corners, AXES).datasets)["g"])
    y = np.repeat([1, 0], [POSITIVE, NEGATIVE])
    draws = found.draws.set_index(["common", "conflict", "patients", "draw", "method", "outcome", "metric"])
    for outcome in (*OUTCOMES, "average"):
        line = draws.loc[(1.0, 0.0, 1000, 1, "mmoe", outcome, "auprc")]
        expected = average_precision_score(y, risks(0.86)), average_precision_score(y, risks(0.81))
        assert line["score"] == pytest.approx(expected[0], abs=1e-12)
        assert line["gain"] == pytest.approx(expected[0] - expected[1], abs=1e-12)
    assert draws.loc[(1.0, 0.0, 1000, 1, "single_task", "any", "auc")]["twin"] == ""


def test_one_draw_has_a_bootstrap_interval_over_patients(tmp_path: Path) -> None:
    found = phase("g", grids(write_grid(tmp_path, corners, AXES, draws=1).datasets)["g"])
    assert set(found.points["df"]) == {0}
    auc = found.points[found.points["metric"] == "auc"].set_index(["common", "conflict", "patients"])
    best = auc.loc[(1.0, 0.0, 1000)]
    average = found.draws[(found.draws["outcome"] == "average") & (found.draws["metric"] == "auc")]
    line = average.set_index(["method", "common", "conflict", "patients"]).loc[("mmoe", 1.0, 0.0, 1000)]
    assert 0 < best["error"] == line["gain_error"]
    assert (best["low"], best["high"]) == (pytest.approx(line["gain_low"]), pytest.approx(line["gain_high"]))


def test_a_method_that_fails_at_a_draw_has_the_other_draws_and_is_named(tmp_path: Path) -> None:
    def failing(method: str, point: Mapping[str, Any], draw: int) -> float | None:
        gone = method == "mmoe" and point == {"patients": 1000} and draw == 1
        return None if gone else corners(method, {"common": 1.0, "conflict": 0.0, **point}, draw)

    found = phase("g", grids(write_grid(tmp_path, failing, {"patients": (1000, 3000)}, draws=3).datasets)["g"])
    assert found.points.set_index(["patients", "metric"])["draws"].to_dict() == {
        (1000, "auc"): 2,
        (1000, "auprc"): 2,
        (3000, "auc"): 3,
        (3000, "auprc"): 3,
    }
    incomplete = [one.incomplete for one in found.drawn.values() if one.incomplete]
    assert incomplete == [{"mmoe": Incomplete("failed", "1 of 1 cells: 1 MemoryError")}]


def test_curves_are_the_mean_over_draws(tmp_path: Path) -> None:
    found = phase("g", grids(write_grid(tmp_path, corners, AXES, draws=3).datasets)["g"])
    line = found.curves[(found.curves["metric"] == "auc") & (found.curves["method"] == "single_task")].iloc[0]
    assert (line["score"], line["draws"]) == (pytest.approx(0.81), 3)
    # Draws at .80, .81 and .82: s = .01.
    assert line["high"] - line["score"] == pytest.approx(t(2).ppf(0.975) * 0.01 / np.sqrt(3))


def test_datasets_of_different_axes_are_refused(tmp_path: Path) -> None:
    write_grid(tmp_path, lambda *_: 0.7, {"patients": (1000,)})
    records = write_grid(tmp_path, lambda *_: 0.7, {"known": (0.5,)}).datasets
    with pytest.raises(Refused, match="different axes"):
        phase("g", grids(records)["g"])


def test_pooled_is_the_error_mean_square_of_an_analysis_of_variance() -> None:
    # By hand: squares 4 + 1 + 9 and .25 + .25, over 2 + 1 degrees of freedom.
    points = [pd.Series([1.0, 2.0, 6.0]), pd.Series([4.0, 5.0]), pd.Series([7.0])]
    assert pooled(points)[0] == pytest.approx(np.sqrt(14.5 / 3))
    assert pooled([pd.Series([1.0]), pd.Series([2.0])])[1] == 0
    assert pooled([pd.Series([1.0, 2.0, 6.0])]) == (pytest.approx(np.sqrt(7)), pytest.approx(2))


def test_points_that_move_together_count_once_and_those_that_do_not_each() -> None:
    alike = [pd.Series([-1.0, 1.0]) + shift for shift in range(4)]
    assert pooled(alike) == (pytest.approx(np.sqrt(2)), pytest.approx(1))
    apart = [pd.Series([-1.0, 1.0]), pd.Series([1.0, -1.0])]
    # None of two degrees is spent on what the draws have in common: one is left, and holds all squares.
    assert pooled(apart) == (pytest.approx(np.sqrt(2)), pytest.approx(1))
    rng = np.random.default_rng(0)
    many = [pd.Series(rng.normal(size=3)) for _ in range(400)]
    assert pooled(many)[1] == pytest.approx(800, rel=0.05)


def test_no_difference_and_no_error_is_no_finding() -> None:
    assert around(0.0, 0.0, 4) == (0.0, 1.0)
    assert around(0.1, 0.0, 4)[1] == 0.0


def simulated(rng: np.random.Generator, alike: float) -> tuple[float, bool]:
    """Share of intervals that hold the true gain of zero, and whether anything was called, over 5 methods at 9 points of 2 draws;
    `alike`: correlation of the gains of one draw at different points, as these share their patients' factors."""
    lines = []
    for method in range(5):
        noise = np.sqrt(1 - alike) * rng.normal(size=(9, 2)) + np.sqrt(alike) * rng.normal(size=(1, 2))
        lines += [
            {"conflict": point, "method": f"m{method}", "draw": draw, "gain": 0.01 * gain}
            for point in range(9)
            for draw, gain in enumerate(noise[point])
        ]
    table = pd.DataFrame(lines).assign(patients=1000, twin="s", metric="auc", gain_error=np.nan)
    found = _gains(table, ["conflict", "patients"])
    return float(((found["low"] < 0) & (found["high"] > 0)).mean()), bool((found["verdict"] != TIES).any())


@pytest.mark.parametrize("alike", [0.0, 0.5])
def test_intervals_cover_and_verdicts_rarely_err_where_nothing_is_gained(alike: float) -> None:
    rng = np.random.default_rng(5)
    covered, called = zip(*(simulated(rng, alike) for _ in range(80)), strict=True)
    assert 0.93 < np.mean(covered) < 0.98
    assert np.mean(called) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 80)

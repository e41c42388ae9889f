"""How cost grows: slopes, their table, and that every subject runs along every axis."""

import math

import numpy as np
import pytest

from bench.speed.scaling.growth import LEFT_OUT, SIZES, TINY, Growth, extent
from bench.speed.scaling.invented import Extent, invented
from bench.speed.scaling.subjects import SUBJECTS
from bench.speed.scaling.table import table
from methods.scores import selection_score


def test_a_slope_is_the_power_between_the_two_largest_sizes() -> None:
    sizes = (1_000, 10_000, 100_000)
    found = Growth("epoch", "patients", sizes, (0.5, *(1e-9 * size**2 for size in sizes[1:])), (0.0, 30.0, 300.0))
    assert found.slope == pytest.approx(2)
    assert found.memory_slope == pytest.approx(1)
    nothing = Growth("epoch", "outcomes", (2, 8), (0.1, 0.2), (0.0, 1.0))
    assert math.isnan(nothing.memory_slope)
    assert nothing.to_json()["memory_slope"] is None
    told = table([found, nothing], {"trees, features": "killed"}, 100)
    first, second = (next(line for line in told.splitlines() if name in line) for name in ("patients", "100,000"))
    assert first.split() == ["epoch", "patients", "1,000", "0.50", "0"]
    assert second.split() == ["100,000", "10.00", "2.00", "300", "1.00"]
    assert "Not measured: trees, features (killed)." in told
    assert max(map(len, told.splitlines())) <= 100


def test_sizes_reach_as_far_as_they_are_to() -> None:
    assert [(sizes[0], sizes[-1]) for sizes in SIZES.values()] == [(1_000, 1_000_000), (2, 64), (50, 2_000)]
    assert extent("features", 200) == Extent(10_000, 4, 200)
    assert extent("patients", 200) == Extent(200, 4, 50)


def test_the_invented_cohort_can_be_learnt() -> None:
    cohort = invented(Extent(4_000, 3, 12))
    y = cohort.outcomes.to_numpy(dtype=float)
    assert ((y.mean(axis=0) > 0.03) & (y.mean(axis=0) < 0.25)).all()
    weights = np.random.default_rng(0).standard_normal((8, 3), dtype=np.float32)
    assert cohort.tabular is not None
    odds = cohort.tabular.to_numpy(float)[:, :8] @ weights / 4
    assert selection_score(y, 1 / (1 + np.exp(-odds))) > 0.55


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_runs_along_every_axis(subject: str) -> None:
    for axis, sizes in TINY.items():
        if (subject, axis) not in LEFT_OUT:
            SUBJECTS[subject](extent(axis, sizes[-1], patients=300))()

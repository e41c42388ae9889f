"""The synthetic surgical cohort with conflict and without, whose answers its equations tell."""

import numpy as np
import pytest

from bench.diagnostics.conflict import agreement
from datasets.surgical import cohort, world
from datasets.surgical.factors import FACTORS, correlation
from datasets.surgical.risk import OUTCOMES

CASES = 40_000


def gradients(conflict: float, common: float | None = None) -> np.ndarray:
    """(outcomes, whitened factors): the gradient of the mean cross-entropy of one linear model at w = 0 and each outcome's rate."""
    made = world("surgical", conflict=conflict, common=common)
    f = cohort.truth(made, CASES).factors @ np.linalg.inv(np.linalg.cholesky(correlation())).T
    y = cohort.make(made, CASES).outcomes.to_numpy(np.float64)
    return -((y - y.mean(axis=0)).T @ f) / CASES


@pytest.mark.parametrize("common", [None, 0.0])
def test_conflict_turns_pulmonary_against_kidney_in_the_fluid_factor_and_nowhere_else(common: float | None):
    pulmonary, kidney, fluid = OUTCOMES.index("pulmonary"), OUTCOMES.index("kidney_injury"), FACTORS.index("fluid")
    calm, torn = gradients(0.0, common), gradients(1.0, common)
    one, other = (
        agreement(G[[pulmonary, kidney]][:, [fluid]] @ G[[pulmonary, kidney]][:, [fluid]].T)[0][0, 1] for G in (calm, torn)
    )
    assert one == pytest.approx(1)
    assert other == pytest.approx(-1)
    rest = [n for n in range(len(FACTORS)) if n != fluid]
    one, other = (agreement(G[[pulmonary, kidney]][:, rest] @ G[[pulmonary, kidney]][:, rest].T)[0][0, 1] for G in (calm, torn))
    assert other == pytest.approx(one, abs=0.15)
    whole = [agreement(G @ G.T)[0][pulmonary, kidney] for G in (calm, torn)]
    assert whole[1] < whole[0] - 0.1

"""The equations of the synthetic surgical cohort: by hand, by brute force, and the facts that follow from them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from datasets.expected import expected_auc, expected_auprc
from datasets.surgical import world
from datasets.surgical.factors import FACTORS, correlation, draw, grid
from datasets.surgical.risk import OUTCOMES, Equations, draw_outcomes, effects, risks
from datasets.surgical.solve import ORACLE_AUC, PREVALENCE, solve


def test_effects_of_a_patient_worked_by_hand():
    # frailty 1, stress 2, airway 1, hypotension 1, renal 1, all else 0, at q = .5 (both square roots 1) and c = 1
    f = np.zeros((1, 8))
    for name, value in {"frailty": 1, "stress": 2, "airway": 1, "hypotension": 1, "renal": 1}.items():
        f[0, FACTORS.index(name)] = value
    shared = 0.55 * 1 + 0.65 * 2 + 0.5 * 1 * 2
    assert effects(f, 0.5, 1.0)[0] == pytest.approx(
        [shared + 0.75 + 0.8 * 2, shared + 0.8 + 0.65 + 0.9, shared + 0.3 * 2, shared + 0.4]
    )


def test_fluid_harms_the_lung_and_by_conflict_spares_the_kidney():
    f = np.zeros((1, 8))
    f[0, FACTORS.index("fluid")] = 1.0
    for conflict, kidney in ((0.0, 0.55), (0.5, 0.0), (1.0, -0.55)):
        assert effects(f, 0.5, conflict)[0] == pytest.approx([0.55, kidney, 0, 0])


def test_risks_agree_with_brute_force_over_all_sixteen_ends():
    f = draw(np.random.default_rng(3), 5)
    equations = Equations(0.5, 1.0, 1.2, (-1.0, -1.5, -0.5, -2.0))
    for case, found in zip(f, risks(f, equations), strict=True):
        e = effects(case[None], 0.5, 1.0)[0]
        expected = np.zeros(4)
        for p, k, o, u in product((0, 1), repeat=4):
            chance = 1.0
            for on, a, effect in zip((p, k, o), equations.intercepts, e, strict=False):
                pr = 1 / (1 + np.exp(-(a + 1.2 * effect)))
                chance *= pr if on else 1 - pr
            pr = 1 / (1 + np.exp(-(-2.0 + 0.8 * 1.2 * e[3] + 1.5 * p + 1.2 * k + 0.8 * o)))
            chance *= pr if u else 1 - pr
            expected += chance * np.array([max(p, k, o, u), p, k, u])
        assert found == pytest.approx(expected, abs=1e-12)


def test_drawn_outcomes_follow_the_risks():
    f = np.repeat(draw(np.random.default_rng(1), 3), 40_000, axis=0)
    equations = Equations(0.5, 1.0, 1.2, (-1.0, -1.5, -0.5, -2.0))
    came = draw_outcomes(np.random.default_rng(2), f, equations).reshape(3, 40_000, 4).mean(axis=1)
    assert came == pytest.approx(risks(f, equations)[::40_000], abs=0.011)  # four standard errors and a half


@pytest.mark.parametrize("ties", [False, True])
def test_expected_auc_and_auprc_agree_with_double_loops(ties):
    rng = np.random.default_rng(5)
    r = rng.beta(0.5, 3, 60)
    s = r.round(1) if ties else r
    over = total = precision = 0.0
    for i in range(60):
        above, ill = 1.0, 1.0
        for j in range(60):
            if i != j:
                pair = r[i] * (1 - r[j])
                over += pair * (1.0 if s[i] > s[j] else 0.5 if s[i] == s[j] else 0.0)
                total += pair
                above += s[j] >= s[i]
                ill += r[j] * (s[j] >= s[i])
        precision += r[i] * ill / above
    assert expected_auc(r, s) == pytest.approx(over / total, abs=1e-12)
    assert expected_auprc(r, s) == pytest.approx(precision / r.sum(), abs=1e-12)


def test_expected_auc_by_hand():
    # pairs (ill, healthy): .8 x .9 in order, .1 x .2 out of order
    assert expected_auc(np.array([0.8, 0.1])) == pytest.approx(0.72 / 0.74)
    assert expected_auc(np.full(10, 0.3)) == pytest.approx(0.5)


def test_expected_auc_is_the_mean_over_many_draws():
    rng = np.random.default_rng(7)
    r = rng.beta(0.5, 3, 3000)
    draws = [rng.random(3000) < r for _ in range(60)]
    assert expected_auc(r) == pytest.approx(np.mean([roc_auc_score(y, r) for y in draws]), abs=0.005)
    assert expected_auprc(r) == pytest.approx(np.mean([average_precision_score(y, r) for y in draws]), abs=0.01)


@pytest.mark.parametrize(("common", "conflict"), [(0.5, 1.0), (0.5, 0.0), (0.0, 1.0), (1.0, 0.5)])
def test_every_world_is_solved_to_its_prevalences_and_mean_oracle_auc(common, conflict):
    f = draw(np.random.default_rng(11), 150_000)
    r = risks(f, solve(common, conflict))
    assert r.mean(axis=0) == pytest.approx([PREVALENCE[name] for name in OUTCOMES], rel=0.02)
    assert np.mean([expected_auc(column) for column in r.T]) == pytest.approx(ORACLE_AUC, abs=0.002)


def fluid_coordinates(conflict: float) -> tuple[float, float]:
    """The fluid coordinate of the pulmonary and kidney gradients of a logistic model at w = 0, on whitened factors.

    Whitened: z = Σ^{-1/2} f. The gradient at w = 0, intercept at the prevalence, is −E[(r − E r) z].
    """
    f = grid()
    values, vectors = np.linalg.eigh(correlation())
    z = f @ (vectors / np.sqrt(values)) @ vectors.T
    r = risks(f, solve(0.5, conflict))
    gradient = -((r - r.mean(axis=0)).T @ z) / len(z)
    column = FACTORS.index("fluid")
    return tuple(gradient[[1, 2], column] / np.linalg.norm(gradient[[1, 2]], axis=1))


def test_fluid_gradients_agree_without_conflict_and_oppose_with_it():
    lung, kidney = fluid_coordinates(0.0)
    assert lung < -0.1
    assert kidney < -0.1
    lung, kidney = fluid_coordinates(1.0)
    assert lung < -0.1
    assert kidney > 0.05


def test_factors_have_the_stated_correlations():
    f = draw(np.random.default_rng(0), 200_000)
    assert np.corrcoef(f.T) == pytest.approx(correlation(), abs=0.012)
    assert np.corrcoef(grid().T) == pytest.approx(correlation(), abs=0.003)
    assert correlation()[FACTORS.index("stress"), FACTORS.index("fluid")] == 0.3


def test_no_common_world_has_none():
    f = np.zeros((1, 8))
    f[0, FACTORS.index("frailty")] = 1.0
    assert world("surgical_no_common").common == 0
    assert effects(f, world("surgical_no_common").common, 1.0) == pytest.approx(np.zeros((1, 4)))

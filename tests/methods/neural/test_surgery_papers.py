"""Gradient surgery against the papers: their algorithms on whole gradients, written down once more, and independent solvers."""

from typing import Any

import cvxpy
import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.optimize import root as solve

from methods.neural.balancing.base import BALANCINGS
from methods.neural.gradients import gram
from tests.methods.neural.test_surgery import SHAPES, jacobian, update

TIGHT = {"solver": cvxpy.CLARABEL, "tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}


def same(found: torch.Tensor, expected: np.ndarray, tolerance: float = 1e-5) -> None:
    assert np.linalg.norm(found.numpy() - expected) <= tolerance * np.linalg.norm(expected)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Every order that torch draws."""
    draw, orders = torch.randperm, list[list[int]]()

    def recorded(*args: Any, **kwargs: Any) -> torch.Tensor:
        orders.append((order := draw(*args, **kwargs)).tolist())
        return order

    monkeypatch.setattr(torch, "randperm", recorded)
    return orders


def test_pcgrad_is_algorithm_1_of_yu_et_al(drawn: list[list[int]]) -> None:
    for T, seed in SHAPES:
        drawn.clear()
        found, g = update("pcgrad", jacobian(T, seed)), jacobian(T, seed).numpy()
        changed = g.copy()
        for i in range(T):
            for j in drawn[i]:
                if i != j and (dot := changed[i] @ g[j]) < 0:
                    changed[i] -= dot / (g[j] @ g[j]) * g[j]
        same(found, changed.sum(axis=0))


@pytest.mark.parametrize("beta", [0.01, 0.5])
def test_gradvac_is_algorithm_1_of_wang_et_al(beta: float, drawn: list[list[int]]) -> None:
    T = 4
    surgery, target = BALANCINGS.get("gradvac")(outcomes=T, beta=beta), np.zeros((T, T))
    turned = 0
    for seed in range(30):
        drawn.clear()
        J = jacobian(T, seed) + 1.5 * jacobian(T, 99)
        found, g = surgery.weights(torch.ones(T, dtype=J.dtype), gram(J)) @ J, J.numpy()
        changed, norm = g.copy(), np.linalg.norm(g, axis=1)
        for i in range(T):
            others = [j for j in range(T) if j != i]
            for j in (others[place] for place in drawn[i]):
                length = np.linalg.norm(changed[i])
                phi, hat = changed[i] @ g[j] / (length * norm[j]), target[i, j]
                if phi < hat:
                    turned += hat > 0
                    a = length * (hat * np.sqrt(1 - phi**2) - phi * np.sqrt(1 - hat**2)) / (norm[j] * np.sqrt(1 - hat**2))
                    changed[i] = changed[i] + a * g[j]
                    assert changed[i] @ g[j] / np.linalg.norm(changed[i]) / norm[j] == pytest.approx(hat)
                target[i, j] = (1 - beta) * hat + beta * phi
        same(found, changed.sum(axis=0))
    assert turned > 20


def test_mgda_is_the_shortest_vector_of_the_hull() -> None:
    for T, seed in SHAPES:
        J = jacobian(T, seed)
        alpha = cvxpy.Variable(T, nonneg=True)
        cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(J.numpy().T @ alpha)), [cvxpy.sum(alpha) == 1]).solve(**TIGHT)
        same(update("mgda", J), J.numpy().T @ alpha.value)


def test_cagrad_is_the_best_for_the_worst_off_within_the_ball() -> None:
    for T, seed in SHAPES:
        J, c = jacobian(T, seed), 0.4
        g = J.numpy()
        g_0 = g.mean(axis=0)
        d, worst = cvxpy.Variable(g.shape[1]), cvxpy.Variable()
        ball = cvxpy.norm(d - g_0) <= c * np.linalg.norm(g_0)
        cvxpy.Problem(cvxpy.Maximize(worst), [g @ d >= worst, ball]).solve(**TIGHT)
        found = update("cagrad", J, c=c)
        same(found, d.value)
        assert float((J @ found).min()) >= worst.value - 1e-7 * np.linalg.norm(g) ** 2


def test_cagrads_dual_is_no_lower_where_the_authors_solver_looks() -> None:
    for T, seed in SHAPES:
        J, c = jacobian(T, seed), 0.4
        G = gram(J).numpy()
        radius = c * np.sqrt(G.mean())

        def dual(w: np.ndarray, G: np.ndarray = G, radius: float = radius) -> float:
            return float(w @ G.mean(axis=1) + radius * np.sqrt(w @ G @ w))

        simplex: Any = {"type": "eq", "fun": lambda w: w.sum() - 1}
        theirs = minimize(
            dual, np.full(T, 1 / T), bounds=[(0, 1)] * T, constraints=simplex, options={"ftol": 1e-14, "maxiter": 500}
        )
        # Strong duality: the dual's value is what the worst-off gains.
        gain = float((J @ update("cagrad", J, c=c)).min())
        assert gain <= theirs.fun + 1e-7 * np.trace(G)
        assert gain == pytest.approx(theirs.fun, abs=1e-4 * np.trace(G))


def test_imtl_g_is_its_closed_form() -> None:
    for T, seed in SHAPES:
        g = jacobian(T, seed).numpy()
        u = g / np.linalg.norm(g, axis=1, keepdims=True)
        D, U = g[0] - g[1:], u[0] - u[1:]
        rest = g[0] @ U.T @ np.linalg.inv(D @ U.T)
        same(update("imtl_g", jacobian(T, seed)), np.append(1 - rest.sum(), rest) @ g)


@pytest.mark.parametrize(("scale", "of"), [("min", np.min), ("rmse", lambda s: np.sqrt((s**2).mean()))])
def test_aligned_mtl_gives_the_principal_components_one_length(scale: str, of: Any) -> None:
    for T, seed in SHAPES:
        U, s, V_T = np.linalg.svd(jacobian(T, seed).numpy(), full_matrices=False)
        same(update("aligned_mtl", jacobian(T, seed), scale=scale), (of(s) * U @ V_T).mean(axis=0))


def test_upgrad_is_the_mean_of_projections_on_the_dual_cone() -> None:
    for T, seed in SHAPES[:8]:
        J = jacobian(T, seed, n=T + 1)
        g, projected = J.numpy(), []
        for g_i in g:
            d = cvxpy.Variable(T + 1)
            cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(d - g_i)), [g @ d >= 0]).solve(**TIGHT)
            projected.append(d.value)
        same(update("upgrad", J), np.mean(projected, axis=0))


@pytest.mark.parametrize(("name", "alpha"), [("fairgrad", 0.5), ("fairgrad", 2.0), ("fairgrad", 5.0), ("nash_mtl", 1.0)])
def test_fairgrad_and_nash_mtl_solve_their_equation(name: str, alpha: float) -> None:
    for T, seed in SHAPES:
        J = jacobian(T, seed) / 10
        G = gram(J).numpy()
        # In the logarithm of w, from elsewhere, by another method.
        start = np.log(np.diag(G)) * -alpha / (1 + alpha)
        found = solve(lambda y, G=G: np.log(np.maximum(G @ np.exp(y.clip(-99, 99)), 1e-300)) + y / alpha, start, tol=1e-13)
        own = {"max_norm": 0.0} if name == "nash_mtl" else {"alpha": alpha}
        ours = BALANCINGS.get(name)(outcomes=T, **own).weights(torch.ones(T, dtype=J.dtype), gram(J)).numpy()
        np.testing.assert_allclose(G @ ours, ours ** (-1 / alpha), rtol=1e-7)
        if found.success:
            np.testing.assert_allclose(ours, np.exp(found.x), rtol=1e-5)


def test_fairgrad_is_the_fair_share_itself() -> None:
    J, alpha = jacobian(3, 2), 2.0
    best = update("fairgrad", J, alpha=alpha).numpy()
    best /= np.linalg.norm(best)

    def utility(d: np.ndarray) -> float:
        return float(((J.numpy() @ d) ** (1 - alpha) / (1 - alpha)).sum())

    rng = np.random.default_rng(0)
    for size in (0.3, 0.03, 0.003):
        for _ in range(200):
            other = best + size * rng.normal(size=best.shape)
            other /= np.linalg.norm(other)
            if (J.numpy() @ other > 0).all():
                assert utility(other) <= utility(best)


@pytest.mark.parametrize("name", ["pcgrad", "gradvac"])
def test_an_order_drawn_at_random_favours_no_outcome(name: str) -> None:
    J, means = jacobian(3, 3, n=3), []
    assert (gram(J) < 0).any()
    for order in ([0, 1, 2], [2, 0, 1]):
        torch.manual_seed(0)
        drawn = [BALANCINGS.get(name)(outcomes=3).weights(torch.ones(3, dtype=J.dtype), gram(J[order])) for _ in range(300)]
        means.append((torch.stack(drawn).mean(dim=0) @ J[order]).numpy())
    assert np.linalg.norm(means[1] - means[0]) < 0.05 * np.linalg.norm(means[0])

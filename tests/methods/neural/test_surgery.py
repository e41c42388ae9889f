"""Gradient surgery on matrices: closed forms, identities, invariances, and torchjd's own aggregators."""

from collections.abc import Callable
from typing import Any

import cvxpy
import pytest
import torch
from torch import Tensor
from torchjd import aggregation

from datasets import Refused
from methods.neural.balancing.base import BALANCINGS
from methods.neural.balancing.gradvac import GradVac
from methods.neural.balancing.nash_mtl import NashMTL
from methods.neural.balancing.upgrad import LeastSquaresProjector
from methods.neural.gradients import gram

NAMES = ("pcgrad", "gradvac", "cagrad", "mgda", "imtl_g", "aligned_mtl", "upgrad", "fairgrad", "nash_mtl")
ORDERED = ("pcgrad", "gradvac")
SHAPES = [(T, seed) for T in (2, 3, 4, 6) for seed in range(4)]


def jacobian(T: int, seed: int = 0, n: int = 12) -> Tensor:
    """Gradients of different lengths, some in conflict, float64."""
    made = torch.Generator().manual_seed(seed)
    return torch.randn(T, n, generator=made, dtype=torch.float64) * torch.logspace(-1, 1, T, dtype=torch.float64)[:, None]


def update(name: str, J: Tensor, **params: Any) -> Tensor:
    """Jᵀw of a surgery that has seen nothing yet."""
    torch.manual_seed(5)
    return BALANCINGS.get(name)(outcomes=len(J), **params).weights(torch.ones(len(J), dtype=J.dtype), gram(J)) @ J


def same(found: Tensor, expected: Tensor, tolerance: float = 1e-5) -> None:
    assert float((found - expected).norm()) <= tolerance * float(expected.norm())


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """CVXPY's solver stops far beyond its usual gap of 1e-8, which leaves 1e-4 in torchjd's weights."""
    solve = cvxpy.Problem.solve

    def solved(self: cvxpy.Problem, *args: Any, **kwargs: Any) -> Any:
        return solve(self, cvxpy.CLARABEL, tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13)

    monkeypatch.setattr(cvxpy.Problem, "solve", solved)


AGGREGATORS: list[tuple[str, dict[str, Any], Callable[[], aggregation.Aggregator]]] = [
    ("pcgrad", {}, aggregation.PCGrad),
    ("gradvac", {}, lambda: aggregation.GradVac(beta=0.01)),
    ("gradvac", {"beta": 0.5}, lambda: aggregation.GradVac(beta=0.5)),
    ("cagrad", {}, lambda: aggregation.CAGrad(c=0.4)),
    ("cagrad", {"c": 0.8}, lambda: aggregation.CAGrad(c=0.8)),
    ("imtl_g", {}, aggregation.IMTLG),
    ("aligned_mtl", {}, aggregation.AlignedMTL),
    ("aligned_mtl", {"scale": "median"}, lambda: aggregation.AlignedMTL(scale_mode="median")),
    ("aligned_mtl", {"scale": "rmse"}, lambda: aggregation.AlignedMTL(scale_mode="rmse")),
    ("upgrad", {}, lambda: aggregation.UPGrad(projector=LeastSquaresProjector())),
]


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize(("name", "params", "aggregator"), AGGREGATORS)
def test_the_update_is_that_of_torchjds_aggregator(name: str, params: Any, aggregator: Any) -> None:
    for T, seed in SHAPES:
        J = jacobian(T, seed)
        ours = update(name, J, **params)
        torch.manual_seed(5)
        same(ours, aggregator()(J))


def test_gradvac_goes_on_like_torchjds_from_step_to_step() -> None:
    ours, theirs = GradVac(4, beta=0.3), aggregation.GradVac(beta=0.3)
    for seed in range(20):
        J = jacobian(4, seed) + 2 * jacobian(4, 99)
        torch.manual_seed(seed)
        weights = ours.weights(torch.ones(4, dtype=J.dtype), gram(J))
        torch.manual_seed(seed)
        same(weights @ J, theirs(J))
    assert ours.target.abs().max() > 0.1


def test_mgda_is_at_least_as_short_as_torchjds_and_no_further_off_than_that_is_too_long() -> None:
    for T, seed in SHAPES:
        J = jacobian(T, seed)
        ours, theirs = update("mgda", J), aggregation.MGDA(epsilon=1e-9, max_iters=300)(J)
        # The hull is convex and ours its shortest point: ‖v‖² ≥ ‖d‖² + ‖v − d‖² for every v in it.
        assert float(theirs @ theirs) >= float(ours @ ours + (theirs - ours) @ (theirs - ours)) * (1 - 1e-9)
        if T == 2:
            same(ours, theirs)


@pytest.mark.parametrize("alpha", [1.0, 2.0, 5.0, 10.0])
def test_fairgrad_is_torchjds_wherever_that_solves_its_equation(alpha: float) -> None:
    solved = 0
    for T, seed in SHAPES:
        J = jacobian(T, seed)
        theirs = aggregation.FairGrad(alpha=alpha).gramian_weighting(gram(J))
        if float((theirs ** (1 / alpha) * (gram(J) @ theirs) - 1).abs().max()) < 1e-6:
            solved += 1
            same(update("fairgrad", J, alpha=alpha), theirs @ J)
    assert solved >= len(SHAPES) / 2


def test_nash_mtl_is_torchjds_wherever_that_solves_its_equation() -> None:
    solved = 0
    for T, seed in SHAPES[::2]:
        J = jacobian(T, seed) / 10
        with pytest.warns(UserWarning, match="DPP"):
            theirs = aggregation.NashMTL(T, max_norm=0.0, optim_niter=100).weighting(J.float()).double()
        if float((theirs * (gram(J) @ theirs) - 1).abs().max()) < 1e-5:
            solved += 1
            same(update("nash_mtl", J, max_norm=0.0), theirs @ J)
            same(update("nash_mtl", J), theirs @ J / (theirs @ J).norm())
    assert solved >= len(SHAPES) / 4


@pytest.mark.parametrize(
    ("g1", "g2", "alpha"),
    [
        ([1.0, 2.0], [-2.0, 0.5], None),
        ([1.0, 0.0], [3.0, 1.0], 1.0),
        ([4.0, 1.0], [1.0, 0.5], 0.0),
        ([0.0, 3.0], [4.0, 0.0], 16 / 25),
    ],
)
def test_mgda_of_two_outcomes_in_closed_form(g1: list[float], g2: list[float], alpha: float | None) -> None:
    a, b = torch.tensor(g1), torch.tensor(g2)
    if alpha is None:
        alpha = float((b - a) @ b / ((b - a) @ (b - a)))
        assert 0 < alpha < 1
    torch.testing.assert_close(update("mgda", torch.stack([a, b])), alpha * a + (1 - alpha) * b)


def test_two_outcomes_in_closed_form() -> None:
    J = torch.tensor([[1.0, 2.0, 0.0], [-2.0, 0.5, 1.0]], dtype=torch.float64)
    norm = J.norm(dim=1)
    cos = float(J[0] @ J[1] / norm.prod())
    assert cos < 0
    projected = J - (J @ J.T).fliplr().diag()[:, None] / norm.flip(0).square()[:, None] * J.flip(0)
    same(update("upgrad", J), projected.mean(dim=0), 1e-9)
    same(update("gradvac", J), projected.sum(dim=0))
    same(update("imtl_g", J), (norm[1] * J[0] + norm[0] * J[1]) / norm.sum(), 1e-9)
    nash = (J / norm[:, None]).sum(dim=0) / (1 + cos) ** 0.5
    same(update("nash_mtl", J, max_norm=0.0), nash, 1e-9)
    same(update("nash_mtl", J), nash / nash.norm(), 1e-9)


def test_identities_between_surgeries() -> None:
    for T, seed in SHAPES:
        J = jacobian(T, seed)
        same(update("cagrad", J, c=0.0), J.mean(dim=0), 1e-9)
        same(update("fairgrad", J, alpha=1.0), update("nash_mtl", J, max_norm=0.0), 1e-9)
        # Two are drawn in no order, and a target that stays at 0 leaves PCGrad.
        same(update("gradvac", J[:2], beta=0.0), update("pcgrad", J[:2]))


@pytest.mark.parametrize("name", ["mgda", "upgrad"])
def test_no_outcome_loses(name: str) -> None:
    conflicts = 0
    for T, seed in SHAPES:
        J = jacobian(T, seed, n=T)
        conflicts += int((J @ J.sum(dim=0) < 0).any())
        assert float((J @ update(name, J) / J.norm(dim=1)).min()) > -1e-8 * float(J.norm())
    assert conflicts > len(SHAPES) / 3


def test_equations_of_the_papers() -> None:
    for T, seed in SHAPES:
        J = jacobian(T, seed)
        G, unit = gram(J), J / J.norm(dim=1, keepdim=True)
        projections = unit @ update("imtl_g", J)
        torch.testing.assert_close(projections, projections[:1].expand(T), rtol=1e-7, atol=0)
        for alpha in (0.5, 1.0, 2.0, 10.0):
            w = BALANCINGS.get("fairgrad")(outcomes=T, alpha=alpha).weights(torch.ones(T, dtype=J.dtype), G)
            torch.testing.assert_close(G @ w, w ** (-1 / alpha), rtol=1e-7, atol=0)
        a = NashMTL(T, max_norm=0.0).weights(torch.ones(T, dtype=J.dtype), G)
        torch.testing.assert_close(G @ a, 1 / a, rtol=1e-7, atol=0)
        g_0 = J.mean(dim=0)
        assert float((update("cagrad", J, c=0.3) - g_0).norm()) == pytest.approx(0.3 * float(g_0.norm()))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_parallel_gradients_keep_their_direction(name: str, dtype: torch.dtype) -> None:
    direction = torch.randn(20_000, dtype=dtype)
    J = torch.tensor([[0.5], [1.0], [4.0], [0.03]], dtype=dtype) * direction
    surgery = BALANCINGS.get(name)(outcomes=4)
    for _ in range(3):
        combined = surgery.weights(torch.ones(4, dtype=dtype), gram(J)) @ J
        assert float(torch.cosine_similarity(combined, direction, dim=0)) == pytest.approx(1.0, abs=1e-5)
        assert 1e-3 < float(combined.norm() / direction.norm()) < 1e2 or name == "nash_mtl"


@pytest.mark.parametrize("name", NAMES)
def test_permuted_outcomes_give_permuted_weights(name: str) -> None:
    T = 2 if name in ORDERED else 5
    order = torch.tensor([1, 0] if name in ORDERED else [3, 0, 4, 2, 1])
    for seed in range(5):
        J = jacobian(T, seed)
        weights = [BALANCINGS.get(name)(outcomes=T).weights(torch.ones(T, dtype=J.dtype), gram(side)) for side in (J, J[order])]
        same(weights[1][:, None] * J[order], (weights[0][:, None] * J)[order])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [1e-6, 1e4])
def test_the_unit_of_the_losses_turns_no_update(name: str, scale: float) -> None:
    J = jacobian(4, 1).float()
    found, expected = update(name, scale * J), update(name, J)
    assert float(torch.cosine_similarity(found / found.norm(), expected / expected.norm(), dim=0)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_one_outcome_keeps_its_direction(name: str) -> None:
    J = torch.tensor([[3.0, -1.0, 2.0]])
    assert float(torch.cosine_similarity(update(name, J), J[0], dim=0)) == pytest.approx(1.0)
    assert 0.1 < float(update(name, J).norm()) < 10


@pytest.mark.parametrize("name", NAMES)
def test_gradients_that_vanish_or_cancel_leave_finite_weights(name: str) -> None:
    g = torch.tensor([1.0, 2.0, -1.0])
    h = torch.tensor([0.5, -1.0, 3.0])
    for rows in ([0 * g] * 3, [g, 0 * g, h], [g, -g, h], [g, -2 * g], [g, g, -g, -g], [g, g, g], [g, 1e-6 * h, 1e3 * h], [0 * g]):
        J = torch.stack(rows)
        surgery = BALANCINGS.get(name)(outcomes=len(J))
        for _ in range(3):
            weights = surgery.weights(torch.ones(len(J)), gram(J))
            assert weights.dtype == torch.float32
            assert weights.isfinite().all()
            assert float((weights @ J).norm()) < 1e4


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("pcgrad", "mgda")])
def test_a_zero_gradient_does_not_stop_the_others(name: str) -> None:
    g, h = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([0.5, 1.0, 3.0])
    found = update(name, torch.stack([g, 0 * g, h]))
    assert float(found @ g) > 0.1
    assert float(found @ h) > 0.1


def test_cagrad_does_not_stop_where_the_worst_off_cannot_gain() -> None:
    # No d in the ball helps both of the first two, so the best for the worst-off is orthogonal to them.
    J = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.5, 1.0]], dtype=torch.float64)
    found = update("cagrad", J, c=0.6)
    g_0 = J.mean(dim=0)
    torch.testing.assert_close(found[0], torch.zeros((), dtype=torch.float64), rtol=0, atol=1e-6)
    assert found[1] > 0.1
    assert float((found - g_0).norm()) <= 0.6 * float(g_0.norm()) + 1e-9


@pytest.mark.parametrize("name", [name for name in NAMES if name != "pcgrad"])
def test_a_gradient_that_is_not_finite_gives_weights_that_say_so(name: str) -> None:
    G = gram(torch.tensor([[1.0, torch.nan], [2.0, 1.0]]))
    assert BALANCINGS.get(name)(outcomes=2).weights(torch.ones(2), G).isnan().all()


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("gradvac", {"beta": 1.5}, "beta = 1.5"),
        ("cagrad", {"c": 1.0}, "c = 1.0"),
        ("cagrad", {"c": -0.1}, "c = -0.1"),
        ("fairgrad", {"alpha": 0.0}, "alpha = 0.0"),
        ("aligned_mtl", {"scale": "max"}, "scale = 'max'"),
        ("nash_mtl", {"update_weights_every": 0}, "update_weights_every = 0"),
        ("nash_mtl", {"max_norm": -1.0}, "max_norm = -1.0"),
    ],
)
def test_a_wrong_parameter_is_refused(name: str, params: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        BALANCINGS.get(name)(outcomes=3, **params)

"""Mixed arithmetic, by a CPU's autocast: near single in what comes of it, float32 where that counts."""

import numpy as np
import pytest
import torch
from torch import Tensor

from datasets import Cohort, Refused
from methods import Run, registry
from methods.neural.arithmetic import computed_in, in_single
from methods.neural.balancing.base import BALANCINGS
from methods.neural.encoders.gather import gathered
from methods.neural.encoders.window import window_sum
from methods.neural.gradients import backward
from methods.neural.losses import bce, outcome_losses
from methods.neural.network import Network, network
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS
from methods.neural.tensors import fit_preprocessing, labels
from methods.scores import auc, macro
from tests.methods.neural.cohorts import make

SMALL = {"d": 32, "width": 32, "layers": 1}
COLUMNS = ("ft_transformer", "tabm")
NETWORKS = (*(name for name, entry in registry.entries().items() if entry.family == "neural" and not entry.absent()), *COLUMNS)
# bfloat16 has eight bits of mantissa: half of the last is what rounding may do.
ROUNDING = 2.0**-9
# Of 32 networks after one epoch of three steps the furthest was 0.0035 apart (single_task), the median 0.0011; their probabilities
# vary by 0.01 to 0.06 over the cases.
NEAR = 0.01


@pytest.fixture(scope="module")
def sides() -> tuple[Cohort, Cohort, Cohort]:
    whole = make(600, unknown=0.1)
    return whole.take(np.arange(300)), whole.take(np.arange(300, 450)), whole.take(np.arange(450, 600))


def predicted(name: str, sides: tuple[Cohort, Cohort, Cohort], arithmetic: str) -> np.ndarray:
    given = {} if name in COLUMNS else SMALL
    train, valid, test = (side.only("o0") for side in sides) if name == "single_task_tuned" else sides
    method = registry.build(name, **given, epochs=1).fit(train, valid, Run(seed=1, arithmetic=arithmetic))
    return method.predict_proba(test.hide_outcomes())


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_trains_in_it_near_single_and_twice_the_same(name: str, sides: tuple[Cohort, Cohort, Cohort]) -> None:
    single, first, second = (predicted(name, sides, arithmetic) for arithmetic in ("single", "mixed", "mixed"))
    assert first.dtype == np.float64
    assert np.isfinite(first).all()
    assert np.array_equal(first, second)
    assert 0 < np.abs(first - single).max() < NEAR


def test_as_much_is_learned_in_it(sides: tuple[Cohort, Cohort, Cohort]) -> None:
    train, valid, test = sides
    found = []
    for arithmetic in ("single", "mixed"):
        method = registry.build("ple+pcgrad", **SMALL, lr=5e-3, epochs=12).fit(train, valid, Run(arithmetic=arithmetic))
        found.append(macro(auc, test.outcomes.to_numpy(np.float64), method.predict_proba(test.hide_outcomes())))
    assert min(found) > 0.8
    assert found[1] == pytest.approx(found[0], abs=0.03)


def grown(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def assert_near(found: Tensor, exact: Tensor, roundings: int) -> None:
    """Within so many roundings of the largest entry."""
    assert found.dtype == exact.dtype == torch.float32
    assert (found - exact).abs().max() <= roundings * ROUNDING * exact.abs().max()


@pytest.mark.parametrize("given", [torch.float32, torch.bfloat16])
def test_what_queries_gather_and_its_gradient_are_the_plain_formula_s(given: torch.dtype) -> None:
    """Whatever numbers the words come in: from autocast they are bfloat16."""
    read = torch.rand(5, 40, 3, generator=torch.Generator().manual_seed(1)) < 0.7
    read[1] = False
    c, a, dg = grown(2, 5, 40, 48), grown(3, 48, 3), grown(4, 5, 3, 48).detach()
    plain = ((c @ (a / 7)).masked_fill(~read, -1e9).softmax(1)).transpose(1, 2) @ c
    exact = torch.autograd.grad(plain, (c, a), dg)
    with torch.autocast("cpu", torch.bfloat16):
        g = gathered(c.to(given), a / 7, read)
    assert g.dtype == torch.bfloat16
    assert_near(g.float(), plain, 4)
    for found, gradient in zip(torch.autograd.grad(g.float(), (c, a), dg), exact, strict=True):
        assert_near(found, gradient, 6)


@pytest.mark.parametrize("given", [torch.float32, torch.bfloat16])
def test_the_window_sum_s_gradient_is_the_convolution_s(given: torch.dtype) -> None:
    tokens = torch.randint(1, 9, (4, 30), dtype=torch.int32, generator=torch.Generator().manual_seed(1))
    table, weight = grown(2, 9, 5, 6), grown(3, 4, 30, 6).detach()
    padded = torch.nn.functional.pad(tokens, (2, 2)).long()
    plain = torch.stack([table[padded[:, k : k + 30], k] for k in range(5)]).sum(dim=0)
    (exact,) = torch.autograd.grad(plain, table, weight)
    with torch.autocast("cpu", torch.bfloat16):
        c = window_sum(tokens, table.to(given))
    assert c.dtype == given
    assert_near(c.float(), plain, 4)
    (found,) = torch.autograd.grad(c.float(), table, weight)
    # Row 0 stands for padding and is constant.
    assert_near(found[1:], exact[1:], 4)


def made(sides: tuple[Cohort, Cohort, Cohort], sharing: str) -> Network:
    torch.manual_seed(0)
    return network(fit_preprocessing(sides[0], {}), Settings(**SMALL), SHARINGS.get(sharing), torch.full((3,), 0.2))


@pytest.mark.parametrize("balancing", ["sum", "famo", "pcgrad", "nash_mtl"])
def test_gradients_and_their_gram_matrix_are_float32(sides: tuple[Cohort, Cohort, Cohort], balancing: str) -> None:
    net, told = made(sides, "ple"), labels(sides[0], sides[0].outcome_names)
    inputs = fit_preprocessing(sides[0], {}).inputs(sides[0])
    with computed_in("mixed", "cpu"):
        found = net(inputs)
    assert found.shared.z.dtype == torch.bfloat16
    losses = outcome_losses(bce, found.logits.float(), told.y, told.known)
    update = backward(net, BALANCINGS.get(balancing)(outcomes=3), losses, torch.arange(3), None, watched=True)
    assert losses.dtype == update.weights.dtype == torch.float32
    assert update.gram is not None
    assert update.gram.dtype == torch.float32
    assert {p.dtype for p in net.parameters()} == {p.grad.dtype for p in net.parameters() if p.grad is not None} == {torch.float32}


@pytest.mark.parametrize("sharing", ["orthtd", "orthtd_covariance", "orthtd_tasks"])
def test_a_sharing_s_own_loss_is_computed_in_float32(sides: tuple[Cohort, Cohort, Cohort], sharing: str) -> None:
    net = made(sides, sharing)
    with computed_in("mixed", "cpu"):
        shared = net.sharing(grown(1, 50, 1, 32))
    z_s, z_t = shared.parts["shared"], shared.parts["specific"]
    assert shared.aux.dtype == torch.float32
    # To the bit what float32 gives of the parts as they came.
    assert torch.equal(shared.aux, 0.1 * net.sharing.penalty(z_s.float(), z_t.float()))  # type: ignore[operator]


def test_parts_are_kept_apart_as_well_as_in_single(sides: tuple[Cohort, Cohort, Cohort]) -> None:
    net = made(sides, "orthtd_projection")
    with computed_in("mixed", "cpu"):
        parts = net.sharing(grown(1, 50, 1, 32)).parts
    z_s, z_t = parts["shared"].float(), parts["specific"].float()
    assert torch.nn.functional.cosine_similarity(z_s[:, None], z_t, dim=-1).abs().max() < 1e-5


def test_what_is_computed_in_single_is_so_inside_mixed() -> None:
    x = grown(1, 8, 8).detach()
    exact = x @ x
    with computed_in("mixed", "cpu"):
        assert (x @ x).dtype == torch.bfloat16
        assert torch.equal(in_single(torch.matmul, x, x), exact)
        assert in_single(torch.matmul, x.bfloat16(), x).dtype == torch.float32
        assert (x @ x).dtype == torch.bfloat16


def test_another_name_is_refused(sides: tuple[Cohort, Cohort, Cohort]) -> None:
    with pytest.raises(Refused, match=r"arithmetic 'half'.*Allowed: mixed, single"):
        registry.build("hard_sharing", **SMALL, epochs=1).fit(sides[0], sides[1], Run(arithmetic="half"))

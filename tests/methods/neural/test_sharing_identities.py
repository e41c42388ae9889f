"""Sharings that are another one under some condition, and formulas worked by hand."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from methods import Run, registry
from methods.neural.method import NeuralMethod
from methods.neural.network import Network
from methods.neural.sharing.base import Sharing
from methods.neural.sharing.cross_stitch import CrossStitch
from methods.neural.sharing.hard import HardSharing
from methods.neural.sharing.mmoe import MMoE
from methods.neural.sharing.orthtd import OrthTDSharing
from methods.neural.sharing.orthtd_variants import OrthTDCovariance, OrthTDNone, OrthTDProjection, OrthTDSharedOnly, OrthTDTasks
from methods.neural.sharing.ple import PLE
from methods.neural.sharing.single import SingleTask
from methods.scores import auc, macro
from tests.methods.neural.cohorts import make
from tests.methods.neural.sharings import BATCH, WIDTH, D, T, gradients, network_of

TINY = {"d": 16, "width": 16, "layers": 1, "lr": 5e-3, "epochs": 15, "patience": 15, "batch_size": 32}


def assert_equal(one: Network, two: Network, pairs: list[tuple[nn.Module, nn.Module]]) -> None:
    """Equal logits, losses of their own, gradients on the input, and on each pair of modules."""
    grads = []
    x = torch.randn(BATCH, D)
    weights = torch.randn(BATCH, T)
    for network in (one, two):
        here = x.clone().requires_grad_()
        output = network(here)
        value = (output.logits * weights).sum() + (0 if output.shared.aux is None else output.shared.aux)
        grads.append((output.logits, torch.autograd.grad(value, here, retain_graph=True)[0], value))
    for a, b in zip(*grads, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)
    for left, right in [*pairs, (one.heads, two.heads), (one.backbones, two.backbones)]:
        found, expected = gradients(left, grads[0][2]), gradients(right, grads[1][2])
        assert found.keys() == expected.keys()
        assert all(g.abs().max() > 0 for g in expected.values())
        for key, gradient in found.items():
            torch.testing.assert_close(gradient, expected[key], rtol=0, atol=1e-6)


def networks(one: Sharing, two: Sharing) -> tuple[Network, Network]:
    """Two networks with the same backbones and heads."""
    a, b = network_of(one), network_of(two)
    b.backbones.load_state_dict(a.backbones.state_dict())
    b.heads.load_state_dict(a.heads.state_dict())
    return a, b


def test_mmoe_with_one_expert_is_hard_sharing() -> None:
    mmoe, hard = MMoE(D, T, WIDTH, experts=1), HardSharing(D, T, WIDTH)
    mmoe.f[0].load_state_dict(hard.f.state_dict())
    assert_equal(*networks(mmoe, hard), [(mmoe.f[0], hard.f)])


def test_mmoe_of_equal_experts_is_hard_sharing() -> None:
    mmoe, hard, h = MMoE(D, T, WIDTH, experts=3), HardSharing(D, T, WIDTH), torch.randn(BATCH, 1, D)
    for f_i in mmoe.f:
        f_i.load_state_dict(hard.f.state_dict())
    torch.testing.assert_close(mmoe(h).z, hard(h).z, rtol=0, atol=1e-6)


def test_ple_of_one_level_without_specific_experts_is_mmoe() -> None:
    ple, mmoe = PLE(D, T, WIDTH, levels=1, specific_experts=0, shared_experts=3), MMoE(D, T, WIDTH, experts=3)
    level = ple.levels[0]
    level.E_s.load_state_dict(mmoe.f.state_dict())
    level.W.load_state_dict(mmoe.W.state_dict())
    assert_equal(*networks(ple, mmoe), [(level.E_s, mmoe.f), (level.W, mmoe.W)])


def test_cross_stitch_at_the_identity_is_single_task() -> None:
    cross, single = CrossStitch(D, T, WIDTH, alpha_own=1.0), SingleTask(D, T, WIDTH)
    cross.f.load_state_dict(single.f.state_dict())
    assert_equal(*networks(cross, single), [(cross.f, single.f)])


def test_cross_stitch_of_equal_parts_gives_every_outcome_the_same() -> None:
    cross, h = CrossStitch(D, T, WIDTH, alpha_own=1 / T), torch.randn(BATCH, T, D)
    z = cross(h).z
    torch.testing.assert_close(z, z[:, :1].expand_as(z), rtol=0, atol=1e-6)
    assert z.std(dim=0).min() > 0.01


def test_of_one_outcome_cross_stitch_is_single_task() -> None:
    cross, single = CrossStitch(D, 1, WIDTH), SingleTask(D, 1, WIDTH)
    cross.f.load_state_dict(single.f.state_dict())
    h = torch.randn(BATCH, 1, D)
    assert torch.equal(cross(h).z, single(h).z)


def test_orthtd_reads_shared_and_specific_and_charges_the_squared_cosine() -> None:
    orthtd, h = OrthTDSharing(D, T, WIDTH, orthogonality=0.7), torch.randn(BATCH, 1, D)
    shared = orthtd(h)
    z_s, z_t = shared.parts["shared"], shared.parts["specific"]
    for t in range(T):
        assert torch.equal(shared.z[:, t], torch.cat([z_s, z_t[:, t]], dim=1))
    total = sum(cos(z_s[case], z_t[case, t]) ** 2 for case in range(BATCH) for t in range(T))
    assert float(shared.aux.detach()) == pytest.approx(0.7 * total / (BATCH * T), rel=1e-5)
    assert float(OrthTDSharing(D, T, WIDTH, orthogonality=0.0)(h).aux.detach()) == 0.0


def cos(a: Tensor, b: Tensor) -> float:
    return float(((a @ b) / (a.norm() * b.norm())).detach())


def test_without_a_constraint_it_is_orthtd_of_lambda_zero() -> None:
    none, zero = OrthTDNone(D, T, WIDTH), OrthTDSharing(D, T, WIDTH, orthogonality=0.0)
    zero.load_state_dict(none.state_dict())
    assert_equal(*networks(none, zero), [(none, zero)])


def test_without_specific_parts_it_is_hard_sharing() -> None:
    shared_only, hard = OrthTDSharedOnly(D, T, WIDTH), HardSharing(D, T, WIDTH)
    shared_only.f_s.load_state_dict(hard.f.state_dict())
    assert_equal(*networks(shared_only, hard), [(shared_only.f_s, hard.f)])


def test_projected_parts_have_no_inner_product_with_the_shared_one() -> None:
    sharing, h = OrthTDProjection(D, T, WIDTH).double(), torch.randn(BATCH, 1, D).double()
    before, shared = sharing.decompose(h[:, 0]), sharing(h)
    z_s, z_t = shared.parts["shared"], shared.parts["specific"]
    assert shared.aux is None
    for case in range(BATCH):
        for t in range(T):
            assert torch.equal(shared.z[case, t], torch.cat([z_s[case], z_t[case, t]]))
            assert abs(cos(z_s[case], z_t[case, t])) < 1e-12
            assert abs(cos(z_s[case], before[1][case, t])) > 1e-3
            # What was taken away lies along z_s.
            assert abs(cos(z_s[case], before[1][case, t] - z_t[case, t])) == pytest.approx(1.0, abs=1e-12)


def test_the_gradient_of_the_projection_flows_through_the_shared_part() -> None:
    sharing = OrthTDProjection(D, T, WIDTH).double()
    z_s, z_t = torch.randn(2, WIDTH).double().requires_grad_(), torch.randn(2, T, WIDTH).double().requires_grad_()
    sharing.decompose.forward = lambda h: (z_s, z_t)
    # Of Σ z_t⊥ · c: by hand −[(c·z_s) z_t + (z_t·z_s) c]/(z_s·z_s) + 2 (z_t·z_s)(c·z_s)/(z_s·z_s)² z_s, summed over t.
    c = torch.randn(WIDTH).double()
    (found,) = torch.autograd.grad((sharing(torch.empty(2, 1, D).double()).parts["specific"] @ c).sum(), z_s)
    for case in range(2):
        s, norm = z_s[case].detach(), float(z_s[case].detach().square().sum())
        expected = torch.zeros(WIDTH).double()
        for z in z_t[case].detach():
            expected += -((c @ s) * z + (z @ s) * c) / norm + 2 * (z @ s) * (c @ s) / norm**2 * s
        torch.testing.assert_close(found[case], expected)


def test_a_shared_part_of_zero_leaves_the_specific_one_as_it_is() -> None:
    sharing, h = OrthTDProjection(D, T, WIDTH), torch.randn(BATCH, 1, D)
    with torch.no_grad():
        sharing.decompose.f_s[1].weight.zero_()
        sharing.decompose.f_s[1].bias.zero_()
    shared = sharing(h)
    assert torch.equal(shared.parts["specific"], sharing.decompose(h[:, 0])[1])
    assert all(g.isfinite().all() for g in gradients(sharing, shared.z.square().sum()).values())


def test_the_cross_covariance_is_that_of_numpy() -> None:
    sharing, h = OrthTDCovariance(D, T, WIDTH, orthogonality=0.7), torch.randn(BATCH, 1, D)
    shared = sharing(h)
    z_s, z_t = (shared.parts[name].detach().double().numpy() for name in ("shared", "specific"))
    norms = []
    for t in range(T):
        C = np.cov(z_s, z_t[:, t], rowvar=False, bias=True)[:WIDTH, WIDTH:]
        norms.append(np.linalg.norm(C, "fro") ** 2)
    assert float(shared.aux.detach()) == pytest.approx(0.7 * np.mean(norms) / WIDTH, rel=1e-5)


def test_one_case_has_no_covariance() -> None:
    shared = OrthTDCovariance(D, T, WIDTH)(torch.randn(1, 1, D))
    assert float(shared.aux.detach()) == 0.0


def test_outcome_against_outcome_is_the_mean_over_pairs() -> None:
    sharing, h = OrthTDTasks(D, T, WIDTH, orthogonality=0.7), torch.randn(BATCH, 1, D)
    shared = sharing(h)
    z_t = shared.parts["specific"]
    pairs = [(t, u) for t in range(T) for u in range(T) if t != u]
    total = sum(cos(z_t[case, t], z_t[case, u]) ** 2 for case in range(BATCH) for t, u in pairs)
    assert float(shared.aux.detach()) == pytest.approx(0.7 * total / (BATCH * len(pairs)), rel=1e-5)
    assert float(OrthTDTasks(D, 1, WIDTH)(h).aux.detach()) == 0.0


COHORT = make(500)
TRAIN, VALID, TEST = COHORT.take(np.arange(300)), COHORT.take(np.arange(300, 380)), COHORT.take(np.arange(380, 500))
REUSED: dict[Any, Any] = {}


def fitted(name: str, **params: Any) -> NeuralMethod:
    method = registry.build(name, **TINY, **params).fit(TRAIN, VALID, Run(seed=1, shared=REUSED))
    assert isinstance(method, NeuralMethod)
    return method


def unseen_cosine(orthogonality: float) -> float:
    """Mean |cos(z_s, z_t)| on cases that OrthTD was not fitted on."""
    method = fitted("orthtd", orthogonality=orthogonality)
    network = method._network.eval()
    with torch.no_grad():
        parts = network(method._fitted.inputs(TEST)).shared.parts
    return float(torch.cosine_similarity(parts["shared"][:, None], parts["specific"], dim=-1).abs().mean())


def test_a_large_lambda_drives_the_cosine_to_zero() -> None:
    assert unseen_cosine(0.0) > 0.1
    assert unseen_cosine(1e3) < 0.01


@pytest.mark.parametrize(
    "name",
    [
        "cross_stitch",
        "orthtd_none",
        "orthtd_projection",
        "orthtd_covariance",
        "orthtd_tasks",
        "orthtd_shared_only",
        "orthtd_specific_only",
    ],
)
def test_a_planted_signal_is_found(name: str) -> None:
    p = fitted(name).predict_proba(TEST.hide_outcomes())
    assert macro(auc, TEST.outcomes.to_numpy(np.float64), p) >= 0.9

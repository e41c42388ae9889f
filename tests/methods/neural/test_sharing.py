"""Identities worked by hand, and which parameters belong to which outcome."""

from typing import Any

import pytest
import torch
from torch import Tensor

from datasets import Refused
from methods.neural.sharing.base import SHARINGS, Sharing
from methods.neural.sharing.hard import HardSharing
from methods.neural.sharing.mmoe import MMoE
from methods.neural.sharing.orthtd import OrthTD
from methods.neural.sharing.ple import PLE
from methods.neural.sharing.single import SingleTask

D, T, WIDTH = 6, 3, 5
CASES: list[tuple[str, dict[str, Any]]] = [
    ("single_task", {}),
    ("hard_sharing", {}),
    ("mmoe", {"experts": 3}),
    ("ple", {"levels": 1, "specific_experts": 2}),
    ("ple", {"levels": 2}),
    ("ple", {"levels": 3, "specific_experts": 2}),
    ("orthtd", {}),
]


def made(name: str, params: dict[str, Any]) -> tuple[Sharing, Tensor]:
    sharing = SHARINGS.get(name)(d=D, outcomes=T, width=WIDTH, **params)
    return sharing, torch.randn(8, T if sharing.backbone_per_outcome else 1, D)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_shapes(name: str, params: dict[str, Any]) -> None:
    sharing, h = made(name, params)
    shared = sharing(h)
    assert shared.z.shape == (8, T, sharing.features)
    assert shared.parts
    assert all(part.shape in ((8, WIDTH), (8, T, WIDTH)) for part in shared.parts.values())


@pytest.mark.parametrize(("name", "params"), CASES)
def test_specific_parameters_are_exactly_those_that_one_outcome_alone_reaches(name: str, params: dict[str, Any]) -> None:
    sharing, h = made(name, params)
    reached: dict[int, set[int]] = {id(p): set() for p in sharing.parameters()}
    for t in range(T):
        sharing.zero_grad()
        sharing(h).z[:, t].square().sum().backward()
        for p in sharing.parameters():
            if p.grad is not None and p.grad.abs().max() > 0:
                reached[id(p)].add(t)
    assert all(reached.values())
    for t in range(T):
        assert {id(p) for p in sharing.specific(t)} == {key for key, outcomes in reached.items() if outcomes == {t}}


@pytest.mark.parametrize(("name", "params"), [case for case in CASES if case[0] != "single_task"])
def test_gradients_of_every_outcome_reach_h(name: str, params: dict[str, Any]) -> None:
    sharing, h = made(name, params)
    h.requires_grad_()
    for t in range(T):
        (grad,) = torch.autograd.grad(sharing(h).z[:, t].square().sum(), h)
        assert (grad.abs().amax(dim=(1, 2)) > 0).all()


def test_single_task_reads_its_own_backbone_alone() -> None:
    sharing, h = SingleTask(D, T, WIDTH), torch.randn(8, T, D)
    changed = h.clone()
    changed[:, 1] += 1
    before, after = sharing(h).z, sharing(changed).z
    assert torch.equal(before[:, [0, 2]], after[:, [0, 2]])
    assert not torch.equal(before[:, 1], after[:, 1])


def test_mmoe_with_one_expert_is_hard_sharing() -> None:
    hard, mmoe, h = HardSharing(D, T, WIDTH), MMoE(D, T, WIDTH, experts=1), torch.randn(8, 1, D)
    mmoe.f[0].load_state_dict(hard.f.state_dict())
    torch.testing.assert_close(mmoe(h).z, hard(h).z, rtol=0, atol=1e-6)


def test_ple_of_one_level_without_specific_experts_is_mmoe() -> None:
    mmoe, ple = MMoE(D, T, WIDTH, experts=3), PLE(D, T, WIDTH, levels=1, specific_experts=0, shared_experts=3)
    ple.levels[0].E_s.load_state_dict(mmoe.f.state_dict())
    ple.levels[0].W.load_state_dict(mmoe.W.state_dict())
    h = torch.randn(8, 1, D)
    torch.testing.assert_close(ple(h).z, mmoe(h).z, rtol=0, atol=1e-6)


def test_mmoe_is_its_equation() -> None:
    mmoe, h = MMoE(D, T, WIDTH, experts=2), torch.randn(4, 1, D)
    z = mmoe(h).z
    for case in range(4):
        x = h[case, 0]
        for t in range(T):
            e = torch.exp(mmoe.W[t].weight @ x)
            expected = sum(e[i] / e.sum() * mmoe.f[i](x[None])[0] for i in range(2))
            torch.testing.assert_close(z[case, t], expected, rtol=0, atol=1e-6)


def test_ple_has_a_shared_gate_on_every_level_but_the_last() -> None:
    ple = PLE(D, T, WIDTH, levels=3, specific_experts=2, shared_experts=4)
    assert [level.W_s is not None for level in ple.levels] == [True, True, False]
    assert ple.levels[0].W_s.weight.shape == (T * 2 + 4, D)
    assert ple.levels[1].W[0].weight.shape == (2 + 4, WIDTH)


def test_the_shared_gate_carries_one_outcomes_experts_to_the_others() -> None:
    ple, h = PLE(D, T, WIDTH, levels=2), torch.randn(8, 1, D)
    before = ple(h).z[:, 0]
    with torch.no_grad():
        ple.levels[0].own(1)[0][1].bias.add_(1.0)
    assert (ple(h).z[:, 0] - before).abs().max() > 1e-4


def test_orthtd_reads_shared_and_specific_and_charges_the_squared_cosine() -> None:
    orthtd, h = OrthTD(D, T, WIDTH, orthogonality=0.7), torch.randn(8, 1, D)
    shared = orthtd(h)
    z_s, z_t = shared.parts["shared"], shared.parts["specific"]
    for t in range(T):
        assert torch.equal(shared.z[:, t], torch.cat([z_s, z_t[:, t]], dim=1))
    total = 0.0
    for case in range(8):
        for t in range(T):
            a, b = z_s[case], z_t[case, t]
            total += ((a @ b) ** 2 / ((a @ a) * (b @ b))).item()
    assert float(shared.aux.detach()) == pytest.approx(0.7 * total / (8 * T), rel=1e-5)
    assert float(OrthTD(D, T, WIDTH, orthogonality=0.0)(h).aux.detach()) == 0.0


def test_a_large_lambda_drives_the_cosine_to_zero() -> None:
    orthtd, h = OrthTD(D, T, 16, orthogonality=1.0), torch.randn(64, 1, D)
    optimiser = torch.optim.Adam(orthtd.parameters(), lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        orthtd(h).aux.backward()
        optimiser.step()
    assert float(orthtd(h).aux.detach()) < 1e-4


@pytest.mark.parametrize("params", [{"levels": 0}, {"specific_experts": -1}, {"shared_experts": 0}])
def test_ple_refuses_what_makes_no_sense(params: dict[str, int]) -> None:
    with pytest.raises(Refused):
        PLE(D, T, **params)

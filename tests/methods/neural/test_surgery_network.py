"""Gradient surgery on networks: torchjd's own machinery beside ours, outcomes that are absent, and training itself."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchjd import aggregation
from torchjd.autojac import backward as jacobians
from torchjd.autojac import jac_to_grad

from methods import Run, registry
from methods.neural.balancing.base import BALANCINGS, Balancing
from methods.neural.balancing.gradvac import GradVac
from methods.neural.balancing.nash_mtl import NashMTL
from methods.neural.balancing.upgrad import LeastSquaresProjector
from methods.neural.gradients import backward, gram, outcome_gradients
from tests.methods.neural.cohorts import make
from tests.methods.neural.test_gradients import T, losses_of, made
from tests.methods.neural.test_surgery import NAMES, exact, jacobian

AGGREGATORS: dict[str, Any] = {
    "pcgrad": aggregation.PCGrad,
    "gradvac": lambda: aggregation.GradVac(beta=0.01),
    "cagrad": lambda: aggregation.CAGrad(c=0.4),
    "mgda": lambda: aggregation.MGDA(epsilon=1e-9, max_iters=3000),
    "imtl_g": aggregation.IMTLG,
    "aligned_mtl": aggregation.AlignedMTL,
    "upgrad": lambda: aggregation.UPGrad(projector=LeastSquaresProjector()),
    "fairgrad": lambda: aggregation.FairGrad(alpha=2.0),
    "nash_mtl": lambda: aggregation.NashMTL(T),
}
TINY = {"d": 8, "width": 8, "layers": 1, "lr": 5e-3, "epochs": 2, "batch_size": 16}
__all__ = ["exact"]


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sharing", ["hard_sharing", "ple", "orthtd"])
def test_gradients_are_those_of_torchjds_machinery(sharing: str, name: str) -> None:
    network, inputs, y = made(sharing)
    if sharing == "ple":
        assert len(network.sharing.levels) == 2
    losses, _ = losses_of(network, inputs, y)
    torch.manual_seed(4)
    backward(network, BALANCINGS.get(name)(outcomes=T), losses, torch.arange(T), None)
    ours = {key: p.grad.clone() for key, p in network.named_parameters()}

    network.zero_grad(set_to_none=True)
    losses, _ = losses_of(network, inputs, y)
    shared = {id(p) for p in network.shared()}
    jacobians(list(losses), inputs=network.shared(), retain_graph=True)
    torch.manual_seed(4)
    jac_to_grad(network.shared(), AGGREGATORS[name]())
    torch.autograd.backward(losses.sum(), inputs=[p for p in network.parameters() if id(p) not in shared])
    size = torch.cat([p.grad.flatten() for p in network.shared()]).norm()
    assert size > 1e-3
    for key, p in network.named_parameters():
        torch.testing.assert_close(ours[key], p.grad, rtol=1e-5, atol=1e-5 * float(size) if id(p) in shared else 1e-6)


def step(surgery: Balancing, J: Tensor, present: list[int], seed: int) -> Tensor:
    torch.manual_seed(seed)
    return surgery(torch.ones(len(present), dtype=J.dtype), gram(J[present]), torch.tensor(present))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sharing", ["hard_sharing", "ple", "orthtd"])
def test_an_absent_outcome_leaves_the_others_update_and_its_own_parts_alone(sharing: str, name: str) -> None:
    network, inputs, y = made(sharing)
    losses, _ = losses_of(network, inputs, y)
    rows = outcome_gradients(losses, network.shared())
    torch.manual_seed(4)
    weights = BALANCINGS.get(name)(outcomes=2).weights(torch.ones(2), gram(rows[[0, 2]]))
    torch.manual_seed(4)
    # What the absent outcome's loss would be is not looked at.
    backward(network, BALANCINGS.get(name)(outcomes=T), losses * torch.tensor([1.0, 1e6, 1.0]), torch.tensor([0, 2]), None)
    found = torch.cat([p.grad.flatten() for p in network.shared()])
    assert found.isfinite().all()
    torch.testing.assert_close(found, weights @ rows[[0, 2]], rtol=1e-4, atol=1e-6 * float(found.norm()))
    assert all(p.grad is None for p in network.specific(1))
    assert all(p.grad is not None for t in (0, 2) for p in network.specific(t))


@pytest.mark.parametrize("name", NAMES)
def test_an_outcome_that_comes_and_goes_changes_nothing_between_the_others(name: str) -> None:
    alone, beside = (BALANCINGS.get(name)(outcomes=n) for n in (2, 3))
    for seed in range(12):
        J = jacobian(3, seed) + jacobian(3, 99)
        if seed % 3 == 1:
            # Batches of the third outcome alone: nothing to learn about the other two.
            assert step(beside, J, [1], seed).isfinite().all()
        torch.testing.assert_close(step(beside, J, [0, 2], seed), step(alone, J[[0, 2]], [0, 1], seed))


def test_gradvac_keeps_a_target_for_each_pair_of_outcomes() -> None:
    surgery = GradVac(4, beta=0.5)
    step(surgery, jacobian(4, 1), [0, 1, 2, 3], 0)
    before = surgery.target.clone()
    assert (before != 0).sum() == 12
    step(surgery, jacobian(4, 2), [3, 1], 1)
    moved = (surgery.target != before).nonzero().tolist()
    assert moved == [[1, 3], [3, 1]]


def test_nash_mtl_goes_on_with_its_weights_between_the_steps_that_find_them() -> None:
    def fresh(J: Tensor) -> Tensor:
        return NashMTL(len(J), max_norm=0.0).weights(torch.ones(len(J), dtype=J.dtype), gram(J))

    surgery, every = NashMTL(3, update_weights_every=3, max_norm=0.0), [0, 1, 2]
    J = [jacobian(3, seed) for seed in range(7)]
    torch.testing.assert_close(step(surgery, J[0], [0, 1], 0), fresh(J[0][:2]))
    # Out of turn, as the third outcome has no weight to go on with yet.
    torch.testing.assert_close(step(surgery, J[1], every, 0), fresh(J[1]))
    torch.testing.assert_close(step(surgery, J[2], every, 0), fresh(J[1]))
    torch.testing.assert_close(step(surgery, J[3], every, 0), fresh(J[3]))
    torch.testing.assert_close(step(surgery, J[4], [0, 2], 0), fresh(J[3])[[0, 2]])
    torch.testing.assert_close(step(surgery, J[5], every, 0), fresh(J[3]))
    torch.testing.assert_close(step(surgery, J[6], [1, 2], 0), fresh(J[6][1:]))
    torch.testing.assert_close(step(surgery, J[5], every, 0)[0], fresh(J[3])[0])


@pytest.mark.parametrize("name", [*NAMES, *(f"ple+{name}" for name in NAMES), "orthtd+mgda"])
def test_training_with_outcomes_mostly_unknown_repeats_itself(name: str) -> None:
    whole = make(96, unknown=0.97)
    # Both classes of each outcome; most batches of 16 hold no label of one or two.
    whole.outcomes.iloc[:4] = [[0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 0, 1]]
    valid, test, seen = make(40, seed=1), make(40, seed=2).hide_outcomes(), list[Any]()
    p = [
        registry.build(name, **TINY).fit(whole, valid, Run(seed=2, log=seen.append)).predict_proba(test)
        for _ in range(1 if "+" in name else 2)
    ]
    assert np.isfinite(p[0]).all()
    assert np.array_equal(p[0], p[-1])
    assert p[0].std(axis=0).min() > 0
    assert len(seen) == 2 * len(p)
    assert registry.entry(name).group == "balancing"


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_that_is_no_longer_finite_is_said(name: str) -> None:
    with pytest.raises(FloatingPointError, match="epoch 0"):
        registry.build(name, **(TINY | {"lr": 1e30})).fit(make(48), make(40, seed=1), Run())

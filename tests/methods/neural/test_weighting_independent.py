"""Balancings that weigh losses against the library's scalarisers and plain autograd, step by step."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torchjd import scalarization

from methods.neural.balancing.adam import Adam
from methods.neural.balancing.base import Balancing
from methods.neural.balancing.dwa import DWA
from methods.neural.balancing.famo import FAMO
from methods.neural.balancing.gradnorm import GradNorm
from methods.neural.balancing.static_weights import StaticWeights
from methods.neural.balancing.stch import STCH
from methods.neural.balancing.uncertainty import Uncertainty
from methods.neural.gradients import backward
from tests.methods.neural.weightings import ALL, T, losses_of, made


def test_adam_by_outcome_is_adam_for_each_outcome_alone() -> None:
    ours = Adam(3, start=1.0, rate=0.1, decay=0.01)
    theirs = [nn.Parameter(torch.tensor(1.0)) for _ in range(3)]
    optimiser = torch.optim.Adam(theirs, lr=0.1, weight_decay=0.01)
    random = torch.Generator().manual_seed(1)
    for step in range(30):
        present = torch.tensor([[0, 1, 2], [0, 2], [1]][step % 3])
        gradient = torch.randn(len(present), generator=random)
        ours.step(gradient, present)
        for t, parameter in enumerate(theirs):
            parameter.grad = gradient[present == t][0] if t in present else None
        optimiser.step()
        torch.testing.assert_close(ours.value, torch.stack([p.detach() for p in theirs]), rtol=1e-5, atol=1e-6)


Twin = tuple[Balancing, Callable[[Tensor], Tensor], Callable[[Tensor], None], Callable[[Tensor], None], list[nn.Parameter]]


def nothing(_: Tensor) -> None:
    return None


def twins(name: str) -> Twin:
    """Ours, and the library's as: total of the losses, what it does after a step and after an epoch, its parameters."""
    if name == "static_weights":
        constant = scalarization.Constant(torch.tensor([0.375, 0.75, 1.875]))
        return StaticWeights(3, [1, 2, 5]), constant, nothing, nothing, []
    if name == "uncertainty":
        # The library has the form of a squared error, ½ exp(−s) L + ½ s: a cross-entropy counts twice in it.
        uw = scalarization.UW(T)
        return Uncertainty(T), lambda L: uw(2 * L), nothing, nothing, list(uw.parameters())
    if name == "dwa":
        dwa = scalarization.DWA(0.1)
        return DWA(T, 0.1), dwa, nothing, lambda _: dwa.step(), []
    if name == "famo":
        famo = scalarization.FAMO(T, lr=0.025, weight_decay=1e-2)
        return FAMO(T, 1e-2), famo, famo.update, nothing, []
    nadir: list[Tensor] = []
    stch = scalarization.STCH(mu=0.2, weights=torch.ones(T))
    return STCH(T, 0.2), lambda L: T * stch((L / nadir[0]).log()) if nadir else L.log().sum(), nothing, nadir.append, []


@pytest.mark.parametrize("name", ["static_weights", "uncertainty", "dwa", "famo", "stch"])
def test_twenty_four_steps_as_with_the_librarys_scalariser(name: str) -> None:
    ours, total, after_step, after_epoch, learned = twins(name)
    network, inputs, y = made()
    other = copy.deepcopy(network)
    # Outcomes that differ in size and pace, so that the weights move apart.
    scale = torch.tensor([0.2, 1.0, 3.0])
    optimisers = [
        torch.optim.SGD([*net.parameters(), *extra], lr=0.05) for net, extra in ((network, ours.parameters()), (other, learned))
    ]
    weights, epoch = [], []
    for step in range(24):
        # From the same weights each time, so that rounding cannot grow; what each side has learned stays its own.
        other.load_state_dict(network.state_dict())
        for optimiser in optimisers:
            optimiser.zero_grad()
        losses = scale * losses_of(network, inputs, y)
        weights.append(backward(network, ours, losses, ALL, None).weights)
        total(scale * losses_of(other, inputs, y)).backward()
        for (key, p), q in zip(network.named_parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(p.grad, q.grad, rtol=1e-5, atol=1e-5, msg=f"{key} differs in step {step}")
        for optimiser in optimisers:
            optimiser.step()
        with torch.no_grad():
            ours.after_step(losses.detach(), scale * losses_of(network, inputs, y), ALL)
            after_step(scale * losses_of(other, inputs, y))
        epoch.append(losses.detach())
        if step % 4 == 3:
            mean, epoch = torch.stack(epoch).mean(dim=0), []
            ours.after_epoch(mean)
            after_epoch(mean)
    if name != "static_weights":
        assert (weights[-1] / weights[-1].sum() - weights[0] / weights[0].sum()).abs().max() > 0.01


def test_twenty_four_steps_of_gradnorm_as_by_autograd() -> None:
    network, inputs, y = made()
    other = copy.deepcopy(network)
    alpha, start = 1.5, torch.tensor([0.5, 0.6, 0.7])
    ours = GradNorm(T, alpha)
    ours.before_training(start)
    w = nn.Parameter(torch.ones(T))
    balance = torch.optim.Adam([w], lr=0.025)
    optimisers = [torch.optim.SGD(net.parameters(), lr=0.05) for net in (network, other)]
    for _ in range(24):
        other.load_state_dict(network.state_dict())
        for optimiser in (*optimisers, balance):
            optimiser.zero_grad()
        weights = backward(network, ours, losses_of(network, inputs, y), ALL, None).weights
        torch.testing.assert_close(weights, w.detach(), rtol=1e-5, atol=1e-5)
        losses = losses_of(other, inputs, y)
        shared = other.shared()
        rows = [torch.autograd.grad(loss, shared, retain_graph=True) for loss in losses]
        G = torch.stack([(w[t] * torch.cat([g.flatten() for g in row])).norm() for t, row in enumerate(rows)])
        r = (losses / start) / (losses / start).mean()
        target = (G.mean() * r**alpha).detach()
        gradient = torch.autograd.grad((G - target).abs().sum(), w)[0]
        (w.detach() * losses).sum().backward()
        for p, q in zip(network.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(p.grad, q.grad, rtol=1e-5, atol=1e-5)
        w.grad = gradient
        for optimiser in (*optimisers, balance):
            optimiser.step()
        with torch.no_grad():
            w.mul_(T / w.sum())
    assert (w.detach() - 1).abs().max() > 0.1

"""Heads: one product reads them all out, and gives what each by itself gives."""

from typing import Any

import pytest
import torch
from torch import Tensor

from methods.neural.balancing.base import BALANCINGS
from methods.neural.gradients import backward
from methods.neural.losses import bce, outcome_losses
from methods.neural.network import Network
from methods.neural.settings import Settings
from methods.neural.sharing.hard import HardSharing
from methods.neural.trainer import _optimiser
from tests.methods.neural.sharings import BATCH, CASES, D, T, gradients, made, network_of


def by_head(network: Network, x: Tensor) -> Tensor:
    z = network.dropout(network.represented(x)[1].z)  # type: ignore[arg-type]
    return torch.cat([head(z[:, t]) for t, head in enumerate(network.heads)], dim=1)


def network_and_input(name: str, params: dict[str, Any], dropout: float) -> tuple[Network, Tensor]:
    sharing, _ = made(name, params)
    network = Network(list(network_of(sharing).backbones), sharing, T, dropout).double()
    return network, torch.randn(BATCH, D, dtype=torch.float64)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize(("name", "params"), CASES)
def test_one_product_gives_the_logits_and_gradients_of_separate_heads(name: str, params: dict[str, Any], dropout: float) -> None:
    network, x = network_and_input(name, params, dropout)
    y = torch.rand(BATCH, T, dtype=torch.float64).round()
    found, expected = [], []
    for run, into in ((lambda: network(x).logits, found), (lambda: by_head(network, x), expected)):
        for t in range(T):
            # The same numbers are dropped.
            torch.manual_seed(2)
            logits = run()
            into.append((logits, gradients(network, outcome_losses(bce, logits, y, torch.ones_like(y).bool())[t])))
    for (logits, grads), (other, others) in zip(found, expected, strict=True):
        torch.testing.assert_close(logits, other, rtol=0, atol=1e-6)
        torch.testing.assert_close(grads, others, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_what_is_common_to_all_heads_is_what_each_reads(name: str, params: dict[str, Any]) -> None:
    sharing, h = made(name, params)
    shared = sharing(h)
    assert (shared.common is not None) == (name in ("hard_sharing", "orthtd_shared_only"))
    if shared.common is not None:
        assert torch.equal(shared.z, shared.common[:, None].expand_as(shared.z))


def test_dropout_drops_for_each_head_by_itself() -> None:
    network = network_of(HardSharing(D, T))
    network = Network(list(network.backbones), network.sharing, T, dropout=0.5)
    with torch.no_grad():
        for head in network.heads:
            head.weight.fill_(1.0)  # type: ignore[operator]
            head.bias.fill_(0.0)  # type: ignore[operator]
    x = torch.randn(BATCH, D)
    first, *others = network(x).logits.T  # type: ignore[arg-type]
    assert all((first - other).abs().max() > 1e-3 for other in others)
    network.eval()
    first, *others = network(x).logits.T  # type: ignore[arg-type]
    for other in others:
        torch.testing.assert_close(first, other)


@pytest.mark.parametrize("balancing", ["sum", "pcgrad"])
@pytest.mark.parametrize("name", ["hard_sharing", "orthtd"])
def test_an_absent_outcomes_head_does_not_move_by_its_moments(name: str, balancing: str) -> None:
    network, x = network_and_input(name, {}, dropout=0.0)
    how = BALANCINGS.get(balancing)(outcomes=T)
    optimiser = _optimiser(network, how, Settings())
    y = torch.rand(BATCH, T, dtype=torch.float64).round()
    heads = [torch.cat([p.detach().flatten() for p in head.parameters()]) for head in network.heads]
    for present in ([0, 1, 2], [0, 2]):
        before = heads
        known = torch.zeros_like(y).bool()
        known[:, present] = True
        optimiser.zero_grad(set_to_none=True)
        output = network(x)  # type: ignore[arg-type]
        backward(network, how, outcome_losses(bce, output.logits, y, known), torch.tensor(present), output.shared.aux)
        optimiser.step()
        heads = [torch.cat([p.detach().flatten() for p in head.parameters()]) for head in network.heads]
        assert [not torch.equal(old, new) for old, new in zip(before, heads, strict=True)] == [t in present for t in range(T)]

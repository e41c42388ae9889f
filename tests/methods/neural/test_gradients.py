"""Gradients of the outcomes, their Gram matrix, and the update that a balancing makes of them."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from methods import registry
from methods.neural.balancing.base import BALANCINGS, Balancing, balancing
from methods.neural.balancing.pcgrad import PCGrad
from methods.neural.balancing.sum import Sum
from methods.neural.gradients import backward, gram, outcome_gradients
from methods.neural.losses import bce, outcome_losses
from methods.neural.network import Network, Output
from methods.neural.network import network as build
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS
from methods.neural.tensors import Inputs, Labels, fit_preprocessing, labels
from tests.methods.neural.cohorts import make, without_one_modality
from tests.methods.neural.conftest import SHARINGS as NAMES

T = 3
ALL = [(sharing, "sum") for sharing in NAMES] + [(sharing, "pcgrad") for sharing in NAMES if sharing != "single_task"]


COHORT = without_one_modality(make(24, outcomes=T, unknown=0.2))
FITTED = fit_preprocessing(COHORT, {})


def made(sharing: str = "hard_sharing", **params: Any) -> tuple[Network, Inputs, Labels]:
    settings = Settings(d=8, width=8, layers=2, dropout=0.0)
    network = build(FITTED, settings, partial(SHARINGS.get(sharing), **params), torch.full((T,), 0.3))
    return network, FITTED.inputs(COHORT), labels(COHORT, COHORT.outcome_names)


def losses_of(network: Network, inputs: Inputs, y: Labels) -> tuple[Tensor, Output]:
    output = network(inputs)
    return outcome_losses(bce, output.logits, y.y, y.known), output


def update(name: str, network: Network, inputs: Inputs, y: Labels) -> dict[str, Tensor | None]:
    """Every parameter's gradient after one backward under a balancing."""
    torch.manual_seed(3)
    network.zero_grad(set_to_none=True)
    losses, output = losses_of(network, inputs, y)
    present = y.known.any(dim=0).nonzero().flatten()
    backward(network, BALANCINGS.get(name)(outcomes=T), losses, present, output.shared.aux)
    return {key: None if p.grad is None else p.grad.clone() for key, p in network.named_parameters()}


def naive(network: Network, inputs: Inputs, y: Labels, t: int) -> dict[str, Tensor]:
    network.zero_grad(set_to_none=True)
    losses_of(network, inputs, y)[0][t].backward()
    return {key: torch.zeros_like(p) if p.grad is None else p.grad.clone() for key, p in network.named_parameters()}


@pytest.mark.parametrize("sharing", ["hard_sharing", "mmoe", "ple", "orthtd"])
def test_the_gram_matrix_is_that_of_as_many_backward_passes(sharing: str) -> None:
    network, inputs, y = made(sharing)
    shared = {id(p) for p in network.shared()}
    names = [key for key, p in network.named_parameters() if id(p) in shared]
    each = [naive(network, inputs, y, t) for t in range(T)]
    rows = [torch.cat([gradients[key].flatten() for key in names]) for gradients in each]
    expected = torch.tensor([[float(a.double() @ b.double()) for b in rows] for a in rows])
    found = gram(outcome_gradients(losses_of(network, inputs, y)[0], network.shared()))
    assert expected.diagonal().min() > 1e-3
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sharing", ["hard_sharing", "ple", "orthtd"])
def test_surgery_weights_what_is_shared_and_leaves_what_is_specific_plain(sharing: str) -> None:
    class Fixed(Balancing):
        needs_gram = True

        def weights(self, losses: Tensor, gram: Tensor | None) -> Tensor:
            return torch.tensor([0.5, 2.0, -1.0])

    network, inputs, y = made(sharing)
    each = [naive(network, inputs, y, t) for t in range(T)]
    network.zero_grad(set_to_none=True)
    losses, _ = losses_of(network, inputs, y)
    backward(network, Fixed(T), losses, torch.arange(T), None)
    specific = {id(p): t for t in range(T) for p in network.specific(t)}
    for key, p in network.named_parameters():
        plain = specific.get(id(p))
        mixed = 0.5 * each[0][key] + 2.0 * each[1][key] - each[2][key]
        torch.testing.assert_close(p.grad, mixed if plain is None else each[plain][key], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("sharing", ["hard_sharing", "ple", "orthtd"])
def test_surgery_with_weights_of_one_is_the_plain_sum(sharing: str) -> None:
    class Ones(Sum):
        needs_gram = True

    network, inputs, y = made(sharing)
    plain = update("sum", network, inputs, y)
    network.zero_grad(set_to_none=True)
    losses, output = losses_of(network, inputs, y)
    backward(network, Ones(T), losses, torch.arange(T), output.shared.aux)
    for key, p in network.named_parameters():
        torch.testing.assert_close(p.grad, plain[key], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("sharing", "name"), ALL)
def test_every_parameter_gets_a_finite_gradient(sharing: str, name: str) -> None:
    network, inputs, y = made(sharing)
    # All known, as the cases that lack a modality must speak for every outcome.
    for key, gradient in update(name, network, inputs, Labels(y.y, torch.ones_like(y.known))).items():
        assert gradient is not None, key
        assert gradient.isfinite().all(), key
        assert gradient.abs().max() > 0, key


@pytest.mark.parametrize(("sharing", "name"), ALL)
def test_no_loss_reaches_what_belongs_to_another_outcome(sharing: str, name: str) -> None:
    network, inputs, y = made(sharing)
    for t in range(T):
        others = {id(p) for u in range(T) if u != t for p in network.specific(u)}
        reached = naive(network, inputs, y, t)
        assert others
        assert all(reached[key].abs().max() == 0 for key, p in network.named_parameters() if id(p) in others)


@pytest.mark.parametrize(("sharing", "name"), ALL)
def test_an_unknown_label_changes_nothing_for_its_outcome(sharing: str, name: str) -> None:
    network, inputs, y = made(sharing)
    assert not y.known.all()
    other = Labels(torch.where(y.known, y.y, 1 - y.y), y.known)
    before, after = update(name, network, inputs, y), update(name, network, inputs, other)
    for key, gradient in before.items():
        assert gradient is not None
        torch.testing.assert_close(gradient, after[key], rtol=0, atol=0)


@pytest.mark.parametrize(("sharing", "name"), ALL)
def test_an_absent_outcome_leaves_the_others_alone_and_its_own_parts_unmoved(sharing: str, name: str) -> None:
    network, inputs, y = made(sharing)
    known = y.known.clone()
    known[:, 1] = False
    absent = Labels(y.y, known)
    own = {id(p) for p in network.specific(1)}
    found = update(name, network, inputs, absent)

    # By hand: the update of the outcomes 0 and 2, as if there were no other.
    torch.manual_seed(3)
    network.zero_grad(set_to_none=True)
    losses, output = losses_of(network, inputs, y)
    each = [naive(network, inputs, y, t) for t in (0, 2)]
    shared = [key for key, p in network.named_parameters() if id(p) in {id(q) for q in network.shared()}]
    weights = torch.ones(2)
    if name == "pcgrad":
        rows = torch.stack([torch.cat([g[key].flatten() for key in shared]) for g in each])
        weights = PCGrad(2).weights(losses[[0, 2]], rows @ rows.T)
    aux: dict[str, Tensor] = {}
    if output.shared.aux is not None:
        network.zero_grad(set_to_none=True)
        losses_of(network, inputs, y)[1].shared.aux.backward()
        aux = {key: p.grad.clone() for key, p in network.named_parameters() if p.grad is not None}
    for key, p in network.named_parameters():
        if id(p) in own:
            assert found[key] is None
            continue
        w = weights if key in shared else torch.ones(2)
        expected = w[0] * each[0][key] + w[1] * each[1][key] + aux.get(key, torch.zeros(()))
        torch.testing.assert_close(found[key], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("sharing", "params"), [(name, {"levels": 1} if name == "ple" else {}) for name in NAMES])
def test_permuted_outcomes_give_permuted_answers_and_updates(sharing: str, params: dict[str, Any]) -> None:
    network, inputs, y = made(sharing, **params)
    order = [2, 0, 1]
    other, _, _ = made(sharing, **params)
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        for place, t in enumerate(order):
            for p, q in zip(other.specific(place), network.specific(t), strict=True):
                p.copy_(q)
    torch.testing.assert_close(other(inputs).logits, network(inputs).logits[:, order], rtol=0, atol=1e-5)
    update("sum", network, inputs, y)
    update("sum", other, inputs, Labels(y.y[:, order], y.known[:, order]))
    for p, q in zip(other.shared(), network.shared(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, rtol=1e-4, atol=1e-6)
    for place, t in enumerate(order):
        for p, q in zip(other.specific(place), network.specific(t), strict=True):
            torch.testing.assert_close(p.grad, q.grad, rtol=1e-4, atol=1e-6)


def test_pcgrad_of_two_outcomes_in_closed_form() -> None:
    g1, g2 = torch.tensor([1.0, 2.0, 0.0]), torch.tensor([-2.0, 0.5, 1.0])
    J = torch.stack([g1, g2])
    dot = g1 @ g2
    assert dot < 0
    expected = g1 - dot / (g2 @ g2) * g2 + g2 - dot / (g1 @ g1) * g1
    torch.testing.assert_close(PCGrad(2).weights(torch.ones(2), gram(J)) @ J, expected)


def test_pcgrad_leaves_agreeing_gradients_as_they_are() -> None:
    J = torch.tensor([[1.0, 0.2, 0.0], [0.5, 1.0, 0.3], [0.1, 0.4, 2.0]])
    assert (gram(J) > 0).all()
    torch.testing.assert_close(PCGrad(3).weights(torch.ones(3), gram(J)), torch.ones(3))


@pytest.mark.parametrize("name", ["sum", "pcgrad"])
def test_parallel_gradients_keep_their_direction(name: str) -> None:
    direction = torch.tensor([3.0, -1.0, 2.0])
    J = torch.tensor([[0.5], [1.0], [4.0]]) * direction
    combined = BALANCINGS.get(name)(outcomes=3).weights(torch.ones(3), gram(J)) @ J
    assert float(torch.cosine_similarity(combined, direction, dim=0)) == pytest.approx(1.0, abs=1e-6)


def test_a_stranger_adds_a_balancing_by_one_class(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.entries()
    monkeypatch.setattr(registry, "_ENTRIES", dict(registry._ENTRIES))

    @balancing("by_size_of_loss")
    class BySize(Balancing):
        """Weights by the share of the loss."""

        def __init__(self, outcomes: int, power: float = 1.0) -> None:
            super().__init__(outcomes)
            self.power = power

        def weights(self, losses: Tensor, gram: Tensor | None) -> Tensor:
            return losses**self.power / (losses**self.power).sum()

    try:
        entry: Any = registry.entry("by_size_of_loss")
        assert (entry.family, entry.twin, entry.summary) == ("neural", "single_task", "Weights by the share of the loss.")
        assert entry.build(power=2.0).get_params()["power"] == 2.0
        assert registry.entry("ple+by_size_of_loss").build().get_params()["levels"] == 2
    finally:
        BALANCINGS._known.pop("by_size_of_loss")

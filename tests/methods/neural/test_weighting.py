"""Balancings that weigh losses: closed forms, the order of outcomes, absent outcomes."""

import math
from typing import Any

import pytest
import torch

from datasets import Refused
from methods import registry
from methods.neural.balancing.dwa import DWA
from methods.neural.balancing.famo import FAMO
from methods.neural.balancing.gradnorm import GradNorm
from methods.neural.balancing.static_weights import StaticWeights
from methods.neural.balancing.stch import STCH
from methods.neural.balancing.uncertainty import Uncertainty
from methods.neural.gradients import backward, gram, outcome_gradients
from methods.neural.losses import bce, outcome_losses
from tests.methods.neural.weightings import ALL, NAMES, T, changed, history, lived, losses_of, made


def test_static_weights_sum_to_the_number_of_outcomes_so_that_only_ratios_count() -> None:
    for weights in ([1.0, 2.0, 5.0], [0.2, 0.4, 1.0], (10, 20, 50)):
        found = StaticWeights(3, weights)(torch.ones(3), None, ALL)
        torch.testing.assert_close(found, torch.tensor([0.375, 0.75, 1.875]))
    assert torch.equal(StaticWeights(3)(torch.ones(3), None, ALL), torch.ones(3))


def test_uncertainty_in_closed_form() -> None:
    balancing = Uncertainty(2)
    with torch.no_grad():
        balancing.s[0].fill_(math.log(4.0))
        balancing.s[1].fill_(-1.0)
    L, both = torch.tensor([2.0, 3.0]), torch.arange(2)
    total = (balancing(L, None, both) * L).sum() + balancing.penalty(both)
    # 1/σ² L + log σ with σ = 2 and σ = exp(-1/2).
    assert float(total.detach()) == pytest.approx(2.0 / 4 + math.log(2.0) + 3.0 * math.e - 0.5)
    total.backward()
    assert float(balancing.s[0].grad) == pytest.approx(-2.0 / 4 + 0.5)
    assert float(balancing.s[1].grad) == pytest.approx(-3.0 * math.e + 0.5)


def test_dwa_in_closed_form() -> None:
    balancing, both = DWA(2, temperature=2.0), torch.arange(2)
    assert torch.equal(balancing(torch.ones(2), None, both), torch.ones(2))
    balancing.after_epoch(torch.tensor([1.0, 2.0]))
    assert torch.equal(balancing(torch.ones(2), None, both), torch.ones(2))
    balancing.after_epoch(torch.tensor([0.5, 1.8]))
    a, b = math.exp(0.5 / 2), math.exp(0.9 / 2)
    expected = torch.tensor([2 * a / (a + b), 2 * b / (a + b)])
    torch.testing.assert_close(balancing(torch.ones(2), None, both), expected)
    balancing.after_epoch(torch.tensor([0.5, 0.9]))
    a, b = math.exp(1.0 / 2), math.exp(0.5 / 2)
    torch.testing.assert_close(balancing(torch.ones(2), None, both), torch.tensor([2 * a / (a + b), 2 * b / (a + b)]))


def test_gradnorm_in_closed_form() -> None:
    balancing, both = GradNorm(2, alpha=1.0), torch.arange(2)
    balancing.before_training(torch.tensor([0.4, 0.4]))
    G = torch.tensor([[4.0, 5.0], [5.0, 9.0]])
    assert torch.equal(balancing(torch.tensor([0.2, 0.4]), G, both), torch.ones(2))
    # G = (2, 3), mean 2.5; r = (2/3, 4/3): targets 5/3 and 10/3. Adam's first step is its rate against the sign.
    torch.testing.assert_close(balancing(torch.tensor([0.4, 0.1]), G, both), torch.tensor([0.975, 1.025]))
    # G = (1.95, 3.075), mean 2.5125; r = (1.6, 0.4): the signs turn; the gradients were (2, -3), are (-2, 3).
    m, v = (0.9 * 0.1 * 2 - 0.1 * 2) / (1 - 0.81), 4.0
    moved = torch.tensor([0.975 - 0.025 * m / math.sqrt(v), 1.025 + 0.025 * m / math.sqrt(v)])
    torch.testing.assert_close(balancing.w.value, moved * 2 / moved.sum())


def test_gradnorm_ends_with_gradients_of_one_size() -> None:
    balancing = GradNorm(3)
    norms = torch.tensor([1.0, 4.0, 10.0])
    for _ in range(500):
        balancing(torch.full((3,), 0.3), torch.diag(norms**2), ALL)
    expected = 3 / norms / (1 / norms).sum()
    torch.testing.assert_close(balancing.w.value, expected, rtol=0, atol=0.03)


def test_gradnorm_without_a_start_takes_the_first_loss_of_each_outcome() -> None:
    balancing = GradNorm(3)
    balancing(torch.tensor([0.3, 0.5]), torch.eye(2), torch.tensor([0, 2]))
    balancing(torch.tensor([0.2, 0.7, 0.4]), torch.eye(3), ALL)
    torch.testing.assert_close(balancing.start, torch.tensor([0.3, 0.7, 0.5]))


def test_gradnorms_weights_stay_above_zero_and_keep_their_sum() -> None:
    balancing = GradNorm(2, alpha=3.0)
    balancing.before_training(torch.ones(2))
    random = torch.Generator().manual_seed(0)
    both = torch.arange(2)
    for _ in range(400):
        balancing(torch.tensor([0.01, 1.0]), torch.diag(torch.rand(2, generator=random) * 100 + 1), both)
        assert balancing.w.value.min() > 0
        assert float(balancing.w.value.sum()) == pytest.approx(2.0, abs=1e-5)
    assert balancing.w.value[0] < 0.1


def test_famo_in_closed_form() -> None:
    balancing, both = FAMO(2, gamma=0.5), torch.arange(2)
    L = torch.tensor([1.0, 3.0])
    # z = (1/2, 1/2): weights proportional to 1/ℓ, with sum 1.
    torch.testing.assert_close(balancing(L, None, both), torch.tensor([0.75, 0.25]))
    # Outcome 0 falls to a half, outcome 1 not at all: δ = z (fall − mean) = (log 2 / 4, −log 2 / 4); Adam's first step.
    balancing.after_step(L, torch.tensor([0.5, 3.0]), both)
    torch.testing.assert_close(balancing.xi.value, torch.tensor([-0.025, 0.025]))
    a, b = math.exp(-0.025), math.exp(0.025) / 3
    torch.testing.assert_close(balancing(L, None, both), torch.tensor([a / (a + b), b / (a + b)]))
    # The second step adds γ ξ to δ = 0.
    balancing.after_step(L, L, both)
    g = torch.tensor([math.log(2) / 4, -math.log(2) / 4]), 0.5 * torch.tensor([-0.025, 0.025])
    m = (0.9 * 0.1 * g[0] + 0.1 * g[1]) / (1 - 0.81)
    v = (0.999 * 0.001 * g[0] ** 2 + 0.001 * g[1] ** 2) / (1 - 0.998001)
    torch.testing.assert_close(balancing.xi.value, torch.tensor([-0.025, 0.025]) - 0.025 * m / v.sqrt())


def test_stch_in_closed_form() -> None:
    balancing, both = STCH(2, mu=0.5), torch.arange(2)
    L = torch.tensor([0.2, 0.5])
    # The first epoch trains the sum of the log losses.
    torch.testing.assert_close(balancing(L, None, both), torch.tensor([5.0, 2.0]))
    balancing.after_epoch(torch.tensor([0.1, 1.0]))
    # f = (log 2, log 1/2): softmax of 2 f is (4, 1/4) over their sum; times the number of outcomes, over the loss.
    torch.testing.assert_close(balancing(L, None, both), 2 * torch.tensor([4 / 4.25, 0.25 / 4.25]) / L)
    balancing.after_epoch(torch.tensor([9.0, 9.0]))
    torch.testing.assert_close(balancing.nadir, torch.tensor([0.1, 1.0]))


@pytest.mark.parametrize("name", NAMES)
def test_permuted_outcomes_get_permuted_weights(name: str) -> None:
    order = [2, 0, 1]
    steps = history(24)
    permuted = [(before[order], after[order], G[order][:, order]) for before, after, G in steps]
    found = lived(changed(name, T, [0, 1, 2]), steps, ALL)
    for weights, other in zip(found, lived(changed(name, T, order), permuted, ALL), strict=True):
        torch.testing.assert_close(other, weights[order], rtol=1e-6, atol=1e-6)
    assert (found[-1] - found[-1].mean()).abs().max() > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_an_outcome_that_is_never_known_changes_nothing_for_the_others(name: str) -> None:
    steps = history(24, outcomes=2)
    found = lived(changed(name, T, [0, 1, 2]), steps, torch.tensor([0, 2]))
    alone = lived(changed(name, 2, [0, 2]), steps, torch.arange(2))
    for weights, other in zip(found, alone, strict=True):
        # Static weights are normalised over all outcomes, so that a batch without one keeps the size of the others.
        if name == "static_weights":
            weights, other = weights / weights.sum(), other / other.sum()
        torch.testing.assert_close(weights, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_an_outcome_absent_from_some_batches_stays_as_it_was(name: str) -> None:
    balancing = changed(name, T, [0, 1, 2])
    before = history(4)
    lived(balancing, before, ALL)
    state = {key: value.clone() for key, value in balancing.state_dict().items()}
    for losses, after, G in history(3, outcomes=2):
        weights = balancing(losses, G, torch.tensor([0, 2]))
        balancing.after_step(losses, after, torch.tensor([0, 2]))
        assert weights.shape == (2,)
        assert weights.isfinite().all()
    for key, value in balancing.state_dict().items():
        if value.ndim:
            assert torch.equal(value[1], state[key][1]), key
    assert balancing(*before[0][::2], ALL).isfinite().all()


def test_an_absent_outcomes_uncertainty_gets_no_gradient() -> None:
    network, inputs, y = made()
    balancing = Uncertainty(T)
    backward(network, balancing, losses_of(network, inputs, y), torch.tensor([0, 2]), None)
    assert [s.grad is None for s in balancing.s] == [False, True, False]


@pytest.mark.parametrize("sharing", ["hard_sharing", "ple", "orthtd"])
@pytest.mark.parametrize("name", NAMES)
def test_the_update_is_the_weighted_sum_over_the_known_outcomes(sharing: str, name: str) -> None:
    network, inputs, y = made(sharing)
    present = torch.tensor([0, 2])
    balancing, alone = changed(name, T, [0, 1, 2]), changed(name, 2, [0, 2])
    for part, known in ((balancing, present), (alone, torch.arange(2))):
        lived(part, history(8, outcomes=2), known)
    network.zero_grad()
    output = network(inputs)
    losses = outcome_losses(bce, output.logits, y.y, y.known)
    G = gram(outcome_gradients(losses[present], network.shared()))
    weights = alone(losses[present].detach(), G, torch.arange(2)).detach()
    if name == "static_weights":
        weights = balancing(losses, None, present)
    total = weights[0] * losses[0] + weights[1] * losses[2] + (0 if output.shared.aux is None else output.shared.aux)
    expected = torch.autograd.grad(total, list(network.parameters()), allow_unused=True)
    own = {id(p) for p in network.specific(1)}

    network.zero_grad()
    output = network(inputs)
    losses = outcome_losses(bce, output.logits, y.y, y.known)
    given = backward(network, balancing, losses, present, output.shared.aux).weights
    torch.testing.assert_close(given, weights, rtol=1e-4, atol=1e-6)
    for (key, p), gradient in zip(network.named_parameters(), expected, strict=True):
        if id(p) in own:
            assert p.grad is None, key
        else:
            torch.testing.assert_close(p.grad, gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("static_weights", {"weights": [1.0, -1.0]}, r"weights = \[1.0, -1.0\]: a list of numbers from 0 upwards"),
        ("static_weights", {"weights": [0.0, 0.0]}, "one of them above 0"),
        ("static_weights", {"weights": [1.0, math.nan]}, "numbers from 0"),
        ("static_weights", {"weights": [1.0, "2"]}, "a list of numbers"),
        ("static_weights", {"weights": []}, "a list of numbers"),
        ("static_weights", {"weights": 3}, "weights = 3: a list"),
        ("dwa", {"temperature": 0.0}, "temperature = 0.0"),
        ("gradnorm", {"alpha": -0.5}, "alpha = -0.5"),
        ("famo", {"gamma": -1e-3}, "gamma = -0.001"),
        ("stch", {"mu": 0.0}, "mu = 0.0"),
    ],
)
def test_a_wrong_parameter_is_refused(name: str, params: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        registry.build(name, **params)

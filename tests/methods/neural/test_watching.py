"""What a network's training logs of itself: true, and without a trace in what it learns."""

from typing import Any

import numpy as np
import pytest
import torch

from methods import registry
from methods.base import Run, Watch
from methods.neural.gradients import outcome_gradients
from methods.neural.lookahead import LookAhead
from methods.neural.losses import bce, outcome_losses
from tests.methods.neural.cohorts import make
from tests.methods.neural.test_gradients import T, losses_of, made

SMALL: dict[str, Any] = {"d": 8, "width": 8, "layers": 1, "epochs": 3, "batch_size": 32}


def logged(name: str, watch: Watch, **params: Any) -> tuple[list[dict[str, Any]], np.ndarray]:
    lines: list[dict[str, Any]] = []
    train, valid, test = make(96, seed=1, unknown=0.1), make(60, seed=2), make(40, seed=3)
    method = registry.build(name, **(SMALL | params)).fit(train, valid, Run(seed=4, watch=watch, log=lines.append))  # type: ignore[arg-type]
    return [line for line in lines if line["kind"] == "gradients"], method.predict_proba(test.hide_outcomes())


@pytest.mark.parametrize("name", ["hard_sharing", "orthtd", "ple", "cross_stitch", "pcgrad", "gradnorm", "famo", "uncertainty"])
@pytest.mark.parametrize("full", [False, True])
def test_watching_changes_no_prediction_by_a_bit(name: str, full: bool) -> None:
    none, plain = logged(name, Watch())
    some, watched = logged(name, Watch(every=2, full=full))
    assert none == []
    assert [line["step"] for line in some] == [0, 2, 4, 6, 8]
    assert [line["epoch"] for line in some] == [0, 0, 1, 2, 2]
    assert np.array_equal(plain, watched)


def test_a_method_that_shares_nothing_logs_no_gradients() -> None:
    assert logged("single_task", Watch(every=1))[0] == []


def test_the_logged_gram_matrix_is_that_of_the_unweighted_losses_and_the_weights_those_of_the_balancing() -> None:
    weights = [0.5, 2.0, 1.0]
    first = logged("static_weights", Watch(every=1), weights=weights)[0][0]
    plain = logged("hard_sharing", Watch(every=1))[0][0]
    assert np.allclose(first["gram"], plain["gram"], rtol=1e-5)
    share = np.array(first["weights"]) / np.sum(first["weights"])
    assert np.allclose(share, np.array(weights) / np.sum(weights))
    assert np.allclose(plain["weights"], 1)


def test_layers_add_up_to_the_whole_gram_matrix() -> None:
    # Dropout is off while the look-ahead looks, so only a network without it has the same gradients in the step itself.
    for line in logged("mmoe", Watch(every=3, full=True), dropout=0.0)[0]:
        whole = sum(np.array(gram) for name, gram in line.items() if name.startswith("layers/"))
        assert np.allclose(whole, line["gram"], rtol=1e-3, atol=1e-6)


def looked(sharing: str = "hard_sharing") -> tuple[LookAhead, Any, Any, Any]:
    torch.manual_seed(0)
    network, inputs, y = made(sharing)
    return (
        LookAhead(network, lambda logits, labels, known: outcome_losses(bce, logits, labels, known), inputs, y),
        network,
        inputs,
        y,
    )


def test_affinity_is_what_a_step_by_hand_brings_and_leaves_the_weights_alone() -> None:
    ahead, network, inputs, y = looked()
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    found = ahead.affinity(0.01)
    assert all(torch.equal(before[name], p) for name, p in network.named_parameters())
    network.eval()
    losses, _ = losses_of(network, inputs, y)
    shared = network.shared()
    gradients = outcome_gradients(losses, shared)
    for i in range(T):
        with torch.no_grad():
            for p, step in zip(shared, gradients[i].split([p.numel() for p in shared]), strict=True):  # type: ignore[no-untyped-call]
                p.sub_(0.01 * step.view_as(p))
            after, _ = losses_of(network, inputs, y)
            for name, p in network.named_parameters():
                p.copy_(before[name])
        assert torch.allclose(found[i], 1 - after / losses.detach(), atol=1e-6)
    # A small step down an outcome's own gradient helps that outcome.
    assert (found.diagonal() > 0).all()


def test_curvature_along_a_step_is_the_change_of_the_slope() -> None:
    ahead, network, inputs, y = looked()
    generator = torch.Generator().manual_seed(1)
    parameters = list(network.parameters())
    start = [p.detach().clone() for p in parameters]
    u = [1e-2 * torch.randn(p.shape, generator=generator) for p in parameters]
    network.eval()

    def slopes(share: float) -> torch.Tensor:
        """Derivative of each loss along u, at the start moved by a share of u."""
        with torch.no_grad():
            for p, origin, v in zip(parameters, start, u, strict=True):
                p.copy_(origin + share * v)
        losses, _ = losses_of(network, inputs, y)
        found = [torch.autograd.grad(loss, parameters, allow_unused=True, retain_graph=True) for loss in losses]
        return torch.stack([sum((g * v).sum() for g, v in zip(one, u, strict=True) if g is not None) for one in found])  # type: ignore[misc]

    # 2 ∫₀¹ (s(a) − s(0)) da, s(a) the slope at θ + a u: the remainder of the first-order expansion, by Simpson's rule.
    at = [slopes(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    mean = (at[0] + 4 * at[1] + 2 * at[2] + 4 * at[3] + at[4]) / 12
    length = sum((v**2).sum() for v in u)
    assert torch.allclose(ahead.curvature(), 2 * (mean - at[0]) / length, rtol=2e-2, atol=2e-3)


def test_nothing_moved_has_no_curvature() -> None:
    ahead, *_ = looked()
    assert torch.equal(ahead.curvature(), torch.zeros(T))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hard_sharing", {"shared"}),
        ("orthtd", {"shared", "specific/o0", "specific/o1", "specific/o2"}),
        ("single_task", {"specific/o0", "specific/o1", "specific/o2"}),
    ],
)
def test_representations_are_named_by_part_and_outcome(name: str, parts: set[str]) -> None:
    train, valid, test = make(96, seed=1), make(60, seed=2), make(300, seed=3)
    method = registry.build(name, **SMALL).fit(train, valid)
    found = method.representations(test.hide_outcomes())
    assert set(found) == parts
    assert {x.shape for x in found.values()} == {(300, 8)}
    # One case's representation does not hang on the others.
    some = method.representations(test.take([5, 280]).hide_outcomes())
    assert all(np.allclose(x[[5, 280]], some[part], atol=1e-5) for part, x in found.items())
    assert registry.build("logistic").representations(test) == {}

"""What holds for every sharing: shapes, which parameters belong to which outcome, the order of outcomes, one outcome alone."""

from typing import Any

import pytest
import torch

from datasets import Refused
from methods import registry
from methods.neural.balancing.sum import Sum
from methods.neural.gradients import backward
from methods.neural.losses import bce, outcome_losses
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS
from methods.neural.sharing.cross_stitch import CrossStitch
from methods.neural.sharing.ple import PLE
from methods.neural.sharing.single import SingleTask
from methods.neural.trainer import _optimiser
from tests.methods.neural.conftest import SHARINGS as NAMES
from tests.methods.neural.sharings import BATCH, CASES, WIDTH, D, T, gradients, made, network_of, reordered


def test_every_registered_sharing_is_tried() -> None:
    registry.entries()
    registered = {name for name, part in SHARINGS._known.items() if part.__module__.startswith("methods.neural.sharing.")}
    assert registered == {name for name, _ in CASES} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_registry_tells_methods_from_variants(name: str) -> None:
    entry = registry.entry(name)
    assert entry.group == ("variants" if name.startswith("orthtd_") else "sharing")
    assert entry.twin == (None if name == "single_task" else "single_task")
    assert ("orthogonality" in registry.build(name).get_params()) == (name in ("orthtd", "orthtd_covariance", "orthtd_tasks"))


@pytest.mark.parametrize(("name", "params"), CASES)
def test_shapes(name: str, params: dict[str, Any]) -> None:
    sharing, h = made(name, params)
    shared = sharing(h)
    assert shared.z.shape == (BATCH, T, sharing.features)
    assert shared.parts
    assert all(part.shape in ((BATCH, WIDTH), (BATCH, T, WIDTH)) for part in shared.parts.values())
    assert shared.aux is None or (shared.aux.shape == () and shared.aux > 0)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_specific_parameters_are_exactly_those_that_one_outcomes_loss_alone_reaches(name: str, params: dict[str, Any]) -> None:
    network = network_of(made(name, params)[0])
    ids = {id(p): key for key, p in network.named_parameters()}
    losses = network(torch.randn(BATCH, D)).logits.square().sum(dim=0)
    reached: dict[str, set[int]] = {key: set() for key in ids.values()}
    for t in range(T):
        for key, gradient in gradients(network, losses[t]).items():
            if gradient.abs().max() > 0:
                reached[key].add(t)
    assert all(reached.values())
    for t in range(T):
        own = [ids[id(p)] for p in network.specific(t)]
        assert len(own) == len(set(own))
        assert set(own) == {key for key, outcomes in reached.items() if outcomes == {t}}
    assert {ids[id(p)] for p in network.shared()} == {key for key, outcomes in reached.items() if len(outcomes) > 1}


@pytest.mark.parametrize(("name", "params"), CASES)
def test_the_own_loss_of_a_sharing_reaches_all_that_it_speaks_of_and_no_head(name: str, params: dict[str, Any]) -> None:
    network = network_of(made(name, params)[0])
    output = network(torch.randn(BATCH, D))
    if output.shared.aux is None:
        assert name not in ("orthtd", "orthtd_covariance", "orthtd_tasks")
        return
    found = gradients(network, output.shared.aux)
    assert all(found[key].abs().max() == 0 for key in found if key.startswith("heads"))
    untouched = "sharing.decompose.f_s" if name == "orthtd_tasks" else "heads"
    assert all((gradient.abs().max() > 0) != key.startswith(("heads", untouched)) for key, gradient in found.items())


@pytest.mark.parametrize(("name", "params"), [case for case in CASES if case[0] != "single_task"])
def test_gradients_of_every_outcome_reach_h(name: str, params: dict[str, Any]) -> None:
    sharing, h = made(name, params)
    h.requires_grad_()
    for t in range(T):
        (grad,) = torch.autograd.grad(sharing(h).z[:, t].square().sum(), h)
        assert (grad.abs().amax(dim=(1, 2)) > 0).all()


@pytest.mark.parametrize(("name", "params"), CASES)
def test_permuted_outcomes_give_permuted_answers_and_gradients(name: str, params: dict[str, Any]) -> None:
    network, other, x = network_of(made(name, params)[0]), network_of(made(name, params)[0]), torch.randn(BATCH, D)
    order = [2, 0, 1]
    other.load_state_dict(reordered(network, network.state_dict(), order))
    one, two = network(x), other(x)
    assert not torch.allclose(two.logits, one.logits, atol=1e-3)
    torch.testing.assert_close(two.logits, one.logits[:, order], rtol=0, atol=1e-6)
    weights = torch.tensor([1.0, -2.0, 3.0])
    value = (one.logits.square() * weights).sum()
    permuted = (two.logits.square() * weights[order]).sum()
    if one.shared.aux is not None:
        torch.testing.assert_close(two.shared.aux, one.shared.aux)
        value, permuted = value + one.shared.aux, permuted + two.shared.aux
    expected = reordered(network, gradients(network, value), order)
    for key, gradient in gradients(other, permuted).items():
        torch.testing.assert_close(gradient, expected[key], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_an_unknown_outcome_changes_nothing_for_itself_and_an_absent_one_nothing_for_the_others(
    name: str, params: dict[str, Any]
) -> None:
    network, x, y = network_of(made(name, params)[0]), torch.randn(BATCH, D), torch.randint(0, 2, (BATCH, T)).float()

    def update(y: torch.Tensor, known: torch.Tensor) -> dict[str, torch.Tensor | None]:
        network.zero_grad(set_to_none=True)
        losses = outcome_losses(bce, network(x).logits, y, known)
        backward(network, Sum(T), losses, known.any(dim=0).nonzero().flatten(), None)
        return {key: p.grad for key, p in network.named_parameters()}

    known = torch.ones(BATCH, T, dtype=torch.bool)
    known[:3, 1] = False
    flipped = torch.where(known, y, 1 - y)
    one, two = update(y, known), update(flipped, known)
    assert not torch.equal(flipped, y)
    assert all(torch.equal(one[key], two[key]) for key in one)
    known[:, 1] = False
    own = {id(p) for p in network.specific(1)}
    found, ids = update(y, known), {key: id(p) for key, p in network.named_parameters()}
    others = outcome_losses(bce, network(x).logits[:, [0, 2]], y[:, [0, 2]], known[:, [0, 2]]).sum()
    for key, expected in gradients(network, others).items():
        if ids[key] in own:
            assert found[key] is None
        else:
            torch.testing.assert_close(found[key], expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_one_outcome_and_one_case_are_enough(name: str, params: dict[str, Any]) -> None:
    sharing = SHARINGS.get(name)(d=D, outcomes=1, width=WIDTH, **params)
    shared = sharing(torch.randn(1, 1, D))
    total = shared.z.square().sum() + (0 if shared.aux is None else shared.aux)
    assert shared.z.shape == (1, 1, sharing.features)
    assert all(gradient.isfinite().all() for gradient in gradients(sharing, total).values())
    if shared.aux is not None:
        # As a surgery adds it: on its own.
        torch.autograd.backward(shared.aux)


def test_single_task_reads_its_own_backbone_alone() -> None:
    sharing, h = SingleTask(D, T, WIDTH), torch.randn(BATCH, T, D)
    changed = h.clone()
    changed[:, 1] += 1
    before, after = sharing(h).z, sharing(changed).z
    assert torch.equal(before[:, [0, 2]], after[:, [0, 2]])
    assert not torch.equal(before[:, 1], after[:, 1])


def test_cross_stitch_starts_near_the_identity_with_rows_that_sum_to_one() -> None:
    sharing = CrossStitch(D, T, WIDTH)
    for unit, channels in ((sharing.stitch_h, D), (sharing.stitch_z, WIDTH)):
        alpha = torch.stack([row.alpha for row in unit.rows])
        assert alpha.shape == (T, T, channels)
        torch.testing.assert_close(alpha, (torch.eye(T) * 0.85 + 0.05)[:, :, None].expand_as(alpha))
    assert torch.equal(CrossStitch(D, 1, WIDTH).stitch_h.rows[0].alpha, torch.ones(1, D))


def test_weight_decay_leaves_alpha_alone() -> None:
    network = network_of(CrossStitch(D, T, WIDTH))
    decayed = {id(p) for p in _optimiser(network, Sum(T), Settings()).param_groups[0]["params"]}
    named = dict(network.named_parameters())
    assert {key.rsplit(".", 1)[-1] for key, p in named.items() if id(p) in decayed} == {"weight"}
    assert sum(key.endswith("alpha") for key in named) == 2 * T


def test_ple_has_a_shared_gate_on_every_level_but_the_last() -> None:
    ple = PLE(D, T, WIDTH, levels=3, specific_experts=2, shared_experts=4)
    assert [level.W_s is not None for level in ple.levels] == [True, True, False]
    assert ple.levels[0].W_s.weight.shape == (T * 2 + 4, D)
    assert ple.levels[1].W[0].weight.shape == (2 + 4, WIDTH)


def test_the_shared_gate_carries_one_outcomes_experts_to_the_others() -> None:
    ple, h = PLE(D, T, WIDTH, levels=2), torch.randn(BATCH, 1, D)
    before = ple(h).z[:, 0]
    with torch.no_grad():
        ple.levels[0].own(1)[0][1].bias.add_(1.0)
    assert (ple(h).z[:, 0] - before).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ple", {"levels": 0}),
        ("ple", {"specific_experts": -1}),
        ("ple", {"shared_experts": 0}),
        ("mmoe", {"experts": 0}),
        ("cross_stitch", {"alpha_own": 1.1}),
        ("cross_stitch", {"alpha_own": float("nan")}),
        ("orthtd", {"orthogonality": -1.0}),
        ("orthtd_covariance", {"orthogonality": float("nan")}),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, params: dict[str, float]) -> None:
    with pytest.raises(Refused, match=next(iter(params))):
        SHARINGS.get(name)(d=D, outcomes=T, **params)

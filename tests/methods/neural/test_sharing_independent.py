"""MMoE, PLE and cross-stitch against code that is not ours, with copied weights, and against loops worked in float64.

torch-rechub (0.9) differs from the papers, and from us, in three ways that the comparison takes out:

- Every layer of its MLP is linear, BatchNorm, activation, also where the layer is a gate: there BatchNorm stands before the
  softmax, and the linear map has a bias. Neither is in the papers (g = softmax(W x)), and in training a case's gate then depends
  on the other cases of its batch. Here BatchNorm is held at the identity and the bias at zero.
- Its experts are such MLPs. Here they are copies of ours (linear, LayerNorm, GELU), and its towers copies of our linear heads.
- It answers with probabilities; so are ours compared.

Its gates read what the papers say: in PLE the outcome's own x_t, and x_s for the shared gate, which mixes the experts of all
outcomes and is left out on the last level, where nobody would read it. There we agree without a change.
"""

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch_rechub.basic.features import DenseFeature
from torch_rechub.models.multi_task import MMOE
from torch_rechub.models.multi_task import PLE as THEIR_PLE

from methods.neural.network import Network
from methods.neural.sharing.cross_stitch import CrossStitch
from methods.neural.sharing.mmoe import MMoE
from methods.neural.sharing.ple import PLE
from tests.methods.neural.sharings import BATCH, WIDTH, D, T, gradients

Array = np.ndarray[Any, np.dtype[np.float64]]
Weights = dict[str, Array]
FEATURES = [DenseFeature("x", embed_dim=D)]
TASKS = ["classification"] * T
THEIRS: dict[str, Any] = {"expert_params": {"dims": [WIDTH]}, "tower_params_list": [{"dims": [WIDTH]}] * T}


def become(theirs: nn.Module, ours: nn.Linear) -> None:
    """Gives one of their gates our weights; with BatchNorm at the identity."""
    linear, norm = theirs.mlp[0], theirs.mlp[1]
    with torch.no_grad():
        linear.weight.copy_(ours.weight)
        linear.bias.zero_()
        norm.running_var.fill_(1 - norm.eps)


def assert_agree(network: Network, theirs: nn.Module, gates: list[tuple[nn.Linear, nn.Module]], experts: list[Any]) -> None:
    """Equal probabilities, and equal gradients on input, gates, experts and heads."""
    theirs.eval()
    x, y = torch.randn(BATCH, D, requires_grad=True), torch.randint(0, 2, (BATCH, T)).float()
    p, q = network(x).logits.sigmoid(), theirs({"x": x})
    torch.testing.assert_close(p, q, rtol=0, atol=1e-5)
    losses = [nn.functional.binary_cross_entropy(answer, y) for answer in (p, q)]
    pairs = [(x, x)] + [(ours.weight, gate.mlp[0].weight) for ours, gate in gates]
    for ours, other in [*experts, (network.heads, theirs.towers)]:
        pairs += zip(ours.parameters(), other.parameters(), strict=True)
    found = torch.autograd.grad(losses[0], [a for a, _ in pairs])
    expected = torch.autograd.grad(losses[1], [b for _, b in pairs])
    for a, b in zip(found, expected, strict=True):
        assert b.abs().max() > 0
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


def identity_network(sharing: Any) -> Network:
    network = Network([nn.Identity()], sharing, T, dropout=0.0)
    with torch.no_grad():
        for head in network.heads:
            head.weight.mul_(3)
    return network


@pytest.mark.parametrize("experts", [1, 4])
def test_mmoe_agrees_with_torch_rechub(experts: int) -> None:
    ours = MMoE(D, T, WIDTH, experts=experts)
    network = identity_network(ours)
    theirs = MMOE(FEATURES, TASKS, experts, **THEIRS)
    theirs.experts, theirs.towers = deepcopy(ours.f), deepcopy(network.heads)
    gates = list(zip(ours.W, theirs.gates, strict=True))
    for W_t, gate in gates:
        become(gate, W_t)
    # The gate of a single expert is 1 whatever its weights.
    assert_agree(network, theirs, gates if experts > 1 else [], [(ours.f, theirs.experts)])


@pytest.mark.parametrize(("levels", "m", "n"), [(1, 1, 2), (2, 1, 2), (2, 2, 1), (3, 2, 3)])
def test_ple_agrees_with_torch_rechub(levels: int, m: int, n: int) -> None:
    ours = PLE(D, T, WIDTH, levels=levels, specific_experts=m, shared_experts=n)
    network = identity_network(ours)
    theirs = THEIR_PLE(FEATURES, TASKS, levels, m, n, **THEIRS)
    theirs.towers = deepcopy(network.heads)
    gates: list[Any] = []
    experts: list[Any] = []
    for level, cgc in zip(ours.levels, theirs.cgc_layers, strict=True):
        cgc.experts_specific, cgc.experts_shared = deepcopy(level.E), deepcopy(level.E_s)
        experts += [(level.E, cgc.experts_specific), (level.E_s, cgc.experts_shared)]
        gates += zip(level.W, cgc.gates_specific, strict=True)
        assert (level.W_s is not None) == hasattr(cgc, "gate_shared")
        if level.W_s is not None:
            gates.append((level.W_s, cgc.gate_shared))
    for W, gate in gates:
        become(gate, W)
    assert_agree(network, theirs, gates, experts)


def f(w: Weights, name: str, x: Array) -> Array:
    """One expert or projection, of one case: linear, LayerNorm, GELU."""
    a = w[f"{name}.0.weight"] @ x + w[f"{name}.0.bias"]
    a = (a - a.mean()) / math.sqrt(a.var() + 1e-5) * w[f"{name}.1.weight"] + w[f"{name}.1.bias"]
    return np.array([0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in a])


def mixed(scores: Array, experts: list[Array]) -> Array:
    total = sum(math.exp(score) for score in scores)
    z = np.zeros_like(experts[0])
    for score, expert in zip(scores, experts, strict=True):
        z += math.exp(score) / total * expert
    return z


def mmoe(w: Weights, h: Array) -> Array:
    z = np.empty((len(h), T, WIDTH))
    for case, x in enumerate(h[:, 0]):
        experts = [f(w, f"f.{i}", x) for i in range(3)]
        for t in range(T):
            z[case, t] = mixed(w[f"W.{t}.weight"] @ x, experts)
    return z


def ple(w: Weights, h: Array) -> Array:
    """Two levels, two experts an outcome, one shared."""
    z = np.empty((len(h), T, WIDTH))
    for case, start in enumerate(h[:, 0]):
        x, x_s = [start] * T, start
        for level in ("levels.0", "levels.1"):
            own = [[f(w, f"{level}.E.{2 * t + i}", x[t]) for i in range(2)] for t in range(T)]
            shared = f(w, f"{level}.E_s.0", x_s)
            g = [mixed(w[f"{level}.W.{t}.weight"] @ x[t], [*own[t], shared]) for t in range(T)]
            if level == "levels.0":
                x_s = mixed(w[f"{level}.W_s.weight"] @ x_s, [*own[0], *own[1], *own[2], shared])
            x = g
        z[case] = x
    return z


def stitched(w: Weights, name: str, x: Array) -> Array:
    """One unit, of one case: x̃_t = Σ_s α_ts x_s, channel by channel."""
    out = np.zeros_like(x)
    for t in range(T):
        for s in range(T):
            for channel in range(x.shape[1]):
                out[t, channel] += w[f"{name}.rows.{t}.alpha"][s, channel] * x[s, channel]
    return out


def cross_stitch(w: Weights, h: Array) -> Array:
    z = np.empty((len(h), T, WIDTH))
    for case, x in enumerate(h):
        x = stitched(w, "stitch_h", x)
        z[case] = stitched(w, "stitch_z", np.array([f(w, f"f.{t}", x[t]) for t in range(T)]))
    return z


@pytest.mark.parametrize(
    ("made", "naive"),
    [
        (lambda: MMoE(D, T, WIDTH, experts=3), mmoe),
        (lambda: PLE(D, T, WIDTH, levels=2, specific_experts=2, shared_experts=1), ple),
        (lambda: CrossStitch(D, T, WIDTH), cross_stitch),
    ],
    ids=["mmoe", "ple", "cross_stitch"],
)
def test_loops_over_cases_outcomes_and_experts_agree(made: Callable[[], Any], naive: Callable[[Weights, Array], Array]) -> None:
    sharing = made().double()
    # Away from the start, where all α of a kind are equal and LayerNorm's weights are one.
    with torch.no_grad():
        for p in sharing.parameters():
            p.add_(0.3 * torch.randn_like(p))
    h = torch.randn(3, T if sharing.backbone_per_outcome else 1, D).double()
    c: Tensor = torch.randn(3, T, WIDTH).double()
    z = sharing(h).z
    w = {key: p.detach().numpy().copy() for key, p in sharing.named_parameters()}
    np.testing.assert_allclose(naive(w, h.numpy()), z.detach().numpy(), rtol=0, atol=1e-12)

    # Gradients of Σ c z by central differences of the loops, along a random direction of each parameter.
    step = 1e-5
    for key, gradient in gradients(sharing, (z * c).sum()).items():
        direction = torch.randn_like(gradient).numpy()
        kept, values = w[key], []
        for sign in (1, -1):
            w[key] = kept + sign * step * direction
            values.append(float((naive(w, h.numpy()) * c.numpy()).sum()))
        w[key] = kept
        assert gradient.abs().max() > 0
        slope = (values[0] - values[1]) / (2 * step)
        assert float((gradient.numpy() * direction).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-7), key

"""Every sharing on small numbers, with plain linear backbones in the place of encoders and fusion."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from methods.neural.network import Network
from methods.neural.sharing.base import SHARINGS, Sharing
from methods.neural.sharing.hard import HardSharing
from methods.neural.sharing.mmoe import MMoE

D, T, WIDTH, BATCH = 6, 3, 5, 8
CASES: list[tuple[str, dict[str, Any]]] = [
    ("single_task", {}),
    ("hard_sharing", {}),
    ("cross_stitch", {}),
    ("mmoe", {"experts": 3}),
    ("ple", {"levels": 1, "specific_experts": 2}),
    ("ple", {"levels": 2}),
    ("ple", {"levels": 2, "specific_experts": 0}),
    ("ple", {"levels": 3, "specific_experts": 2}),
    ("orthtd", {}),
    ("orthtd_none", {}),
    ("orthtd_projection", {}),
    ("orthtd_covariance", {}),
    ("orthtd_tasks", {}),
    ("orthtd_shared_only", {}),
    ("orthtd_specific_only", {}),
]


def made(name: str, params: Mapping[str, Any]) -> tuple[Sharing, Tensor]:
    """A sharing with new weights, and an h for it."""
    sharing = SHARINGS.get(name)(d=D, outcomes=T, width=WIDTH, **params)
    return sharing, torch.randn(BATCH, T if sharing.backbone_per_outcome else 1, D)


def network_of(sharing: Sharing) -> Network:
    """Backbones that are one linear layer each, the sharing, the heads."""
    return Network([nn.Linear(D, D) for _ in range(T if sharing.backbone_per_outcome else 1)], sharing, T, dropout=0.0)


def gradients(module: nn.Module, value: Tensor) -> dict[str, Tensor]:
    """Of a scalar, by the name of each parameter of the module; zeros where it reaches nothing."""
    names, parameters = zip(*module.named_parameters(), strict=True)
    found = torch.autograd.grad(value, parameters, allow_unused=True, retain_graph=True)
    return {n: torch.zeros_like(p) if g is None else g for n, p, g in zip(names, parameters, found, strict=True)}


def reordered(network: Network, named: Mapping[str, Tensor], order: Sequence[int]) -> dict[str, Tensor]:
    """Weights (or gradients) by name, moved so that outcome `order[i]` becomes outcome i."""
    sharing = network.sharing
    m = sharing.levels[0].m if hasattr(sharing, "levels") else 1
    blocks = [t * m + i for t in order for i in range(m)]
    by_outcome = {"heads": list(order)} | {f"sharing.{name}": list(order) for name in ("stitch_h.rows", "stitch_z.rows", "W")}
    # The f of MMoE are experts and that of hard sharing is one: they belong to nobody.
    if not isinstance(sharing, MMoE | HardSharing):
        by_outcome |= {"sharing.f": list(order), "sharing.decompose.f": list(order)}
    if sharing.backbone_per_outcome:
        by_outcome["backbones"] = list(order)
    for level in range(3):
        by_outcome |= {f"sharing.levels.{level}.W": list(order), f"sharing.levels.{level}.E": blocks}
    new = dict(named)
    for prefix, places in by_outcome.items():
        for place, source in enumerate(places):
            for key in named:
                if key.startswith(f"{prefix}.{source}."):
                    new[f"{prefix}.{place}.{key.removeprefix(f'{prefix}.{source}.')}"] = named[key]
    for key, value in new.items():
        if key.endswith("alpha"):
            new[key] = value[list(order)]
        elif key.endswith("W_s.weight"):
            new[key] = torch.cat([value[blocks], value[len(blocks) :]])
    return new

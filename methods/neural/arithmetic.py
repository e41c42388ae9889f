"""Arithmetic: the numbers that a network's products are computed in while it trains."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor

from datasets.errors import unknown

T = TypeVar("T")
ARITHMETICS = ("single", "mixed")


def computed_in(arithmetic: str, device: str) -> AbstractContextManager[Any]:
    """What a network runs forward in: `single` is float32 all through; in `mixed` torch takes bfloat16 where it deems that safe,
    above all for products of matrices. Weights and their gradients are float32 in both. Refuses another name."""
    if arithmetic not in ARITHMETICS:
        raise unknown("arithmetic", arithmetic, ARITHMETICS)
    return torch.autocast(torch.device(device).type, torch.bfloat16) if arithmetic == "mixed" else nullcontext()


def in_single(compute: Callable[..., T], *given: Tensor) -> T:
    """What `compute` makes of these in float32, whatever they were computed in: for what a few bits of mantissa would spoil."""
    with torch.autocast(given[0].device.type, enabled=False):
        return compute(*(x.to(torch.promote_types(x.dtype, torch.float32)) for x in given))

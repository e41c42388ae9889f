"""Losses: one number per outcome, over the cases where it is known."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from datasets.errors import unknown

GAMMA_NEGATIVE, GAMMA_POSITIVE, MARGIN = 4.0, 1.0, 0.05


def bce(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of each entry: −y log p − (1 − y) log(1 − p)."""
    return functional.binary_cross_entropy_with_logits(logits, y, reduction="none")


def asl(logits: Tensor, y: Tensor) -> Tensor:
    """Asymmetric loss of each entry (Ridnik et al., ICCV 2021): −y (1 − p)^γ₊ log p − (1 − y) p_m^γ₋ log(1 − p_m), with
    p_m = max(p − m, 0); γ₋ = 4, γ₊ = 1, m = 0.05 as there."""
    p = logits.sigmoid()
    p_m = (p - MARGIN).clamp(min=0.0)
    positive = (1 - p) ** GAMMA_POSITIVE * functional.logsigmoid(logits)
    negative = p_m**GAMMA_NEGATIVE * torch.log1p(-p_m)
    return -(y * positive + (1 - y) * negative)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bce": bce,
    "bce+asl": lambda logits, y: bce(logits, y) + asl(logits, y),
}


def loss_of(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The study's loss of each entry; refuses an unknown one."""
    if name not in LOSSES:
        raise unknown("loss", name, LOSSES)
    return LOSSES[name]


def outcome_losses(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """(outcomes,): mean over the known cases of the batch; 0 for an outcome without any, which is to be dropped."""
    return (loss(logits, y) * (known / known.sum(dim=0).clamp(min=1))).sum(dim=0)

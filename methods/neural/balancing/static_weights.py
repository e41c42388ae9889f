"""Static weights: one number per outcome, tuned like any other parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from datasets import Refused
from methods.neural.balancing.base import Balancing, balancing

if TYPE_CHECKING:
    import optuna


@balancing("static_weights")
class StaticWeights(Balancing):
    """Fixed weights, tuned: the baseline that recent work says is hard to beat.

    Scalarisation, Σ_t w_t L_t (Xin et al., NeurIPS 2022; Kurin et al., NeurIPS 2022; Royer et al., NeurIPS 2023), with
    Σ_t w_t = T, so that only ratios count; an outcome that is absent from a batch leaves the others' weights as they are.
    `weights`: one per outcome, 0 or above; None: equal, which is the plain sum. Searched are ratios of up to 16: wider ones all but
    leave an outcome out, and a small budget would be spent on them.
    """

    by_outcome = ("weights",)
    w: Tensor

    def __init__(self, outcomes: int, weights: Sequence[float] | None = None) -> None:
        super().__init__(outcomes)
        given = [1.0] * outcomes if weights is None else weights
        if not isinstance(given, list | tuple) or not all(_fits(w) for w in given) or not sum(given) > 0:
            raise Refused(f"weights = {given!r}: a list of numbers from 0 upwards is needed, one of them above 0.")
        if len(given) != outcomes:
            raise Refused(f"weights: {len(given)} are given for {outcomes} outcomes; give one per outcome, in their order.")
        scale = outcomes / sum(given)
        self.register_buffer("w", torch.tensor([w * scale for w in given]))

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:  # noqa: ARG002
        return self.w[present]

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:
        return {"weights": [trial.suggest_float(name, 0.25, 4.0, log=True) for name in _names(outcomes)]}

    @staticmethod
    def defaults(outcomes: int) -> dict[str, Any]:
        return dict.fromkeys(_names(outcomes), 1.0)


def _fits(weight: object) -> bool:
    return isinstance(weight, int | float) and not isinstance(weight, bool) and 0 <= weight < math.inf


def _names(outcomes: int) -> list[str]:
    return [f"weight_{t}" for t in range(outcomes)]

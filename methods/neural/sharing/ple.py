"""PLE: experts of each outcome beside shared ones, over several levels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from datasets import Refused
from methods.neural.sharing.base import Shared, Sharing, mlp, sharing

if TYPE_CHECKING:
    import optuna


class Extraction(nn.Module):
    """One level, a CGC module: from each outcome's x_t and the shared x_s to g_t and g_s.

    E_t = [E_{t,1} … E_{t,m}](x_t), E_s = [E_{s,1} … E_{s,n}](x_s)
    g_t = softmax(W_t x_t) [E_t ; E_s]                      the outcome's own experts and the shared ones
    g_s = softmax(W_s x_s) [E_1 ; … ; E_T ; E_s]            the shared gate: all experts; not on the last level
    """

    def __init__(self, d: int, outcomes: int, width: int, m: int, n: int, last: bool) -> None:
        super().__init__()
        self.m = m
        self.E = nn.ModuleList(mlp(d, width) for _ in range(outcomes * m))
        self.E_s = nn.ModuleList(mlp(d, width) for _ in range(n))
        self.W = nn.ModuleList(nn.Linear(d, m + n, bias=False) for _ in range(outcomes))
        self.W_s = None if last else nn.Linear(d, outcomes * m + n, bias=False)

    def forward(self, x: list[Tensor], x_s: Tensor) -> tuple[list[Tensor], Tensor]:
        """Each (batch, d) → each (batch, width); without a shared gate g_s is the mean of the shared experts."""
        E = [[expert(x_t) for expert in self.own(t)] for t, x_t in enumerate(x)]
        E_s = [expert(x_s) for expert in self.E_s]
        g = [_mixed(W_t(x_t), E_t + E_s) for W_t, x_t, E_t in zip(self.W, x, E, strict=True)]
        if self.W_s is None:
            return g, torch.stack(E_s).mean(dim=0)
        return g, _mixed(self.W_s(x_s), [e for E_t in E for e in E_t] + E_s)

    def own(self, outcome: int) -> nn.ModuleList:
        """E_t: the experts of one outcome."""
        return self.E[outcome * self.m : (outcome + 1) * self.m]


def _mixed(scores: Tensor, experts: list[Tensor]) -> Tensor:
    return (scores.softmax(-1)[:, None] @ torch.stack(experts, dim=1))[:, 0]


@sharing("ple", effort=1.3)
class PLE(Sharing):
    """Progressive layered extraction (Tang et al., RecSys 2020): shared and specific experts, level after level.

    z_t is g_t of the last of `levels`. `specific_experts`: m, for each outcome; `shared_experts`: n.
    """

    def __init__(
        self, d: int, outcomes: int, width: int = 64, levels: int = 2, specific_experts: int = 1, shared_experts: int = 2
    ) -> None:
        super().__init__(width)
        if levels < 1 or specific_experts < 0 or shared_experts < 1:
            raise Refused(
                f"levels = {levels}, specific_experts = {specific_experts}, shared_experts = {shared_experts}: "
                "at least 1, 0 and 1 are needed."
            )
        m, n = specific_experts, shared_experts
        self.outcomes = outcomes
        self.levels = nn.ModuleList(
            Extraction(d if level == 0 else width, outcomes, width, m, n, last=level == levels - 1) for level in range(levels)
        )

    def forward(self, h: Tensor) -> Shared:
        x, x_s = [h[:, 0]] * self.outcomes, h[:, 0]
        for level in self.levels:
            x, x_s = level(x, x_s)
        z = torch.stack(x, dim=1)
        return Shared(z, parts={"shared": x_s, "specific": z})

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:
        # The shared gate carries every expert below the last level to all outcomes. An outcome's gate feeds its own experts
        # of the next level: the last gate is its own, and so is the one before, whose experts no shared gate reads.
        levels = cast(list[Extraction], list(self.levels))
        yield from levels[-1].own(outcome).parameters()
        for level in levels[-2:]:
            yield from level.W[outcome].parameters()

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {
            "levels": trial.suggest_int("levels", 1, 2),
            "specific_experts": trial.suggest_int("specific_experts", 1, 3),
            "shared_experts": trial.suggest_int("shared_experts", 1, 4),
        }

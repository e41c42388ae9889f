"""Network: backbones, a sharing, and the same heads for every method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.neural.backbone import Backbone, FusionBackbone
from methods.neural.dropout import Dropout
from methods.neural.settings import Settings
from methods.neural.sharing.base import Shared, Sharing
from methods.neural.tensors import Inputs, Preprocessing


@dataclass(frozen=True)
class Output:
    """`logits` (batch, outcomes), `h` (batch, backbones, d), and what the sharing gave."""

    logits: Tensor
    h: Tensor
    shared: Shared


class Network(nn.Module):
    """Backbones → sharing → heads: dropout, then one linear read-out per outcome."""

    def __init__(self, backbones: Sequence[nn.Module], sharing: Sharing, outcomes: int, dropout: float) -> None:
        super().__init__()
        self.backbones = nn.ModuleList(backbones)
        self.sharing = sharing
        self.dropout = Dropout(dropout)
        self.heads = nn.ModuleList(nn.Linear(sharing.features, 1) for _ in range(outcomes))

    def forward(self, inputs: Inputs) -> Output:
        h, shared = self.represented(inputs)
        return Output(self._logits(shared), h, shared)

    def represented(self, inputs: Inputs) -> tuple[Tensor, Shared]:
        """All that comes before the heads and their dropout: h (batch, backbones, d), and what the sharing gives."""
        found = [backbone(inputs) for backbone in self.backbones]
        h = torch.stack(found, dim=1) if len(found) > 1 else found[0][:, None]
        return h, self.sharing(h)

    def _logits(self, shared: Shared) -> Tensor:
        """One product for all heads, where a small one for each takes longer."""
        heads = cast("Iterable[nn.Linear]", self.heads)
        weight, bias = torch.cat([head.weight for head in heads]), torch.cat([head.bias for head in heads])
        # Dropout draws for each outcome, so that under it no two heads read the same. Of one outcome single task and hard sharing
        # are one network, to the bit.
        if shared.common is not None and self.dropout.idle and len(self.heads) > 1:
            return functional.linear(shared.common, weight, bias)
        return (self.dropout(shared.z) * weight).sum(dim=-1) + bias

    def specific(self, outcome: int) -> list[nn.Parameter]:
        """The parameters that only this outcome's loss reaches."""
        found = [*self.sharing.specific(outcome), *self.heads[outcome].parameters()]
        return found if self.sharing.mixes else [*self.backbones[outcome].parameters(), *found]

    def shared(self) -> list[nn.Parameter]:
        """All other parameters: those that the outcomes' gradients meet on."""
        specific = {id(p) for t in range(len(self.heads)) for p in self.specific(t)}
        return [p for p in self.parameters() if id(p) not in specific]


def network(
    fitted: Preprocessing,
    settings: Settings,
    sharing: Callable[..., Sharing],
    prevalence: Tensor,
    backbone: type[Backbone] = FusionBackbone,
) -> Network:
    """A network with new weights from torch's generator. Heads start at the log-odds of each outcome's `prevalence` (outcomes,),
    so that no step is spent on learning that an outcome is rare."""
    s, outcomes = settings, len(prevalence)
    how = sharing(d=s.d, outcomes=outcomes, width=s.width)
    backbones = [backbone(fitted, s) for _ in range(outcomes if how.backbone_per_outcome else 1)]
    made = Network(backbones, how, outcomes, s.dropout)
    with torch.no_grad():
        for head, p in zip(made.heads, prevalence, strict=True):
            head.bias.fill_(torch.logit(p))  # type: ignore[operator]
    return made

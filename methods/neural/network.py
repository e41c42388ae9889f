"""Network: backbones, a sharing, and the same heads for every method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

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
        h = torch.stack([backbone(inputs) for backbone in self.backbones], dim=1)
        shared = self.sharing(h)
        z = self.dropout(shared.z)
        logits = torch.cat([head(z[:, t]) for t, head in enumerate(self.heads)], dim=1)
        return Output(logits, h, shared)

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

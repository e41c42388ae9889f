"""What sharing is: how the representation h becomes one representation per outcome."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from torch import Tensor, nn

from methods import registry
from methods.neural import compose
from methods.neural.parts import Parts, summary

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Shared:
    """What a sharing gives for a batch.

    `z` (batch, outcomes, features): what each outcome's head reads. `aux`: a loss of its own, already with its weight.
    `parts`: shared and specific representations by name, (batch, width) or (batch, outcomes, width), for diagnostics.
    `common` (batch, features), where z is it for every outcome: heads then read it at once.
    """

    z: Tensor
    aux: Tensor | None = None
    parts: Mapping[str, Tensor] = field(default_factory=dict)
    common: Tensor | None = None


class Sharing(nn.Module):
    """Maps h (batch, backbones, d) to one representation per outcome.

    A subclass takes `d`, `outcomes`, `width`, then its own parameters, each with a default inside its `search_space`.
    `backbone_per_outcome`: whether it wants one backbone per outcome. `mixes`: whether an outcome's representation reads what
    other outcomes train; where it does not, nothing is shared, and each backbone belongs to its outcome.
    """

    backbone_per_outcome: ClassVar[bool] = False
    mixes: ClassVar[bool] = True

    def __init__(self, features: int) -> None:
        super().__init__()
        self.features = features

    @abstractmethod
    def forward(self, h: Tensor) -> Shared:
        """(batch, backbones, d) → Shared."""

    def specific(self, outcome: int) -> Iterable[nn.Parameter]:  # noqa: ARG002
        """The parameters that this outcome's loss alone reaches; all others count as shared."""
        return ()

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:  # noqa: ARG004
        """Its own parameters that a trial tries."""
        return {}


SHARINGS: Parts[Sharing] = Parts("sharing", "methods.neural.sharing")
S = TypeVar("S", bound=type[Sharing])


def sharing(name: str, effort: float = 1.0, group: str = "sharing") -> Callable[[S], S]:
    """Registers a sharing, and the neural method of that name that sums the outcomes' losses.

    `effort`: roughly how long a step takes beside hard sharing. `group`: `sharing`, or `variants` of another.
    """

    def decorate(part: S) -> S:
        SHARINGS.add(name, part)
        homes = (part.__module__, "methods.neural.balancing.sum")
        registry.add(compose.entry(name, name, "sum", homes, summary(part), effort, group))
        return part

    return decorate


def mlp(d: int, width: int) -> nn.Sequential:
    """The projection that every sharing is built from: linear, LayerNorm, GELU."""
    return nn.Sequential(nn.Linear(d, width), nn.LayerNorm(width), nn.GELU())

"""What balancing is: how the outcomes' losses become one update."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from torch import Tensor, nn

from methods import registry
from methods.neural import compose
from methods.neural.parts import Parts, summary

if TYPE_CHECKING:
    import optuna


class Balancing(nn.Module):
    """Gives each outcome's loss its weight in a step.

    A subclass takes `outcomes`, then its own parameters, each with a default inside its `search_space`. With `needs_gram` it
    sees how the outcomes' gradients on the shared parameters agree, and its weights combine these gradients alone: what
    belongs to one outcome follows that outcome's own loss. Without, its weights combine the losses.
    """

    needs_gram: ClassVar[bool] = False

    def __init__(self, outcomes: int) -> None:
        super().__init__()
        self.outcomes = outcomes

    @abstractmethod
    def weights(self, losses: Tensor, gram: Tensor | None) -> Tensor:
        """`losses` (known outcomes,), detached; `gram` (known outcomes, known outcomes): inner products of their gradients on
        the shared parameters, None unless asked for. Outcomes without a known label in the batch are not among them. Gives
        (known outcomes,)."""

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:  # noqa: ARG002
        """`weights` for those who also ask which outcomes the losses belong to: `present`, their numbers."""
        return self.weights(losses, gram)

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:  # noqa: ARG004
        """Its own parameters that a trial tries."""
        return {}


BALANCINGS: Parts[Balancing] = Parts("balancing", "methods.neural.balancing")
B = TypeVar("B", bound=type[Balancing])


def balancing(name: str, effort: float = 1.0) -> Callable[[B], B]:
    """Registers a balancing, and the neural method of that name: hard sharing balanced by it.

    `effort`: roughly how long a step takes beside summing.
    """

    def decorate(part: B) -> B:
        BALANCINGS.add(name, part)
        # Hard sharing with the plain sum is hard sharing, which has its own name.
        if name != "sum":
            homes = ("methods.neural.sharing.hard", part.__module__)
            registry.add(compose.entry(name, "hard_sharing", name, homes, summary(part), effort))
        return part

    return decorate

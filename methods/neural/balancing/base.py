"""What balancing is: how the outcomes' losses become one update."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from torch import Tensor, nn

from methods import registry
from methods.neural import compose
from methods.neural.parts import Parts, summary
from methods.registry import present

if TYPE_CHECKING:
    import optuna


class Balancing(nn.Module):
    """Gives each outcome's loss its weight in a step.

    A subclass takes `outcomes`, then its own parameters, each with a default inside its `search_space`, and gives `weights`, or
    `forward` where it must know which outcomes the losses belong to. With `needs_gram` it sees how the outcomes' gradients on
    the shared parameters agree, and its weights combine these gradients alone: what belongs to one outcome follows that
    outcome's own loss, unless `weighs_specific`. Without, its weights combine the losses.

    It may keep a state of its own, on which it learns from one step or epoch to the next; its `nn.Parameter`s are trained with
    the network's, without decay: then its weights carry their graph, and `penalty` is added to the loss. All of this is by
    outcome, so that one without a known label in a batch changes nothing for itself or for the others.

    `by_outcome`: names of parameters that are lists with an entry per outcome, None unless given. Given, they are not searched.
    """

    needs_gram: ClassVar[bool] = False
    needs_losses_after: ClassVar[bool] = False
    weighs_specific: ClassVar[bool] = False
    by_outcome: ClassVar[tuple[str, ...]] = ()

    def __init__(self, outcomes: int) -> None:
        super().__init__()
        self.outcomes = outcomes

    def weights(self, losses: Tensor, gram: Tensor | None) -> Tensor:
        """`losses` (known outcomes,), detached; `gram` (known outcomes, known outcomes): inner products of their gradients on
        the shared parameters, None unless asked for. Outcomes without a known label in the batch are not among them. Gives
        (known outcomes,)."""
        raise NotImplementedError(f"{type(self).__name__} gives neither weights nor forward.")

    def forward(self, losses: Tensor, gram: Tensor | None, present: Tensor) -> Tensor:  # noqa: ARG002
        """`weights` for those who also ask which outcomes the losses belong to: `present`, their numbers."""
        return self.weights(losses, gram)

    def penalty(self, present: Tensor) -> Tensor | None:  # noqa: ARG002
        """What is added to the weighted losses of the `present` outcomes, for balancings that train their weights by it."""
        return None

    def before_training(self, losses: Tensor) -> None:  # noqa: ARG002
        """Told each outcome's loss over train (outcomes,) where every case gets the prevalence, from which the heads start."""
        return

    def after_step(self, before: Tensor, after: Tensor, present: Tensor) -> None:  # noqa: ARG002
        """Told the losses of one batch before and after the step (known outcomes,), with `needs_losses_after`; both in training
        mode, each with its own dropout."""
        return

    def after_epoch(self, losses: Tensor) -> None:  # noqa: ARG002
        """Told each outcome's mean loss over the epoch (outcomes,), NaN where no label was known."""
        return

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        """Its own parameters that a trial tries for so many outcomes."""
        return {}

    @staticmethod
    def defaults(outcomes: int) -> dict[str, Any]:  # noqa: ARG004
        """Values at the documented defaults of names that `search_space` suggests and the constructor does not take."""
        return {}


BALANCINGS: Parts[Balancing] = Parts("balancing", "methods.neural.balancing")
B = TypeVar("B", bound=type[Balancing])


def balancing(name: str, effort: float = 1.0, absent: Callable[..., str | None] = present) -> Callable[[B], B]:
    """Registers a balancing, and the neural method of that name: hard sharing balanced by it.

    `effort`: roughly how long a step takes beside summing. `absent()`: why it cannot run here, and what to do.
    """

    def decorate(part: B) -> B:
        BALANCINGS.add(name, part)
        # Hard sharing with the plain sum is hard sharing, which has its own name.
        if name != "sum":
            homes = ("methods.neural.sharing.hard", part.__module__)
            registry.add(compose.entry(name, "hard_sharing", name, homes, summary(part), effort, "balancing", absent))
        return part

    return decorate

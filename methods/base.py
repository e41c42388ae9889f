"""What a method is, and what the engine hands to it."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from datasets import Cohort, Refused
from methods.scores import selection_score

if TYPE_CHECKING:
    import optuna


def _ignore(*_: Any) -> None:
    return None


@dataclass(frozen=True)
class Watch:
    """What a fit logs of itself while it trains. `every`: after how many steps each time it logs how the outcomes' gradients agree;
    0 is never. `full`: then also layer by layer, what a step for one outcome does to the others, and the curvature."""

    every: int = 0
    full: bool = False


@dataclass(frozen=True)
class Run:
    """What one fit may use of the world around it.

    `report(step, value)`: tells the tuner how training goes, higher is better; may raise to prune, and methods let that
    through. `score(y, p)`: the study's selection score of (cases, outcomes) arrays. `log(record)`: keeps a diagnostic.
    `shared`: what the fits of one cell may reuse, under keys that name all they depend on. `loss`: the study's loss for
    every neural method; `arithmetic`: what their steps are computed in, `single` or `mixed`. `watch`: what a fit logs of its own
    training, which changes no prediction. `text_encoder`: what notes are read with: `words`, or `hf:` and a model's name or
    folder. `folder`: where the cells of one run keep what they read alike.
    """

    seed: int = 0
    device: str = "cpu"
    loss: str = "bce"
    arithmetic: str = "single"
    text_encoder: str = "words"
    report: Callable[[int, float], None] = _ignore
    score: Callable[[np.ndarray, np.ndarray], float] = selection_score
    log: Callable[[Mapping[str, Any]], None] = _ignore
    watch: Watch = Watch()
    shared: dict[Any, Any] = field(default_factory=dict)
    folder: Path | None = None


class Method(ABC):
    """Fits on a cohort and gives a probability per case and outcome; parameters by name in the constructor."""

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """The names that the constructor takes."""
        parameters = inspect.signature(cls.__init__).parameters.values()
        return tuple(p.name for p in parameters if p.name != "self" and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))

    def get_params(self) -> dict[str, Any]:
        """The parameters by name, as the constructor takes them."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Sets parameters by name; refuses one that the constructor does not take."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise Refused(f"{type(self).__name__} has no parameter '{name}'. Allowed: {', '.join(known) or 'none'}.")
            setattr(self, name, value)
        return self

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:  # noqa: ARG004
        """The parameters that a trial tries; names are those of the constructor."""
        return {}

    def space(self, trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:  # noqa: ARG002
        """What a trial tries on a cohort of so many outcomes: `search_space`, unless a method has parameters by outcome."""
        return self.search_space(trial)

    def defaults(self, outcomes: int) -> dict[str, Any]:  # noqa: ARG002
        """The documented default of every name that `space` may suggest."""
        return self.get_params()

    @abstractmethod
    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:
        """Fits on train; may stop on valid. Neither holds a test case."""

    @abstractmethod
    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        """Probabilities, float64 (cases, outcomes), in the order of the outcomes of fit; `cohort` holds no outcome."""

    def representations(self, cohort: Cohort) -> Mapping[str, np.ndarray]:  # noqa: ARG002
        """What a fitted model's parts say of the cases: float32 (cases, width) by the part's name; `specific/renal` for a part
        `specific` that outcome `renal` has for itself. `cohort` holds no outcome. Empty where a method has no such parts."""
        return {}

    def size(self) -> int | None:
        """Number of fitted parameters (weights, coefficients, leaves); None where it means nothing."""
        return None

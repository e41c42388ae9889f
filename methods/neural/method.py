"""The neural method: a common backbone, a sharing, a balancing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch

from datasets import MODALITIES, Cohort, Refused
from datasets.errors import unknown
from methods.base import Method, Run
from methods.neural.backbone import Backbone, FusionBackbone
from methods.neural.balancing.base import BALANCINGS, Balancing
from methods.neural.network import network
from methods.neural.parts import own_parameters
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS, Sharing
from methods.neural.tensors import fit_preprocessing, labels
from methods.neural.trainer import Side, predict, representations, train

if TYPE_CHECKING:
    import optuna

    from methods.neural.network import Network


class NeuralMethod(Method):
    """Modality encoders, a fusion Transformer, a sharing and equal heads, trained with a balancing.

    `params`: those of `Settings`, of the sharing and of the balancing, all by their names. A subclass may name another
    `backbone`; modalities that this does not read are left out.
    """

    backbone: ClassVar[type[Backbone]] = FusionBackbone

    def __init__(self, sharing: str = "hard_sharing", balancing: str = "sum", **params: Any) -> None:
        self.sharing, self.balancing = sharing, balancing
        self._how, self._weighs = SHARINGS.get(sharing), BALANCINGS.get(balancing)
        if not self._how.mixes and balancing != "sum":
            raise Refused(f"{sharing} shares nothing between outcomes, so there is nothing for {balancing} to balance.")
        own = own_parameters(self._how), own_parameters(self._weighs)
        if both := sorted(own[0].keys() & own[1].keys()):
            raise Refused(f"{sharing} and {balancing} both have a parameter '{both[0]}' and cannot be composed.")
        common: dict[str, Any] = {f.name: f.default for f in fields(Settings)}
        allowed = common | own[0] | own[1]
        for name in params:
            if name not in allowed:
                raise unknown(f"parameter of {sharing}" + ("" if balancing == "sum" else f"+{balancing}"), name, allowed)
        given = allowed | params
        self._settings = Settings(**{name: given[name] for name in common})
        self._sharing_params = {name: given[name] for name in own[0]}
        self._balancing_params = {name: given[name] for name in own[1]}
        self._refuse_senseless()

    def _refuse_senseless(self) -> None:
        """Makes both parts once without weights, so that a wrong value is refused before anything starts."""
        try:
            with torch.device("meta"):
                self._how(d=4, outcomes=2, width=4, **self._sharing_params)  # type: ignore[call-arg]
                self._weighs(outcomes=next(map(len, self._by_outcome().values()), 2), **self._balancing_params)
        except TypeError as error:
            raise Refused(f"{self.sharing} with {self.balancing}: {error}.") from error

    def get_params(self) -> dict[str, Any]:
        named = {"sharing": self.sharing, "balancing": self.balancing}
        return named | vars(self._settings) | self._sharing_params | self._balancing_params

    def set_params(self, **params: Any) -> Self:
        self.__init__(**(self.get_params() | params))  # type: ignore[misc]
        return self

    def space(self, trial: optuna.trial.BaseTrial, outcomes: int) -> dict[str, Any]:
        """The same for every neural method, then what the sharing and the balancing have of their own."""
        own = self._how.search_space(trial) | ({} if self._by_outcome() else self._weighs.search_space(trial, outcomes))
        return Settings.search_space(trial) | own

    def defaults(self, outcomes: int) -> dict[str, Any]:
        """Refuses parameters by outcome that are made for another number of outcomes."""
        with torch.device("meta"):
            self._weighs(outcomes=outcomes, **self._balancing_params)
        return self.get_params() | self._weighs.defaults(outcomes)

    def _by_outcome(self) -> dict[str, Sequence[Any]]:
        """The balancing's lists with an entry per outcome that were given: with one, there is nothing left to search."""
        given = {name: self._balancing_params[name] for name in self._weighs.by_outcome}
        return {name: value for name, value in given.items() if isinstance(value, list | tuple)}

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:
        """Fits on train, stops on valid; raises ValueError where train holds no input, an outcome has one class in train, or no
        outcome has both in valid."""
        self._names = names = train.outcome_names
        prevalence = _prevalence(train)
        _check_valid(valid, names)
        read = train.without(*(m for m in MODALITIES if m not in self.backbone.modalities))
        self._fitted = fit_preprocessing(read, run.shared, run.text_encoder, run.device, run.folder)
        self._device = run.device
        sides = [Side(self._fitted.inputs(c).to(run.device), labels(c, names).to(run.device)) for c in (train, valid)]
        # Torch's generator is global: it is put back afterwards, so that nothing outside can change a fit or be changed by it.
        with torch.random.fork_rng(devices=[run.device] if run.device != "cpu" else []):
            torch.manual_seed(run.seed)
            self._network = self._trained((sides[0], sides[1]), names, prevalence, run)
        return self

    def _trained(self, sides: tuple[Side, Side], names: tuple[str, ...], prevalence: Mapping[str, float], run: Run) -> Network:
        how: Callable[..., Sharing] = partial(self._how, **self._sharing_params)
        weighs: Callable[..., Balancing] = partial(self._weighs, **self._balancing_params)
        made = network(self._fitted, self._settings, how, torch.tensor([prevalence[name] for name in names]), self.backbone)
        balancing = weighs(outcomes=len(names))
        train(made.to(run.device), balancing.to(run.device), sides, names, self._settings, run)
        return made

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        if not len(cohort):
            return np.empty((0, len(self._network.heads)))
        logits = predict(self._network, self._fitted.inputs(cohort).to(self._device), len(cohort))
        return logits.double().sigmoid().cpu().numpy()

    def representations(self, cohort: Cohort) -> dict[str, np.ndarray]:
        if not len(cohort):
            return {}
        inputs = self._fitted.inputs(cohort).to(self._device)
        return {name: x.numpy() for name, x in representations(self._network, inputs, len(cohort), self._names).items()}

    def size(self) -> int:
        """Number of trained weights; the frozen token vectors are not among them."""
        return sum(parameter.numel() for parameter in self._network.parameters())


def _prevalence(train: Cohort) -> dict[str, float]:
    found = {}
    for name, column in train.outcomes.items():
        y = column.dropna().to_numpy(dtype=np.float64)
        if len(np.unique(y)) < 2:
            seen = f"only class {y[0]:g}" if len(y) else "no known case"
            raise ValueError(f"outcome '{name}': {seen} in train; a model needs both classes.")
        found[str(name)] = float(y.mean())
    if not found:
        raise ValueError("train has no outcome.")
    return found


def _check_valid(valid: Cohort, names: tuple[str, ...]) -> None:
    if not any(valid.outcomes[name].dropna().nunique() == 2 for name in names):
        raise ValueError("no outcome has both classes in valid; there is nothing to stop on.")

"""One network over columns for all outcomes: what FT-Transformer and TabM share."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from datasets import Cohort
from methods.base import Method, Run
from methods.tabular.per_outcome import some_columns
from methods.tabular.trees.labels import label, learnable

if TYPE_CHECKING:
    from torch import Tensor, nn

    from methods.tabular.networks.inputs import FittedInputs


class OneNetwork(Method):
    """Trains one network for all outcomes on the sum of their losses, each over the cases where it is known."""

    text: str
    directions: int
    lr: float
    weight_decay: float
    epochs: int
    patience: int
    batch_size: int

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Self:
        """Fits on train, stops on valid; raises ValueError where train holds no input, an outcome has one class in train or is
        never known in valid, or no outcome has both classes in valid."""
        import torch

        from methods.tabular.networks.inputs import fit_inputs, known_outcomes
        from methods.tabular.networks.trainer import Plan, Side, swap_dropout
        from methods.tabular.networks.trainer import train as trained

        names = train.outcome_names
        for name in names:
            learnable(name, label(train, name), label(valid, name))
        if not any(valid.outcomes[name].dropna().nunique() == 2 for name in names):
            raise ValueError("no outcome has both classes in valid; there is nothing to stop on.")
        columns = some_columns(train, self.text, run)
        self.outcomes, self.device = len(names), run.device
        self.inputs = fit_inputs(columns, train, self.directions, run.shared)
        sides = [Side(self.inputs(c).to(run.device), *(t.to(run.device) for t in known_outcomes(c, names))) for c in (train, valid)]
        plan = Plan(self.lr, self.weight_decay, self.epochs, self.patience, self.batch_size)
        # Torch's generator is global: it is put back afterwards, so that nothing outside can change a fit or be changed by it.
        with torch.random.fork_rng(devices=[run.device] if run.device != "cpu" else []):
            torch.manual_seed(run.seed)
            self.fitted = self.network(self.inputs, self.outcomes)
            # So that no step is spent on learning that an outcome is rare.
            with torch.no_grad():
                self.bias(self.fitted).add_(torch.tensor([np.nanmean(label(train, name)) for name in names]).logit().float())
            swap_dropout(self.fitted)
            self.fitted.to(run.device)
            trained(self.fitted, self.groups(self.fitted), (sides[0], sides[1]), names, plan, run)
        return self

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        from methods.tabular.networks.trainer import predict, probabilities

        if not len(cohort):
            return np.empty((0, self.outcomes))
        return probabilities(predict(self.fitted, self.inputs(cohort).to(self.device), len(cohort)))

    def size(self) -> int:
        """Number of trained weights."""
        return sum(parameter.numel() for parameter in self.fitted.parameters())

    @abstractmethod
    def network(self, inputs: FittedInputs, outcomes: int) -> nn.Module:
        """A network with new weights: numbers (batch, columns) and codes (batch, categorical columns) → logits (batch, outcomes),
        or (batch, members, outcomes)."""

    @abstractmethod
    def bias(self, network: nn.Module) -> Tensor:
        """The last bias, (outcomes,) or (members, outcomes)."""

    @abstractmethod
    def groups(self, network: nn.Module) -> list[dict[str, Any]]:
        """The parameters as AdamW takes them: those without weight decay apart."""

"""In-context learning: a pretrained network that reads train and answers, without training."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from datasets import Cohort
from methods.base import Run
from methods.tabular.directions import first_directions
from methods.tabular.per_outcome import PerOutcome
from methods.tabular.weights import Pretrained, sha256

# Where a rare outcome would leave fewer, its class keeps so many cases.
LEAST = 10


class InContext(PerOutcome):
    """One classifier per outcome over one set of pretrained weights; none is trained here.

    `weights`: a checkpoint's path, or `download`; without it the environment names it. `n_estimators`: members, each of which sees
    the columns in another order and on another scale. `directions`: the most columns of a note field.
    """

    pretrained: ClassVar[Pretrained]

    def __init__(self, weights: str | None, n_estimators: int, text: str, directions: int) -> None:
        if weights is not None:
            self.pretrained.path(weights)
        self.weights = weights
        self.n_estimators = n_estimators
        self.text = text
        self.directions = directions

    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:  # noqa: ARG002
        """Raises ValueError where train has more columns than the package takes; above its number of cases a draw by `seed` is
        taken, and logged."""
        import torch

        path = self.pretrained.path(self.weights)
        x = self._read(train)
        # Making a network draws from torch's global generator, which is put back.
        with torch.random.fork_rng(devices=[run.device] if run.device != "cpu" else []):
            model = self.classifier(path, run)
            cases, columns = self.limits(model, run.device)
            if x.shape[1] > columns:
                said = f"found {x.shape[1]} columns; {self.pretrained.package} takes at most {columns}"
                raise ValueError(f"{said}. Take fewer `directions` (found {self.directions}), or leave a modality out.")
            rows = drawn(y, cases, run.seed)
            run.log(
                {
                    "weights": None if path is None else path.name,
                    "weights_sha256": None if path is None else sha256(path),
                    "cases": len(rows),
                    "of": int((~np.isnan(y)).sum()),
                    "most": cases,
                }
            )
            model.fit(x.iloc[rows].reset_index(drop=True), y[rows].astype(np.int64))
        return model

    def predict_outcome(self, model: Any, cohort: Cohort) -> np.ndarray:
        return np.asarray(model.predict_proba(self._read(cohort)), dtype=np.float64)[:, 1]

    def size_of(self, model: Any) -> int:  # noqa: ARG002
        """Nothing is fitted: the weights are the same for every cohort."""
        return 0

    def _read(self, cohort: Cohort) -> pd.DataFrame:
        frame = self.columns.frame(cohort)
        return frame[first_directions(frame, self.directions)]

    @abstractmethod
    def classifier(self, path: Any, run: Run) -> Any:
        """The package's classifier for the weights at `path`, None to download them."""

    @abstractmethod
    def limits(self, model: Any, device: str) -> tuple[int, int]:
        """The most cases and the most columns of train that the package takes on this device."""


def drawn(y: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Rows in order (at most `most`,) of the known cases of `y`: all, or a draw that keeps the share of each class."""
    sides = [np.flatnonzero(y == 1), np.flatnonzero(y == 0)]
    known = sum(map(len, sides))
    if known <= most:
        return np.sort(np.concatenate(sides))
    rare, common = sorted(sides, key=len)
    kept = min(len(rare), max(round(most * len(rare) / known), LEAST), most - 1)
    rng = np.random.default_rng(seed)
    return np.sort(np.concatenate([rng.choice(rare, kept, replace=False), rng.choice(common, most - kept, replace=False)]))

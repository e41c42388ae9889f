"""Time series as tensors: each channel on the scale of train, with the mask of what was measured beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from datasets import Cohort, Refused

# Standard deviations beyond which a value is taken for an artefact and held.
LIMIT = 8.0


@dataclass(frozen=True)
class SeriesInputs:
    """`values` (cases, steps, 2 × channels) float32: standardised values, 0 where not measured, then the mask of what was;
    `present` (cases,) bool."""

    values: Tensor
    present: Tensor

    def rows(self, index: Tensor) -> SeriesInputs:
        return SeriesInputs(self.values.index_select(0, index), self.present.index_select(0, index))

    def to(self, device: str) -> SeriesInputs:
        return replace(self, values=self.values.to(device), present=self.present.to(device))


@dataclass(frozen=True)
class FittedSeries:
    """What train taught: mean and standard deviation of each channel over its measured steps, both (channels,)."""

    steps: int
    channels: tuple[str, ...]
    mean: np.ndarray
    spread: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """As JSON content."""
        return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(self).items()}

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> FittedSeries:
        """What `to_json` wrote, to the bit."""
        mean, spread = (np.array(content[name], dtype=np.float32) for name in ("mean", "spread"))
        return FittedSeries(content["steps"], tuple(content["channels"]), mean, spread)

    def inputs(self, cohort: Cohort) -> SeriesInputs:
        """The cohort's series; refuses another grid or other channels than those of train."""
        if cohort.series is None:
            shape = (len(cohort), self.steps, 2 * len(self.channels))
            return SeriesInputs(torch.zeros(shape), torch.zeros(len(cohort), dtype=torch.bool))
        values = cohort.series.values
        if cohort.series.channels != self.channels or values.shape[1] != self.steps:
            raise Refused(
                f"series has {values.shape[1]} steps of {cohort.series.channels}, "
                f"but the method was fitted on {self.steps} of {self.channels}."
            )
        seen = np.isfinite(values)
        scaled = np.where(seen, ((values - self.mean) / self.spread).clip(-LIMIT, LIMIT), 0.0)
        both = np.concatenate([scaled, seen], axis=2, dtype=np.float32, casting="unsafe")
        return SeriesInputs(torch.from_numpy(both), torch.from_numpy(seen.any(axis=(1, 2))))


def fit_series(train: Cohort) -> FittedSeries | None:
    """Fitted on train; None where train holds no measurement."""
    if train.series is None:
        return None
    values = train.series.values.astype(np.float64)
    seen = np.isfinite(values)
    if not seen.any():
        return None
    n = np.maximum(seen.sum(axis=(0, 1)), 1)
    mean = np.where(seen, values, 0.0).sum(axis=(0, 1)) / n
    spread = np.sqrt((np.where(seen, values - mean, 0.0) ** 2).sum(axis=(0, 1)) / n)
    spread = np.where(spread > 0, spread, 1.0)
    return FittedSeries(values.shape[1], train.series.channels, mean.astype(np.float32), spread.astype(np.float32))

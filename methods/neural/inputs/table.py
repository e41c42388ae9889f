"""Tables as tensors: numbers on a normal scale with marks for what is missing, categories as codes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from scipy.special import ndtri
from torch import Tensor

from datasets import Cohort

KNOTS = 1000
MISSING, UNSEEN, FIRST = 0, 1, 2
# A category that so few train cases have teaches the code for unseen ones, which nothing else would train.
RARE = 5


@dataclass(frozen=True)
class TableInputs:
    """`numbers` (cases, columns + marks) float32, `codes` (cases, categorical columns) int64, `present` (cases,) bool."""

    numbers: Tensor
    codes: Tensor
    present: Tensor

    def rows(self, index: Tensor) -> TableInputs:
        return TableInputs(*(part.index_select(0, index) for part in (self.numbers, self.codes, self.present)))

    def to(self, device: str) -> TableInputs:
        return replace(self, numbers=self.numbers.to(device), codes=self.codes.to(device), present=self.present.to(device))


@dataclass(frozen=True)
class NormalScale:
    """A number's place among the train values, read on the normal scale: standardised Φ⁻¹(mid-rank / n)."""

    knots: np.ndarray
    normal: np.ndarray

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return np.interp(values, self.knots, self.normal)


@dataclass(frozen=True)
class FittedTable:
    """What train taught: a scale for each number, which numbers can be missing, the codes of each categorical column."""

    scales: Mapping[Hashable, NormalScale]
    marked: tuple[Hashable, ...]
    codes: Mapping[Hashable, Mapping[str, int]]

    @property
    def width(self) -> int:
        return len(self.scales) + len(self.marked)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of codes of each categorical column."""
        return tuple(FIRST + len(codes) for codes in self.codes.values())

    def inputs(self, cohort: Cohort) -> TableInputs:
        """The cohort's table; a column that it lacks is missing, a missing number is 0 and marked."""
        table = cohort.tabular if cohort.tabular is not None else pd.DataFrame(index=range(len(cohort)))
        absent = pd.Series(np.nan, index=table.index)
        found = {name: _numbers(table.get(name, absent)) for name in self.scales}
        columns = [np.nan_to_num(scale(found[name]), nan=0.0) for name, scale in self.scales.items()]
        columns += [np.isnan(found[name]) for name in self.marked]
        codes = [_coded(table.get(name, absent.astype(object)), known) for name, known in self.codes.items()]
        present = np.zeros(len(cohort), dtype=bool)
        for values in found.values():
            present |= ~np.isnan(values)
        for code in codes:
            present |= code != MISSING
        return TableInputs(
            torch.from_numpy(_stacked(columns, len(cohort), np.float32)),
            torch.from_numpy(_stacked(codes, len(cohort), np.int64)),
            torch.from_numpy(present),
        )


def fit_table(train: Cohort) -> FittedTable | None:
    """Fitted on train; columns that say nothing there are left out. None where none is left."""
    if train.tabular is None:
        return None
    scales: dict[Hashable, NormalScale] = {}
    marked: list[Hashable] = []
    codes: dict[Hashable, Mapping[str, int]] = {}
    for name, column in train.tabular.items():
        if not pd.api.types.is_numeric_dtype(column):
            counts = _strings(column).value_counts()
            kept = sorted(counts.index[counts >= RARE])
            if len(counts) and (kept or column.isna().any()):
                codes[name] = {category: FIRST + place for place, category in enumerate(kept)}
            continue
        values = _numbers(column)
        missing = np.isnan(values)
        if missing.all():
            continue
        scales[name] = _normal_scale(values[~missing])
        if missing.any():
            marked.append(name)
    return FittedTable(scales, tuple(marked), codes) if scales or codes else None


def _normal_scale(values: np.ndarray) -> NormalScale:
    knots, counts = np.unique(values, return_counts=True)
    normal = ndtri((np.cumsum(counts) - counts / 2) / len(values))
    spread = np.sqrt(np.average((normal - np.average(normal, weights=counts)) ** 2, weights=counts))
    normal = (normal - np.average(normal, weights=counts)) / (spread if spread > 0 else 1.0)
    kept = np.unique(np.linspace(0, len(knots) - 1, min(KNOTS, len(knots))).round().astype(int))
    return NormalScale(knots[kept], normal[kept])


def _numbers(column: pd.Series) -> np.ndarray:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _strings(column: pd.Series) -> pd.Series:
    # One kind in train and elsewhere, so that 1 and "1" are one category.
    return column.astype(object).where(column.notna(), None).map(str, na_action="ignore")


def _coded(column: pd.Series, known: Mapping[str, int]) -> np.ndarray:
    codes = _strings(column).map(lambda category: known.get(category, UNSEEN), na_action="ignore")
    return codes.astype(object).where(column.notna(), MISSING).to_numpy(dtype=np.int64)


def _stacked(columns: list[np.ndarray], cases: int, dtype: type) -> np.ndarray:
    return np.column_stack(columns).astype(dtype) if columns else np.zeros((cases, 0), dtype=dtype)

"""Predicted: the stored predictions of one dataset as plain arrays, for verification alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bench.store import CellRecord, DatasetRecord

METRICS = ("auc", "auprc")
AVERAGE, COMPONENTS = "average", "average_components"
# AUPRC of fewer test positives has no interval.
FEW = 20


@dataclass(frozen=True)
class Cases:
    """One side of one cell, cases in rising order of their rows: `row`, `patient` (cases,), `y` (outcomes, cases), NaN = unknown,
    `p` (seeds, outcomes, cases)."""

    row: np.ndarray
    patient: np.ndarray
    y: np.ndarray
    p: np.ndarray


def cases(frame: pd.DataFrame, outcomes: Sequence[str]) -> Cases:
    """Long predictions of one side as arrays: one prediction a row, outcome and seed is taken for granted here."""
    wide = frame.pivot(index="row", columns=["seed", "outcome"], values="p").sort_index()
    first = frame[frame["seed"] == frame["seed"].min()]
    y = first.pivot(index="row", columns="outcome", values="y").sort_index()
    patient = first.drop_duplicates("row").set_index("row")["patient"].sort_index()
    seeds = sorted(frame["seed"].unique())
    return Cases(
        wide.index.to_numpy(),
        patient.to_numpy(),
        np.stack([y[outcome].to_numpy(float) for outcome in outcomes]),
        np.stack([[wide[seed, outcome].to_numpy(float) for outcome in outcomes] for seed in seeds]),
    )


def side_of(frame: pd.DataFrame, side: str) -> pd.DataFrame:
    """The lines of one side."""
    return frame[frame["side"] == side]


@dataclass(frozen=True)
class Dataset:
    """One dataset of a study. `methods`: those with all their cells; `incomplete`: the others."""

    record: DatasetRecord

    @property
    def name(self) -> str:
        return self.record.name

    @cached_property
    def outcomes(self) -> tuple[str, ...]:
        return tuple(self.record.plan["outcomes"])

    @cached_property
    def folds(self) -> int:
        return int(self.record.plan["folds"])

    @cached_property
    def repeats(self) -> int:
        return int(self.record.plan["protocol"]["repeats"])

    @cached_property
    def seed(self) -> int:
        return int(self.record.plan["protocol"]["seed"])

    @cached_property
    def methods(self) -> tuple[str, ...]:
        there = set(self.record.cells)
        return tuple(m for m in self.record.plan["methods"] if all((m, fold) in there for fold in range(self.folds)))

    @cached_property
    def incomplete(self) -> tuple[str, ...]:
        return tuple(m for m in self.record.plan["methods"] if m not in self.methods)

    def status(self, method: str) -> str:
        """`ok`, `failed` where a cell of it failed, `not run` where cells are only missing."""
        if method in self.methods:
            return "ok"
        return "failed" if any((method, fold) in self.record.failed for fold in range(self.folds)) else "not run"

    def cells(self, method: str) -> Iterator[CellRecord]:
        """The finished cells of a method, in the order of the folds."""
        for fold in range(self.folds):
            if (method, fold) in self.record.cells:
                yield self.record.cells[method, fold]

    @cached_property
    def tuned(self) -> Mapping[tuple[str, int], Cases]:
        """Test cases by method and fold, of all finished cells."""
        cells = ((place, self.record.cells[place]) for place in self.record.cells)
        return {place: cases(side_of(cell.predictions, "test"), self.outcomes) for place, cell in cells}

    @cached_property
    def tests(self) -> Mapping[int, Cases]:
        """Test cases of each fold that has a finished cell; `p` is that of one of its methods."""
        found: dict[int, Cases] = {}
        for (_, fold), one in self.tuned.items():
            found.setdefault(fold, one)
        return dict(sorted(found.items()))

    @cached_property
    def default(self) -> Mapping[tuple[str, int], Cases]:
        """Test cases as the untuned defaults of complete methods predict them; nothing where the study asked for none."""
        found = {}
        for method in self.methods:
            for cell in self.cells(method):
                if not cell.default.empty:
                    found[method, cell.fold] = cases(side_of(cell.default, "test"), self.outcomes)
        return found

    @cached_property
    def valid(self) -> Mapping[tuple[str, int], Cases]:
        """Valid cases of complete methods."""
        return {
            (method, cell.fold): cases(side_of(cell.predictions, "valid"), self.outcomes)
            for method in self.methods
            for cell in self.cells(method)
        }

    @cached_property
    def seeds(self) -> int:
        return len(self.tuned[self.methods[0], 0].p) if self.methods else 0

    @cached_property
    def counts(self) -> Mapping[str, tuple[int, int, float]]:
        """By outcome: tested cases and positives, each row once, and the mean over folds of the prevalence; empty unless every
        fold was tested."""
        if len(self.tests) < self.folds:
            return {}
        found = {}
        for t, outcome in enumerate(self.outcomes):
            known: dict[int, bool] = {}
            shares = []
            for fold in self.tests.values():
                pairs = [(int(row), bool(y == 1)) for row, y in zip(fold.row, fold.y[t], strict=True) if y == y]
                known |= dict(pairs)
                shares.append(sum(positive for _, positive in pairs) / len(pairs) if pairs else float("nan"))
            found[outcome] = len(known), sum(known.values()), sum(shares) / len(shares)
        return found

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Outcomes that hold no other one, where some hold others; else nothing."""
        whole = set(self.record.cohort["card"].get("nested") or {}) & set(self.outcomes)
        return tuple(o for o in self.outcomes if o not in whole) if whole else ()

    @cached_property
    def targets(self) -> tuple[str, ...]:
        return (*self.outcomes, AVERAGE, *([COMPONENTS] if self.components else []))

    def few(self, metric: str, target: str) -> bool:
        """Whether a score has no interval, as too few test cases are positive."""
        return metric == "auprc" and target in self.counts and self.counts[target][1] < FEW

    def averaged(self, by_outcome: np.ndarray) -> np.ndarray:
        """(outcomes, …) followed by the averages of the targets."""
        averages = [by_outcome.mean(axis=0)]
        if self.components:
            averages.append(by_outcome[[self.outcomes.index(o) for o in self.components]].mean(axis=0))
        return np.concatenate([by_outcome, np.stack(averages)])

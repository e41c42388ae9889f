"""Units: what a split moves whole (patients, or centres), one row each, with the labels that are to be spread evenly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Of train, valid and test.
SHARES = (0.6, 0.2, 0.2)


@dataclass(frozen=True)
class Units:
    """`unit` (cases,): the place of each case's unit. `labels` (units, labels) of 1 and 0: whether any case of the unit has
    each outcome, and has it known. `weights` (units, 1 + outcomes): its number of cases, and of positives of each outcome."""

    unit: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    def sides(self, train: np.ndarray, valid: np.ndarray, test: np.ndarray) -> np.ndarray:
        """Side of every case (cases,), from the places of the units on each side."""
        side = np.empty(len(self.labels), dtype=object)
        for name, places in (("train", train), ("valid", valid), ("test", test)):
            side[places] = name
        return np.asarray(side[self.unit])

    def only(self, places: np.ndarray) -> Units:
        """These units alone, without their cases."""
        return Units(np.empty(0, dtype=np.int64), self.labels[places], self.weights[places])


def labels(unit: np.ndarray, outcomes: pd.DataFrame, beside: np.ndarray | None = None) -> Units:
    """The units of cases whose unit is named by `unit` (cases,); `beside` (cases,) bool: one more label to be spread."""
    names, place = np.unique(unit, return_inverse=True)
    y = outcomes.to_numpy()
    marks = np.hstack([y == 1, ~np.isnan(y), *([] if beside is None else [beside[:, None]])])
    any_case = pd.DataFrame(marks).groupby(place).any().to_numpy().astype(int)
    counts = np.column_stack([np.ones(len(y)), y == 1])
    weights = np.stack([np.bincount(place, column, minlength=len(names)) for column in counts.T], axis=1)
    return Units(place, told_apart(any_case), weights)


def told_apart(found: np.ndarray) -> np.ndarray:
    """The labels that vary; columns of zeros make them two at the least, as the splitter wants several."""
    varies = found[:, found.min(axis=0) < found.max(axis=0)]
    return np.hstack([varies, np.zeros((len(found), max(0, 2 - varies.shape[1])), int)])


def balanced(units: Units, parts: int, seed: int) -> np.ndarray:
    """Part of each unit (units,), parts as even as can be in cases and in positives of every outcome.

    The largest units first, each into the part that it brings closest to an even share; equal ones in an order drawn by `seed`.
    """
    total = units.weights.sum(axis=0)
    share = units.weights / np.where(total > 0, total, 1.0)
    drawn = np.random.default_rng(seed).permutation(len(share))
    order = drawn[np.argsort(-share[drawn].sum(axis=1), kind="stable")]
    filled, part = np.zeros((parts, share.shape[1])), np.empty(len(share), dtype=np.int64)
    for unit in order:
        # Growth of the squared distance from an even share, over cases and outcomes.
        growth = (share[unit] * (2 * filled + share[unit] - 2 / parts)).sum(axis=1)
        part[unit] = int(growth.argmin())
        filled[part[unit]] += share[unit]
    return part

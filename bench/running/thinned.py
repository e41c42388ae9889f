"""Thinned: a cohort of which only a share of the known outcomes is still known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from datasets import Cohort

# Of each class of an outcome at least so many stay known, or all where there are fewer: with none a method could not be fitted.
LEAST = 5


def thinned(cohort: Cohort, share: float, seed_of: Callable[[str], int]) -> Cohort:
    """The same cases and inputs, with `share` (above 0, at most 1) of each outcome's known labels left, drawn within its classes.

    `seed_of(outcome)`: what the draw hangs on, so that every method that is given the same seeds is left the same labels.
    """
    left = {name: _left(y.to_numpy(), share, seed_of(str(name))) for name, y in cohort.outcomes.items()}
    return replace(cohort, outcomes=pd.DataFrame(left, index=cohort.outcomes.index)).known_as(cohort.inputs_key)


def _left(y: np.ndarray, share: float, seed: int) -> np.ndarray:
    """y (cases,) of 1, 0 and NaN, float32, NaN where a label is taken away."""
    rng, left = np.random.default_rng(seed), np.full_like(y, np.nan)
    for label in (1.0, 0.0):
        known = np.flatnonzero(y == label)
        count = min(len(known), max(LEAST, round(share * len(known))))
        left[rng.permutation(known)[:count]] = label
    return left

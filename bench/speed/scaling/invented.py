"""Invented: a cohort of any size whose outcomes hang on a few of its numbers, made in memory at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from datasets import Card, Cohort

# Columns that tell something of the outcomes; all others are noise.
TELLING = 8
# About one case in ten.
INTERCEPT = -2.6


@dataclass(frozen=True)
class Extent:
    """How large a cohort is: cases (a patient each), outcomes, numeric columns."""

    patients: int = 10_000
    outcomes: int = 4
    features: int = 50


def invented(extent: Extent, seed: int = 0) -> Cohort:
    """Numbers without gaps, outcomes by a logistic equation of the first of them, each with weights of its own."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((extent.patients, extent.features), dtype=np.float32)
    weights = np.random.default_rng(0).standard_normal((TELLING, extent.outcomes), dtype=np.float32) / 2
    odds = x[:, :TELLING] @ weights + INTERCEPT
    y = (rng.random(odds.shape, dtype=np.float32) < 1 / (1 + np.exp(-odds))).astype(np.float32)
    names = [f"outcome_{t}" for t in range(extent.outcomes)]
    card = Card("invented", "Invented", "made here", "none", "none", "none", dict.fromkeys(names, "made here"), synthetic=True)
    table = pd.DataFrame(x, columns=[f"x_{n}" for n in range(extent.features)])
    return Cohort(card, np.arange(extent.patients), pd.DataFrame(y, columns=names), tabular=table)

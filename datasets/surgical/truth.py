"""What only a synthetic cohort knows of its cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Truth:
    """The truth behind a cohort, row by row as its cases stand.

    `factors` (cases, 8), unit variances, named by `factor_names`. `loadings`: what is seen (rows) × factors. `risks`: cases ×
    outcomes, float64, the probability of each outcome given the factors. `findings`: cases × findings, int8: 1 affirmed in
    the notes, −1 denied, 2 left uncertain, 0 not said.
    """

    factors: np.ndarray
    factor_names: tuple[str, ...]
    loadings: pd.DataFrame
    risks: pd.DataFrame
    findings: pd.DataFrame

    def __len__(self) -> int:
        return len(self.factors)


def joined(parts: Sequence[Truth], cases: int | None = None) -> Truth:
    """The truths of one world's chunks, end to end, cut to the first `cases` where that is said."""
    return Truth(
        np.concatenate([part.factors for part in parts])[:cases],
        parts[0].factor_names,
        parts[0].loadings,
        pd.concat([part.risks for part in parts], ignore_index=True).iloc[:cases],
        pd.concat([part.findings for part in parts], ignore_index=True).iloc[:cases],
    )

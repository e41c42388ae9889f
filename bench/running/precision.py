"""Precision: how exactly probabilities are kept."""

from __future__ import annotations

import numpy as np
import pandas as pd

# As many as half precision has (IEEE 754), at any size of the number: 0.1 % of a probability, however small it is.
HALF = 11


def kept(predictions: pd.DataFrame, precision: str) -> pd.DataFrame:
    """Predictions with their `p` as it is (`full`), or rounded to eleven significant bits (`half`): a quarter of the room, scores
    alike to three digits. What is reported is computed from what is kept."""
    return predictions if precision == "full" else predictions.assign(p=rounded(predictions["p"].to_numpy(np.float64), HALF))


def rounded(p: np.ndarray, bits: int) -> np.ndarray:
    """p rounded to so many significant binary digits."""
    part, power = np.frexp(p)
    return np.asarray(np.ldexp(np.rint(np.ldexp(part, bits)), power - bits))

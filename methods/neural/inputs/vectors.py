"""Frozen token vectors, made shorter by the principal directions of the token table itself: no patient data involved."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from methods import words

WIDTH = 64


@lru_cache(maxsize=1)
def token_table() -> np.ndarray:
    """(vocabulary, WIDTH) float32: token vectors on their leading principal directions, mean square 1."""
    vectors = words.token_vectors().astype(np.float64)
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    leading = directions[:, ::-1][:, :WIDTH]
    # An eigenvector's sign is arbitrary; the largest entry is made positive, so that every machine has the same table.
    leading = leading * np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])])
    short = centred @ leading
    return (short / np.sqrt((short**2).mean())).astype(np.float32)

"""Redundancy: how much two representations of the same cases say alike."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

COLUMNS = ("part", "other", "squared_cosine", "cka")


def redundancy(parts: Mapping[str, np.ndarray]) -> list[dict[str, float | str]]:
    """COLUMNS of each pair of parts, (cases, width) each; without a squared cosine where the widths differ."""
    found = []
    for one, other in combinations(parts, 2):
        x, y = (parts[name].astype(np.float64) for name in (one, other))
        line: dict[str, float | str] = {"part": one, "other": other, "cka": cka(x, y)}
        if x.shape == y.shape:
            line["squared_cosine"] = squared_cosine(x, y)
        found.append(line)
    return found


def squared_cosine(x: np.ndarray, y: np.ndarray) -> float:
    """Mean over cases of cos² between two (cases, width) representations: what OrthTD's penalty drives to zero (arXiv 2605.03570).

    Directions drawn at random give 1 / width; a zero vector counts as 0.
    """
    product, lengths = (x * y).sum(axis=1) ** 2, (x**2).sum(axis=1) * (y**2).sum(axis=1)
    return float(np.divide(product, lengths, out=np.zeros_like(product), where=lengths > 0).mean())


def cka(x: np.ndarray, y: np.ndarray) -> float:
    """Linear CKA of (cases, width) representations: ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖), Frobenius norms, columns centred (Kornblith et al.
    2019, section 3); 1 for parts equal up to rotation and scale, 0 where either is constant."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    own = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.linalg.norm(y.T @ x) ** 2 / own) if own > 0 else 0.0

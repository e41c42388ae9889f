"""Ventilation: mechanical, by its entries in the chart."""

from __future__ import annotations

import numpy as np

from datasets.outcomes.known import where_known
from datasets.outcomes.onset import onset


def ventilation(entry: np.ndarray, watched: np.ndarray) -> np.ndarray:
    """Any entry of mechanical ventilation in a span: bool (cases,) each. float32 (cases,).

    `watched`: whether anything at all was written down in the span; where nothing was, ventilation is unknown. A chart names
    ventilation only where it takes place, so that silence in a chart that is kept means none.
    Source: a definition of this benchmark's own.
    """
    ventilated = np.asarray(entry, dtype=bool)
    return where_known(ventilated | np.asarray(watched, dtype=bool), ventilated)


def new_ventilation(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """`ventilation` after the landmark in those without it before, from both. float32 (cases,)."""
    return onset(before, after)

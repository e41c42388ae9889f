"""Size: how much each comparison measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Size:
    """`pairs`: training steps of either side in turns. `blocks`: of 50 steps, with and without diagnostics. `trials`, `fits`:
    Optuna's, where they are compared, and of a cell of the study that is run with one worker and two. `cells`: of the study that
    is resumed. `rounds`: how often what takes seconds is measured, one side after the other. `rows`, `cases`, `resamples` of
    the bootstrap, `sample`: resamples that scikit-learn scores. `dataset`: where the patients come from.
    `crowd`, `workers`: the cohort that so many workers share. `bare`: seconds of a loop that shares nothing."""

    pairs: int = 200
    blocks: int = 20
    trials: int = 20
    fits: int = 3
    cells: int = 1000
    rounds: int = 3
    rows: int = 20
    cases: int = 2500
    resamples: int = 2000
    sample: int = 10
    dataset: Mapping[str, Any] = field(default_factory=lambda: {"label": "surgical", "name": "surgical"})
    crowd: Mapping[str, Any] = field(
        default_factory=lambda: {"label": "crowd", "name": "surgical", "set": {"patients": 20_000}},
    )
    workers: int = 8
    bare: float = 8.0


SIZES = {
    "full": Size(),
    # Only to see that all is measured: its ratios mean nothing.
    "tiny": Size(
        pairs=4,
        blocks=1,
        trials=2,
        fits=1,
        cells=8,
        rounds=1,
        rows=2,
        cases=200,
        resamples=20,
        sample=3,
        dataset={"label": "surgical", "name": "surgical", "set": {"patients": 660}},
        crowd={"label": "crowd", "name": "surgical", "set": {"patients": 4_000}},
        workers=2,
        bare=0.2,
    ),
}

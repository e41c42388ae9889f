"""Bootstrap: whole patients drawn with replacement, the same draws for every method and outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.evaluation.metrics import METRICS, ranked, weighted

RESAMPLES = 2000
# Weights held at once; a chunk that stays in a core's cache is several times faster than one that does not.
_CHUNK_WEIGHTS = 2**18


@dataclass(frozen=True)
class Draws:
    """Which patients are drawn in each resample: as many as `everyone` (sorted codes) holds, from a generator seeded by `seed`.

    The draws of a seed are the same whichever cases they are asked for: cases of one fold hold some of these patients,
    and folds of several repeats share them.
    """

    everyone: np.ndarray
    seed: int
    resamples: int = RESAMPLES

    def weights(self, patient: np.ndarray) -> Iterator[np.ndarray]:
        """How often each case is drawn, its patient moving whole: chunks of (cases, resamples), in the order of the resamples."""
        place = np.searchsorted(self.everyone, patient)
        size = len(self.everyone)
        generator = np.random.default_rng(self.seed)
        chunk = max(1, min(self.resamples, _CHUNK_WEIGHTS // max(len(patient), 1)))
        for start in range(0, self.resamples, chunk):
            counts = np.empty((min(chunk, self.resamples - start), size))
            for drawn in counts:
                # One call a resample: what is drawn must not depend on the size of the chunk.
                drawn[:] = np.bincount(generator.integers(0, size, size), minlength=size)
            yield np.ascontiguousarray(counts[:, place].T)


def seed_shares(seeds: int, resamples: int, seed: int) -> np.ndarray:
    """Share of each final fit among draws with replacement: (resamples, seeds), rows sum to 1.

    One draw fewer than there are fits, so that their mean varies as it should, by s² / S with s² over S − 1 (Rao and Wu, JASA 1988,
    without rescaling); as many draws as fits would miss a third of that variance with three fits. One fit is always drawn.
    """
    drawn = np.random.default_rng(seed).integers(0, seeds, (resamples, max(seeds - 1, 1)))
    return np.stack([(drawn == s).mean(axis=1) for s in range(seeds)], axis=1)


def resampled(y: np.ndarray, p: np.ndarray, draws: Draws, patient: np.ndarray) -> np.ndarray:
    """Metrics of every resample: `y` (outcomes, cases), `p` (rows, outcomes, cases) → (METRICS, rows, outcomes, resamples).

    The bootstrap over clusters (Efron and Tibshirani 1993, ch. 8; Field and Welsh 2007): cases of a patient are kept
    together. Each score is sorted once; a resample is then a vector of case weights, so that the result equals a metric on
    repeated rows. Unknown outcomes weigh 0. NaN where a resample lacks a class, which is so for all methods alike.
    """
    cases = [[ranked(y[t], p[r, t]) for t in range(len(y))] for r in range(len(p))]
    out = np.empty((len(METRICS), len(p), len(y), draws.resamples))
    start = 0
    for weights in draws.weights(patient):
        end = start + weights.shape[1]
        for r, row in enumerate(cases):
            for t, one in enumerate(row):
                out[:, r, t, start:end] = weighted(one, weights)
        start = end
    return out

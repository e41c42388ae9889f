"""Bootstrap: intervals of AUC and AUPRC beside a loop over scikit-learn's metrics."""

from __future__ import annotations

import numpy as np

from bench.evaluation.bootstrap import Draws, resampled
from bench.evaluation.metrics import METRICS
from bench.speed.row import Goal, Row
from bench.speed.size import Size
from bench.speed.turns import timed

OUTCOMES = 4
EQUAL = 1e-12


def bootstrap(size: Size) -> list[Row]:
    """All resamples of ours; a sample of them by scikit-learn, scaled, and compared with ours number by number."""
    y, p, patient = invented(size.rows, size.cases)
    draws = Draws(np.unique(patient), seed=0, resamples=size.resamples)
    # Libraries are imported, and memory is taken, before anything is timed.
    looped(y, p[:1], draws, patient, 1)
    ours, theirs, found, expected = [], [], np.empty(0), np.empty(0)
    for _ in range(size.rounds):

        def quick() -> None:
            nonlocal found
            found = resampled(y, p, draws, patient)

        def plain() -> None:
            nonlocal expected
            expected = looped(y, p, draws, patient, size.sample)

        ours.append(timed(quick))
        theirs.append(timed(plain) * size.resamples / size.sample)
    apart = float(np.abs(found[..., : size.sample] - expected).max())
    first, second = float(np.median(ours)), float(np.median(theirs))
    return [
        Row(
            what=f"bootstrap intervals: {size.resamples:,} resamples of AUC and AUPRC",
            against=f"scikit-learn loop ({size.sample} resamples, scaled)",
            value=float(np.median(np.array(ours) / np.array(theirs))),
            goal=Goal(0.02),
            seconds=(first, second),
            note=f"{first:.1f} s against {second:,.0f} s; {size.rows} methods, {OUTCOMES} outcomes, {size.cases:,} patients; "
            f"largest difference {apart:.0e}, {EQUAL:.0e} allowed",
            alike=apart <= EQUAL,
        )
    ]


def invented(rows: int, cases: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """y (outcomes, cases), p (rows, outcomes, cases) with ties, and the patient of each case, one a patient."""
    rng = np.random.default_rng(0)
    y = (rng.random((OUTCOMES, cases)) < np.array([0.3, 0.15, 0.1, 0.05])[:, None]).astype(np.float64)
    return y, np.round(0.3 * y + rng.random((rows, OUTCOMES, cases)), 4) / 2, np.arange(cases)


def looped(y: np.ndarray, p: np.ndarray, draws: Draws, patient: np.ndarray, sample: int) -> np.ndarray:
    """(METRICS, rows, outcomes, sample) of the first resamples, their cases repeated as often as they were drawn."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    weights = next(draws.weights(patient))[:, :sample].astype(np.int64)
    out = np.empty((len(METRICS), len(p), len(y), sample))
    for b in range(sample):
        cases = np.repeat(np.arange(len(patient)), weights[:, b])
        for t, labels in enumerate(y[:, cases]):
            for r, scores in enumerate(p[:, t][:, cases]):
                out[:, r, t, b] = roc_auc_score(labels, scores), average_precision_score(labels, scores)
    return out

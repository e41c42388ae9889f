"""Subjects: what is timed at every size, each from a cohort to an end; what is not its own work is made before the clock starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from bench.evaluation.bootstrap import Draws, resampled
from bench.speed.scaling.invented import Extent, invented
from datasets import Cohort
from methods.base import Run
from methods.neural.balancing.base import BALANCINGS
from methods.neural.network import network
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS
from methods.neural.tensors import fit_preprocessing, labels
from methods.neural.trainer import Side, train
from methods.registry import build

# Trees of one outcome, and resamples of one method's scores: enough for a time that is not their start's.
ROUNDS = 20
RESAMPLES = 20
# Cases of valid, the same at every size: what is measured is training.
VALID = 500

Work = Callable[[], object]


def preprocessing(extent: Extent) -> Work:
    """The table of a cohort made into the network's tensors, with what that takes to be fitted."""
    cohort = invented(extent)
    return lambda: fit_preprocessing(cohort, {}).inputs(cohort)


def epoch(extent: Extent) -> Work:
    """One epoch of the default network of hard sharing, all outcomes summed."""
    cohort, valid = _sides(extent)
    fitted = fit_preprocessing(cohort, {})
    names = cohort.outcome_names
    torch.manual_seed(0)
    made = network(fitted, Settings(), SHARINGS.get("hard_sharing"), torch.full((extent.outcomes,), 0.1))
    sides = (Side(fitted.inputs(cohort), labels(cohort, names)), Side(fitted.inputs(valid), labels(valid, names)))
    return lambda: train(made, BALANCINGS.get("sum")(outcomes=len(names)), sides, names, Settings(epochs=1), Run())


def trees(extent: Extent) -> Work:
    """Boosted trees (LightGBM, its defaults), the same number for every outcome, binning within."""
    cohort, valid = _sides(extent)

    def work() -> None:
        shared = Run(shared={})
        for name in cohort.outcome_names:
            build("lightgbm", rounds=ROUNDS, patience=ROUNDS).fit(cohort.only(name), valid.only(name), shared)

    return work


def bootstrap(extent: Extent) -> Work:
    """Resamples of AUC and AUPRC of one method, every outcome."""
    rng = np.random.default_rng(0)
    y = (rng.random((extent.outcomes, extent.patients)) < 0.1).astype(np.float64)
    p, patient = rng.random((1, extent.outcomes, extent.patients)), np.arange(extent.patients)
    return lambda: resampled(y, p, Draws(patient, 0, RESAMPLES), patient)


def _sides(extent: Extent) -> tuple[Cohort, Cohort]:
    return invented(extent), invented(Extent(VALID, extent.outcomes, extent.features), seed=1)


SUBJECTS: dict[str, Callable[[Extent], Work]] = {
    "preprocessing": preprocessing,
    "epoch": epoch,
    "trees": trees,
    "bootstrap": bootstrap,
}

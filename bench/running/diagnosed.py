"""Diagnosed: what a cell's fitted methods say beyond their predictions: with a modality missing, and in their parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.diagnostics.probes import factor_probes, outcome_probes
from bench.diagnostics.redundancy import redundancy
from datasets import Cohort
from methods.base import Method
from methods.contract.checked import predict


@dataclass(frozen=True)
class Missing:
    """Probabilities (cases, outcomes) where one modality is missing for every case, by that modality; `unable`: the exception of a
    method that cannot do without one."""

    p: Mapping[str, np.ndarray]
    unable: Mapping[str, str]


def without_each(method: Method, cohort: Cohort, outcomes: int) -> Missing:
    """What a fitted method says without each modality in turn; empty where there is but one, as nothing would be left to read."""
    p, unable = {}, {}
    for modality in cohort.modalities if len(cohort.modalities) > 1 else ():
        try:
            p[modality] = predict(method, cohort.missing(modality), outcomes)
        except Exception as error:
            # Its predictions on the cases as they are stand; that it cannot do without a modality is a finding of its own.
            unable[modality] = type(error).__name__
    return Missing(p, unable)


@dataclass(frozen=True)
class Parts:
    """What a fitted method's parts say of train and test, (cases, width) by name; empty for a method without such parts."""

    train: Mapping[str, np.ndarray]
    test: Mapping[str, np.ndarray]


NO_PARTS = Parts({}, {})


def parts(method: Method, train: Cohort, test: Cohort) -> Parts:
    """The parts of a fitted method on both sides."""
    return Parts(method.representations(train.hide_outcomes()), method.representations(test))


def diagnose(
    found: Parts, y: tuple[pd.DataFrame, pd.DataFrame], factors: tuple[pd.DataFrame, pd.DataFrame] | None
) -> dict[str, Any]:
    """What the parts hold: `redundancy` on test, `probes` of the outcomes and of the true `factors`, where these are known; `y` and
    `factors` of train and test. Empty without parts."""
    if not found.train:
        return {}
    said: dict[str, Any] = {"redundancy": redundancy(found.test), "probes": outcome_probes(found.train, found.test, *y)}
    return said | ({} if factors is None else {"factors": factor_probes(found.train, found.test, *factors)})

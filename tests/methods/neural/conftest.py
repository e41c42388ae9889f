from collections.abc import Callable

import numpy as np
import pytest
import torch

from datasets import Cohort
from methods import Method, Run, registry
from tests.methods.neural.cohorts import make

METHODS = (
    "single_task",
    "hard_sharing",
    "mmoe",
    "ple",
    "pcgrad",
    "orthtd",
    "static_weights",
    "uncertainty",
    "dwa",
    "gradnorm",
    "famo",
    "stch",
    "gradvac",
    "ple+pcgrad",
    "ple+cagrad",
    "ple+famo",
    "mmoe+gradnorm",
)
SHARINGS = (
    "single_task",
    "hard_sharing",
    "cross_stitch",
    "mmoe",
    "ple",
    "orthtd",
    "orthtd_none",
    "orthtd_projection",
    "orthtd_covariance",
    "orthtd_tasks",
    "orthtd_shared_only",
    "orthtd_specific_only",
)
SMALL = {"d": 32, "width": 32, "layers": 1, "lr": 5e-3, "epochs": 15}


@pytest.fixture(autouse=True)
def _fixed_generator() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def planted() -> tuple[Cohort, Cohort, Cohort]:
    """Train, valid, test."""
    whole = make(1000, unknown=0.1)
    return whole.take(np.arange(600)), whole.take(np.arange(600, 800)), whole.take(np.arange(800, 1000))


@pytest.fixture(scope="session")
def fitted(planted: tuple[Cohort, Cohort, Cohort]) -> Callable[[str], Method]:
    """A small network of a method, fitted once a session."""
    kept: dict[str, Method] = {}

    def fit(name: str) -> Method:
        if name not in kept:
            kept[name] = registry.build(name, **SMALL).fit(planted[0], planted[1], Run(seed=1))
        return kept[name]

    return fit

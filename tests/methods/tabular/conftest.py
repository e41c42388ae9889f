from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from datasets import Card, Cohort, Series
from methods import Method, registry

APART = ("logistic", "xgboost", "lightgbm", "catboost")
SHARED = ("xgboost_multi", "catboost_multi")
# The default penalty of logistic regression is for thousands of cases.
LIGHT = {"C": 1.0}
FEW_ROUNDS = {"rounds": 60, "patience": 15, "learning_rate": 0.1}


def make(n: int = 500, seed: int = 0) -> Cohort:
    """All modalities. `kidney` follows a number and a word, `icu` a category and the slope of a channel, `noise` nothing;
    `kidney` is unknown for a third."""
    rng = np.random.default_rng(seed)
    x, kind, word = rng.normal(size=n), rng.choice(["u", "v", "w"], n), rng.choice(["stable", "septic"], n)
    slope = rng.normal(size=n)
    values = (slope[:, None, None] * np.arange(4.0)[None, :, None] + 0.3 * rng.normal(size=(n, 4, 1))).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    kidney = (x + 2 * (word == "septic") - 1 + 0.3 * rng.normal(size=n) > 0.8).astype(np.float32)
    kidney[rng.random(n) < 1 / 3] = np.nan
    tabular = pd.DataFrame(
        {'x[<,{"': x.astype(np.float32), "kind": pd.Categorical(kind), "z": rng.normal(size=n).astype(np.float32)}
    )
    tabular.iloc[rng.random(n) < 0.1, 0] = np.nan
    return Cohort(
        card=Card("planted", "", "", "", "", "", {}),
        patient=np.arange(n),
        outcomes=pd.DataFrame(
            {
                "kidney": kidney,
                "icu": (2 * (kind == "u") + slope > 1.5).astype(np.float32),
                "noise": (rng.random(n) < 0.3).astype(np.float32),
            }
        ),
        tabular=tabular,
        text=pd.DataFrame({"note": [f"patient is {w} after surgery" for w in word]}),
        series=Series(values, ("map",), ("mmHg",), np.arange(4.0)),
    )


@pytest.fixture(scope="session")
def planted() -> tuple[Cohort, Cohort, Cohort]:
    """Train, valid, test."""
    whole = make(1000)
    return whole.take(np.arange(500)), whole.take(np.arange(500, 700)), whole.take(np.arange(700, 1000))


def _builder(name: str) -> Callable[..., Method]:
    return lambda **params: registry.build(name, **((LIGHT if name == "logistic" else FEW_ROUNDS) | params))


@pytest.fixture(params=APART + SHARED)
def build(request: pytest.FixtureRequest) -> Callable[..., Method]:
    """Builds the method under test, trees with few rounds."""
    return _builder(request.param)


@pytest.fixture(params=APART)
def apart(request: pytest.FixtureRequest) -> Callable[..., Method]:
    """Builds one of the methods that fit each outcome on its own."""
    return _builder(request.param)


@pytest.fixture(params=APART[1:] + SHARED)
def trees(request: pytest.FixtureRequest) -> Callable[..., Method]:
    """Builds one of the boosted trees, with few rounds."""
    return _builder(request.param)

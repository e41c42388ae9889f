"""Every registered method, and a few compositions, keep the contract: the checks of `check method`, at small settings."""

from typing import Any

import pytest

from methods import registry
from methods.contract.checks import CHECKS, Check, check_method

COMPOSED = ("ple+pcgrad", "mmoe+static_weights", "cross_stitch+uncertainty", "orthtd+dwa")
# For methods of the registry whose constructors take them.
SETTINGS = {
    "d": 32,
    "width": 32,
    "layers": 1,
    "lr": 5e-3,
    "epochs": 8,
    "batch_size": 32,
    "rounds": 60,
    "learning_rate": 0.1,
    # The default penalty of logistic regression is for thousands of cases.
    "C": 1.0,
}
BRIEF = {"epochs": 1, "batch_size": 128, "rounds": 10}
OURS = [name for name, entry in registry.entries().items() if entry.sources[0].startswith("methods.")]
# Checks of further fits, of all methods in `make soak`, and in `make test` of those that differ most in what they read and how.
LONG = ("shuffled outcomes", "valid inputs")
IN_SHORT = ("logistic", "xgboost", "lightgbm", "catboost", "hard_sharing")
# What the methods prepare from the same cases.
SHARED: dict[Any, Any] = {}


def keeps(name: str, checks: list[Check]) -> None:
    entry = registry.entry(name)
    if why := entry.absent():
        pytest.skip(why)
    known = entry.build().get_params()
    settings, brief = ({key: value for key, value in some.items() if key in known} for some in (SETTINGS, BRIEF))
    results = check_method(entry, settings=settings, brief=brief, shared=SHARED, checks=checks)
    assert [f"{result.check.name}: {result.why}" for result in results if result.state == "broken"] == []
    if entry.family == "neural":
        assert {result.check.name for result in results if result.state == "skipped"} == set()


@pytest.mark.parametrize("name", [*OURS, *COMPOSED])
def test_a_method_keeps_the_contract(name: str) -> None:
    keeps(name, [check for check in CHECKS if name in IN_SHORT or check.name not in LONG])


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted({*OURS, *COMPOSED} - set(IN_SHORT)))
def test_a_method_learns_from_train_alone(name: str) -> None:
    needed = {"parameters", "fit", "probabilities", "same seed", "valid for stopping"}
    keeps(name, [check for check in CHECKS if check.name in needed or check.name in LONG])

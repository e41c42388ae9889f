from typing import Any

import numpy as np
import pytest

from datasets import Cohort, Refused
from methods import Method, registry
from methods.base import Run


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of the test's own, so that none of its methods stays behind."""
    registry.entries()
    monkeypatch.setattr(registry, "_ENTRIES", dict(registry._ENTRIES))


class Constant(Method):
    """The same probability for everybody.

    Not for use.
    """

    def __init__(self, p: float = 0.5, q: float = 0.1) -> None:
        self.p = p
        self.q = q

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> "Constant":
        return self

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        return np.full((len(cohort), 1), self.p)


def test_a_registered_method_is_found_and_built_by_name() -> None:
    assert registry.register("constant", modalities=("text",), per_outcome=True)(Constant) is Constant
    entry = registry.entry("constant")
    assert (entry.family, entry.modalities, entry.per_outcome, entry.twin) == ("other", ("text",), True, None)
    assert entry.summary == "The same probability for everybody."
    assert entry.sources == (__name__,)
    assert registry.build("constant", p=0.2).get_params() == {"p": 0.2, "q": 0.1}


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("logistic", {}, "'logistic' is registered twice"),
        ("../up", {}, "allowed are letters"),
        ("a b", {}, "allowed are letters"),
        ("größe", {}, "allowed are letters"),
        ("a+b", {}, "allowed are letters"),
        ("", {}, "allowed are letters"),
        ("ok", {"family": "tree"}, "family 'tree' is not known"),
        ("ok", {"modalities": ("tables",)}, "modality 'tables' is not known"),
    ],
)
def test_a_wrong_registration_is_refused(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        registry.register(name, **options)(Constant)
    assert set(registry.entries()) == set(registry._ENTRIES)
    assert name == "logistic" or name not in registry._ENTRIES


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refused, match="Did you mean 'lightgbm'"):
        registry.entry("lightgmb")


def test_core_methods_come_first_in_their_order() -> None:
    registry.register("aaa")(Constant)
    names = list(registry.entries())
    core = [name for name in registry.CORE if name in names]
    assert names[: len(core)] == core
    assert "aaa" in names[len(core) :]


@pytest.mark.parametrize("name", ["logistic", "xgboost", "lightgbm", "catboost"])
def test_tabular_methods_stand_in_the_registry(name: str) -> None:
    entry = registry.entry(name)
    assert (entry.family, entry.per_outcome) == ("tabular", True)
    assert entry.modalities == ("tabular", "text", "series")
    assert entry.summary


def test_parameters_are_set_by_name_and_an_unknown_one_is_refused() -> None:
    assert Constant().set_params(q=0.3).get_params() == {"p": 0.5, "q": 0.3}
    with pytest.raises(Refused, match=r"Constant has no parameter 'r'. Allowed: p, q"):
        Constant().set_params(r=1)


def test_a_method_without_a_constructor_has_no_parameters() -> None:
    class Bare(Method):
        def fit(self, train, valid, run=None):
            return self

        def predict_proba(self, cohort):
            return np.zeros((len(cohort), 1))

    assert Bare().get_params() == {}

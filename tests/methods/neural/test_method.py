"""Parameters, search spaces, names and compositions."""

from dataclasses import fields

import optuna
import pytest
import torch

from datasets import Refused
from methods import registry
from methods.neural.balancing.base import BALANCINGS
from methods.neural.compose import composed
from methods.neural.settings import Settings
from methods.neural.sharing.base import SHARINGS, Shared, Sharing, sharing
from tests.methods.neural.conftest import METHODS

COMMON = {field.name for field in fields(Settings)}


def distributions(name: str) -> dict[str, optuna.distributions.BaseDistribution]:
    trial = optuna.create_study().ask()
    registry.build(name).space(trial, 3)
    return trial.distributions


@pytest.mark.parametrize("name", METHODS)
def test_every_suggested_name_has_a_default_that_lies_in_its_range(name: str) -> None:
    method = registry.build(name)
    defaults = method.defaults(3)
    for suggested, distribution in distributions(name).items():
        assert distribution._contains(distribution.to_internal_repr(defaults[suggested]))
    settings = method.space(optuna.trial.FixedTrial(defaults), 3)
    assert {key: value for key, value in settings.items() if key in distributions(name)}.items() <= defaults.items()
    assert registry.build(name, **settings).get_params() == method.get_params() | settings
    # Only parameters by outcome have other names for the sampler than for the constructor.
    by_outcome = BALANCINGS.get(method.get_params()["balancing"]).by_outcome
    assert set(settings) - set(distributions(name)) == set(by_outcome)


@pytest.mark.parametrize("name", METHODS)
def test_the_backbone_and_the_optimiser_have_one_search_space(name: str) -> None:
    found, base = distributions(name), distributions("single_task")
    assert set(base) <= COMMON
    assert {key: found[key] for key in base} == base
    assert not (set(found) - set(base)) & COMMON


@pytest.mark.parametrize("name", METHODS)
def test_parameters_go_in_and_come_out_by_name(name: str) -> None:
    method = registry.build(name, lr=0.003, d=32)
    params = method.get_params()
    assert (params["lr"], params["d"]) == (0.003, 32)
    assert registry.build(name, **params).get_params() == params
    assert method.set_params(lr=0.01).get_params() == params | {"lr": 0.01}


def test_building_a_method_leaves_torchs_generator_alone() -> None:
    before = torch.get_rng_state()
    for name in METHODS:
        registry.build(name)
    assert torch.equal(torch.get_rng_state(), before)


def test_own_parameters_reach_the_sharing() -> None:
    assert registry.build("mmoe", experts=7).get_params()["experts"] == 7
    assert "experts" not in registry.build("hard_sharing").get_params()


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("mmoe", {"expert": 3}, "parameter of mmoe 'expert' is not known. Did you mean 'experts'"),
        ("hard_sharing", {"experts": 3}, "'experts' is not known"),
        ("hard_sharing", {"d": 30}, "multiple of 4"),
        ("hard_sharing", {"epochs": 0}, "from 1 upwards"),
        ("hard_sharing", {"dropout": 1.0}, "dropout = 1.0"),
        ("hard_sharing", {"lr": 0.0}, "lr = 0.0"),
        ("hard_sharing", {"lr": "fast"}, "lr = 'fast': a number"),
        ("mmoe", {"experts": 0}, "experts = 0: at least 1"),
        ("mmoe", {"experts": "many"}, "mmoe with sum"),
        ("ple", {"levels": 0}, "levels = 0"),
        ("orthtd", {"orthogonality": -1.0}, "orthogonality = -1.0"),
        ("mmoe", {"sharing": "ple"}, "fixed to 'mmoe'"),
    ],
)
def test_a_wrong_parameter_is_refused(name: str, params: dict[str, object], said: str) -> None:
    with pytest.raises(Refused, match=said):
        registry.build(name, **params)


@pytest.mark.parametrize("name", METHODS)
def test_the_registry_knows_family_twin_and_sources(name: str) -> None:
    entry = registry.entry(name)
    assert (entry.name, entry.family, entry.per_outcome) == (name, "neural", False)
    assert entry.twin == (None if name == "single_task" else "single_task")
    assert entry.summary
    assert entry.effort > 0
    assert "methods.neural.method" in entry.sources
    assert len(entry.sources) == 3


def test_a_composition_takes_its_parts() -> None:
    entry = registry.entry("ple+pcgrad")
    assert entry.sources[1:] == ("methods.neural.sharing.ple", "methods.neural.balancing.pcgrad")
    params = entry.build(levels=1).get_params()
    assert (params["sharing"], params["balancing"], params["levels"]) == ("ple", "pcgrad", 1)


def test_hard_sharing_with_a_balancing_bears_the_balancings_name() -> None:
    assert composed("hard_sharing", "pcgrad") is registry.entry("pcgrad")
    assert composed("mmoe", "sum") is registry.entry("mmoe")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("single_task+pcgrad", "shares nothing"),
        ("plee+pcgrad", "sharing 'plee' is not known. Did you mean 'ple'"),
        ("ple+pcgrab", "balancing 'pcgrab' is not known. Did you mean 'pcgrad'"),
    ],
)
def test_a_composition_that_makes_no_sense_is_refused(name: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        registry.entry(name)


def test_a_sharing_whose_parameter_has_a_common_name_is_refused() -> None:
    with pytest.raises(Refused, match="parameter 'lr'"):

        @sharing("greedy")
        class Greedy(Sharing):
            def __init__(self, d: int, outcomes: int, width: int = 64, lr: float = 0.1) -> None:
                super().__init__(width)

            def forward(self, h: object) -> Shared:
                raise NotImplementedError

    assert "greedy" not in SHARINGS._known


def test_a_name_is_taken_once() -> None:
    with pytest.raises(Refused, match="registered twice"):
        sharing("mmoe")(SHARINGS.get("mmoe"))

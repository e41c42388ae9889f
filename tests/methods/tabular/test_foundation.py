"""TabPFN and TabICL through their packages, with small checkpoints made here."""

import hashlib
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
import torch

from bench.protocol.labels import MethodLabel
from bench.protocol.select import absent, expand
from datasets import Cohort, Refused
from methods import Method, Run, registry
from methods.tabular.in_context import drawn
from methods.tabular.tabicl import ordered
from tests.methods.tabular import tiny_checkpoints
from tests.methods.tabular.conftest import make

NAMES = ("tabpfn", "tabicl")
VARIABLES = {name: f"CLINICAL_MTL_{name.upper()}_WEIGHTS" for name in NAMES}
Build = Callable[..., Method]


@pytest.fixture(autouse=True)
def _no_network_and_nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a test went to the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("weights")
    return {
        "tabpfn": tiny_checkpoints.tabpfn(folder / "tabpfn.ckpt"),
        "tabpfn-3.5": tiny_checkpoints.tabpfn(folder / "tabpfn-v3.5-tiny.safetensors", "tabpfn_v3_5"),
        "tabicl": tiny_checkpoints.tabicl(folder / "tabicl.ckpt"),
    }


@pytest.fixture(params=("tabpfn", "tabpfn-3.5", "tabicl"))
def build(request: pytest.FixtureRequest, checkpoints: dict[str, Path]) -> Build:
    """Builds the method under test on its small checkpoint."""
    weights = str(checkpoints[request.param])
    return lambda **params: registry.build(request.param.split("-")[0], **({"weights": weights, "n_estimators": 2} | params))


@pytest.fixture(scope="session")
def small() -> tuple[Cohort, Cohort, Cohort]:
    """Train, valid, test of one outcome that is unknown for a third."""
    whole = make(220).only("kidney")
    return whole.take(np.arange(120)), whole.take(np.arange(120, 180)), whole.take(np.arange(180, 220)).hide_outcomes()


def test_a_checkpoint_named_by_its_path_is_fitted_and_predicts(build: Build, small: tuple[Cohort, Cohort, Cohort]) -> None:
    train, valid, test = small
    before = torch.get_rng_state()
    logged: list[Any] = []
    method = build().fit(train, valid, Run(seed=3, log=logged.append))
    p = method.predict_proba(test)
    assert (p.shape, p.dtype) == ((40, 1), np.float64)
    assert ((p >= 0) & (p <= 1)).all()
    assert np.ptp(p) > 0
    assert torch.equal(torch.get_rng_state(), before)
    known = int(train.outcomes["kidney"].notna().sum())
    assert [(line["cases"], line["of"]) for line in logged] == [(known, known)]
    weights = Path(str(method.get_params()["weights"]))
    assert logged[0]["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert method.size() == 0
    assert method.predict_proba(test.take([])).shape == (0, 1)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(build: Build, small: tuple[Cohort, Cohort, Cohort]) -> None:
    train, valid, test = small
    first, second, other = (build().fit(train, valid, Run(seed=seed)).predict_proba(test) for seed in (3, 3, 2**31 - 1))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_a_prediction_does_not_depend_on_the_other_cases(build: Build, small: tuple[Cohort, Cohort, Cohort]) -> None:
    train, valid, test = small
    assert test.tabular is not None
    # A case whose numbers are all missing: alone in a call, its columns are missing for every case of it.
    table = test.tabular.copy()
    table.iloc[5] = np.nan
    odd = replace(test, tabular=table)
    method = build().fit(train, valid)
    whole = method.predict_proba(odd)
    for rows in ([5], [17], [3, 5, 1], list(range(40))[::-1], list(range(40)) * 3):
        np.testing.assert_allclose(method.predict_proba(odd.take(rows)), whole[rows], rtol=0, atol=1e-6)


def test_labels_and_columns_reach_the_network(build: Build, small: tuple[Cohort, Cohort, Cohort]) -> None:
    train, valid, test = small
    method = build().fit(train, valid)
    flipped = build().fit(replace(train, outcomes=1 - train.outcomes), valid)
    p = method.predict_proba(test)
    assert np.abs(p - flipped.predict_proba(test)).max() > 1e-4
    for modality in ("tabular", "text", "series"):
        assert np.abs(method.predict_proba(test.without(modality)) - p).max() > 1e-6
    alike = build().fit(train, valid.take(np.arange(20)))
    np.testing.assert_array_equal(alike.predict_proba(test), p)


def test_cases_without_a_known_outcome_are_not_read(build: Build, small: tuple[Cohort, Cohort, Cohort]) -> None:
    train, valid, test = (side.without("text", "series") for side in small)
    assert train.tabular is not None
    numbers = [name for name in train.tabular if name != "kind"]
    unknown = train.outcomes["kidney"].isna()
    table = train.tabular[numbers].copy()
    sides = [replace(train, tabular=table), replace(train, tabular=table.mask(unknown, table + 7))]
    p = [build().fit(side, valid).predict_proba(test) for side in sides]
    np.testing.assert_array_equal(p[0], p[1])


def test_several_outcomes_are_each_as_if_alone(build: Build) -> None:
    whole = make(120)
    train, valid, test = whole.take(np.arange(70)), whole.take(np.arange(70, 100)), whole.take(np.arange(100, 120)).hide_outcomes()
    together = build().fit(train, valid, Run(seed=1)).predict_proba(test)
    for t, name in enumerate(train.outcome_names):
        alone = build().fit(train.only(name), valid.only(name), Run(seed=1)).predict_proba(test)
        np.testing.assert_array_equal(alone[:, 0], together[:, t])


def test_unmet_categories_empty_notes_and_absent_modalities_are_predicted(
    build: Build, small: tuple[Cohort, Cohort, Cohort]
) -> None:
    train, valid, test = small
    assert test.tabular is not None
    assert test.text is not None
    method = build().fit(train, valid)
    odd = replace(test, tabular=test.tabular.assign(kind=pd.Categorical(["new"] * len(test))), text=test.text.assign(note=""))
    for cohort in (odd, test.without("tabular", "series"), test.without("tabular", "text", "series")):
        p = method.predict_proba(cohort)
        assert np.isfinite(p).all()
        assert p.shape == (len(cohort), 1)


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
def test_an_outcome_of_one_class_is_refused_by_name(build: Build, small: tuple[Cohort, Cohort, Cohort], value: float) -> None:
    train, valid, _ = small
    one = replace(train, outcomes=train.outcomes.assign(kidney=np.float32(value)))
    with pytest.raises(ValueError, match=r"outcome 'kidney': .* in train"):
        build().fit(one, valid)


def test_above_the_packages_number_of_cases_a_draw_is_taken_and_told(tmp_path: Path, small: tuple[Cohort, Cohort, Cohort]) -> None:
    train, valid, test = (side.without("text", "series") for side in small)
    bounded = str(tiny_checkpoints.tabpfn(tmp_path / "bounded.ckpt", MAX_NUMBER_OF_SAMPLES=40))
    open_ = str(tiny_checkpoints.tabpfn(tmp_path / "open.ckpt"))
    logged: list[Any] = []
    run = Run(seed=4, log=logged.append)
    p = registry.build("tabpfn", weights=bounded).fit(train, valid, run).predict_proba(test)
    known = int(train.outcomes["kidney"].notna().sum())
    assert (logged[0]["cases"], logged[0]["of"], logged[0]["most"]) == (40, known, 40)
    # Those that are drawn are read, and nobody else: the others without their outcome predict the same.
    rows = drawn(train.outcomes["kidney"].to_numpy(np.float64), 40, 4)
    outcomes = train.outcomes.where(np.isin(np.arange(len(train)), rows)[:, None])
    alone = registry.build("tabpfn", weights=open_).fit(replace(train, outcomes=outcomes), valid, Run(seed=4))
    np.testing.assert_array_equal(alone.predict_proba(test), p)


def test_more_columns_than_the_package_takes_are_refused(tmp_path: Path, small: tuple[Cohort, Cohort, Cohort]) -> None:
    weights = str(tiny_checkpoints.tabpfn(tmp_path / "narrow.ckpt", MAX_NUMBER_OF_FEATURES=5))
    with pytest.raises(ValueError, match=r"columns; tabpfn takes at most 5\. Take fewer `directions` \(found 64\)"):
        registry.build("tabpfn", weights=weights).fit(small[0], small[1])


def test_the_packages_bound_for_a_processor_is_kept(checkpoints: dict[str, Path]) -> None:
    for name, cases in (("tabpfn", 1000), ("tabpfn-3.5", 5000)):
        method = registry.build("tabpfn", weights=str(checkpoints[name]))
        model = method.classifier(checkpoints[name], Run())
        assert method.limits(model, "cpu")[0] == cases
        assert method.limits(model, "cuda")[0] == 50_000


def test_a_draw_keeps_the_share_of_each_class_and_the_rare() -> None:
    y = np.full(1000, np.nan)
    y[:600], y[600:900] = 0, 1
    rows = drawn(y, 90, 0)
    assert (len(rows), int(y[rows].sum())) == (90, 30)
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, drawn(y, 90, 0))
    assert (rows != drawn(y, 90, 1)).any()
    np.testing.assert_array_equal(drawn(y, 900, 0), np.arange(900))
    rare = np.zeros(1000)
    rare[[3, 500, 999]] = 1
    assert rare[drawn(rare, 50, 0)].sum() == 3
    rare[:40] = 1
    assert rare[drawn(rare, 50, 0)].sum() == 10


def test_members_in_another_order_predict_the_same_bits(checkpoints: dict[str, Path], small: tuple[Cohort, Cohort, Cohort]) -> None:
    train, valid, test = small
    method = registry.build("tabicl", weights=str(checkpoints["tabicl"])).fit(train, valid)
    p = method.predict_proba(test)
    members = method.models[0].ensemble_generator_
    assert list(members.ensemble_configs_) == ["none", "power"]
    for name in ("ensemble_configs_", "feature_shuffles_", "class_shuffles_"):
        setattr(members, name, dict(reversed(list(getattr(members, name).items()))))
    ordered(method.models[0])
    np.testing.assert_array_equal(method.predict_proba(test), p)


@pytest.mark.parametrize("name", NAMES)
def test_weights_that_are_not_there_are_refused_by_name(name: str, tmp_path: Path, small: tuple[Cohort, Cohort, Cohort]) -> None:
    missing = tmp_path / "nowhere.ckpt"
    with pytest.raises(Refused, match=f"{name}: weights = '{missing}': there is no such file. .*{VARIABLES[name]}"):
        registry.build(name, weights=str(missing))
    with pytest.raises(
        Refused, match=f"{name}: no weights are named. Download them from https://huggingface.co/.*{VARIABLES[name]}"
    ):
        registry.build(name).fit(small[0], small[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_that_holds_code_is_not_run(name: str, tmp_path: Path, small: tuple[Cohort, Cohort, Cohort]) -> None:
    marker = tmp_path / "ran"

    class Code:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (marker,)

    torch.save({"config": Code(), "state_dict": {}}, tmp_path / "code.ckpt")
    with pytest.raises(pickle.UnpicklingError, match="weights_only"):
        registry.build(name, weights=str(tmp_path / "code.ckpt")).fit(small[0], small[1])
    assert not marker.exists()


@pytest.mark.parametrize("name", NAMES)
def test_the_environment_names_weights(
    name: str, checkpoints: dict[str, Path], small: tuple[Cohort, Cohort, Cohort], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLES[name], str(checkpoints[name]))
    assert registry.entry(name).absent() is None
    train, valid, test = small
    p = [registry.build(name, **params).fit(train, valid).predict_proba(test) for params in ({}, {"weights": checkpoints[name]})]
    np.testing.assert_array_equal(p[0], p[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_study_may_name_the_weights_and_their_content_is_part_of_the_cell(
    name: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    entry, named = registry.entry(name), tmp_path / checkpoints[name].name
    assert f"weights = '{named}': there is no such file" in str(entry.absent(weights=str(named)))
    named.write_bytes(checkpoints[name].read_bytes())
    label = MethodLabel(label=name, name=name, set={"weights": str(named)})
    assert [found.label for found in expand([label])] == [name]
    first = entry.outside(weights=str(named))
    named.write_bytes(checkpoints[name].read_bytes() + b" ")
    assert first != entry.outside(weights=str(named))
    assert entry.outside(weights="download") == {"weights": "download"}
    assert registry.entry("xgboost").outside(rounds=3) == {}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_is_said_and_what_to_do(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = VARIABLES[name]
    why = registry.entry(name).absent()
    assert why is not None
    assert why.startswith("no weights are named. Download them from https://huggingface.co/")
    assert f"set {variable} to the path of the file; or set it to 'download'" in why
    with pytest.raises(Refused, match=f"method '{name}': no weights are named"):
        expand([MethodLabel(label=name, name=name)])
    assert any(
        f"method '{name}' is left out: no weights are named" in line for line in absent([MethodLabel(label="all", name="all")])
    )

    monkeypatch.setenv(variable, str(tmp_path / "gone.ckpt"))
    assert f"{variable} = '{tmp_path / 'gone.ckpt'}': there is no such file." in str(registry.entry(name).absent())
    monkeypatch.setenv(variable, "download")
    assert registry.entry(name).absent() is None

    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    assert registry.entry(name).absent() == (
        f"the package '{name}' is not installed. Install it with pip install 'clinical-mtl-bench[{name}]'."
    )


def test_asking_what_is_missing_loads_none_of_the_packages() -> None:
    said = (
        "import sys; from methods import registry; [registry.entry(n).absent() for n in ('tabpfn', 'tabicl', 'tabm')];"
        "print([m for m in ('tabpfn', 'tabicl', 'tabm', 'rtdl_revisiting_models', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_the_registry_and_the_search_space(name: str) -> None:
    entry = registry.entry(name)
    assert (entry.family, entry.per_outcome, entry.twin) == ("tabular", True, None)
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    method = registry.build(name)
    asked, defaults = type(method).search_space(trial), method.get_params()
    assert set(asked) == set(trial.distributions) <= set(defaults)
    for suggested, distribution in trial.distributions.items():
        assert distribution._contains(distribution.to_internal_repr(defaults[suggested])), suggested
    assert method.set_params(**asked).get_params() == defaults | asked

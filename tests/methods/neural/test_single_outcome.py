"""Plain fusions and the tuned twin: one network an outcome, of the table and the notes alone, each trained by its own labels."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from datasets import Cohort, Refused
from methods import Method, Run, registry
from methods.neural.balancing.sum import Sum
from methods.neural.encoders.notes import NoteEncoder
from methods.neural.fusion import Fusion
from methods.neural.network import Network, network
from methods.neural.settings import Settings
from methods.neural.sharing.single import SingleTask
from methods.neural.single_outcome.joined import TableAndText
from methods.neural.single_outcome.mlp_text import MLPText
from methods.neural.single_outcome.transformer_text import TransformerText
from methods.neural.tensors import fit_preprocessing, labels
from methods.neural.trainer import Side, predict, train
from methods.scores import auc
from tests.methods.neural.cohorts import FINDINGS, make, without_one_modality
from tests.methods.neural.conftest import SMALL

Split = tuple[Cohort, Cohort, Cohort]
PLAIN: dict[str, type[TableAndText]] = {"mlp_text": MLPText, "transformer_text": TransformerText}
NAMES = tuple(PLAIN)
LONG, SHORT = SMALL | {"epochs": 10}, SMALL | {"epochs": 2}
T = 3


@pytest.fixture(scope="module")
def told() -> Split:
    """Train, valid, test; outcome t follows a category, a number and the t-th finding of the note, and nothing of the series."""
    whole = make(600)
    assert whole.tabular is not None
    assert whole.text is not None
    note, x = whole.text["note"], whole.tabular["x"].fillna(0.0)
    y = {}
    for t in range(T):
        found = note.str.contains(FINDINGS[t]) & ~note.str.contains(f"no {FINDINGS[t]}")
        y[f"o{t}"] = (2 * (whole.tabular["kind"] == "u") + 2.5 * found + x > 2).astype(np.float32)
    whole = replace(whole, outcomes=pd.DataFrame(y))
    return whole.take(np.arange(400)), whole.take(np.arange(400, 500)), whole.take(np.arange(500, 600))


@pytest.fixture(scope="module")
def fitted(told: Split) -> dict[str, Method]:
    return {name: registry.build(name, **LONG).fit(told[0], told[1], Run(seed=1)) for name in NAMES}


def scored(method: Method, cohort: Cohort) -> list[float]:
    y, p = cohort.outcomes.to_numpy(np.float64), method.predict_proba(cohort.hide_outcomes())
    return [auc(y[:, t], p[:, t]) for t in range(y.shape[1])]


def other_series(cohort: Cohort) -> Cohort:
    assert cohort.series is not None
    return replace(cohort, series=replace(cohort.series, values=-3 * cohort.series.values[::-1] + 1))


@pytest.mark.parametrize("name", NAMES)
def test_what_table_and_notes_tell_is_found_and_neither_tells_it_alone(name: str, told: Split, fitted: dict[str, Method]) -> None:
    p = fitted[name].predict_proba(told[2].hide_outcomes())
    assert p.shape == (100, T)
    assert p.dtype == np.float64
    assert ((p >= 0) & (p <= 1)).all()
    assert min(scored(fitted[name], told[2])) >= 0.9
    for modality in ("tabular", "text"):
        train, valid, test = (side.without(modality) for side in told)
        alone = registry.build(name, **LONG).fit(train, valid, Run(seed=1))
        assert 0.6 < np.mean(scored(alone, test)) < 0.9


@pytest.mark.parametrize("name", NAMES)
def test_series_change_nothing(name: str, told: Split) -> None:
    train, valid, test = (side.take(np.arange(100)) for side in told)

    def predicted(train: Cohort, valid: Cohort, test: Cohort) -> np.ndarray:
        return registry.build(name, **SHORT).fit(train, valid, Run(seed=2)).predict_proba(test.hide_outcomes())

    first = predicted(train, valid, test)
    assert np.array_equal(predicted(*(other_series(side) for side in (train, valid, test))), first)
    assert np.array_equal(predicted(*(side.without("series") for side in (train, valid, test))), first)
    assert np.array_equal(predicted(train.without("series"), valid, other_series(test)), first)


@pytest.mark.parametrize("name", NAMES)
def test_cases_and_cohorts_may_lack_a_modality(name: str, told: Split, fitted: dict[str, Method]) -> None:
    test = told[2].hide_outcomes()
    whole = fitted[name].predict_proba(test)
    some = fitted[name].predict_proba(without_one_modality(test))
    assert np.isfinite(some).all()
    assert np.abs(some - whole)[:2].min(axis=1).min() > 0
    np.testing.assert_allclose(some[2:], whole[2:], rtol=0, atol=1e-6)
    for modality in ("tabular", "text"):
        assert np.abs(fitted[name].predict_proba(test.without(modality)) - whole).mean() > 0.01
    nothing = fitted[name].predict_proba(test.without(*test.modalities))
    assert np.ptp(nothing, axis=0).max() < 1e-6
    with pytest.raises(ValueError, match="train holds no input"):
        registry.build(name, **SHORT).fit(told[0].without("tabular", "text"), told[1], Run())


def test_without_a_table_both_read_the_notes_alike(told: Split) -> None:
    train, valid, test = (side.without("tabular") for side in told)
    p = [registry.build(name, **SHORT).fit(train, valid, Run(seed=4)).predict_proba(test) for name in NAMES]
    assert np.array_equal(p[0], p[1])


def read(name: str, cohort: Cohort, **settings: Any) -> tuple[TableAndText, Any]:
    """A backbone of the method in evaluation mode, and the cohort's inputs."""
    preprocessing = fit_preprocessing(cohort.without("series"), {})
    return PLAIN[name](preprocessing, Settings(**({"d": 8} | settings))).eval(), preprocessing.inputs(cohort)


def joined(backbone: TableAndText, tokens: dict[str, Tensor], a: list[Tensor]) -> Tensor:
    h = functional.linear(torch.cat([*a, tokens["text"].flatten(1), tokens["document"].flatten(1)], 1), backbone.W.weight)
    return functional.layer_norm(h + backbone.W.bias, (8,), backbone.norm.weight, backbone.norm.bias)


@pytest.mark.parametrize("layers", [1, 3])
def test_mlp_text_is_its_equation(layers: int, told: Split) -> None:
    backbone, inputs = read("mlp_text", told[1], layers=layers)
    tokens = backbone.tokens(inputs)
    a = tokens["table"].flatten(1)
    assert isinstance(backbone, MLPText)
    weights = dict(backbone.mlp.named_parameters())
    assert len(weights) == 2 * layers
    for n in range(layers):
        a = functional.gelu(a) @ weights[f"{3 * n + 2}.weight"].T + weights[f"{3 * n + 2}.bias"]
    torch.testing.assert_close(backbone(inputs), joined(backbone, tokens, [a]), rtol=0, atol=1e-5)


def test_transformer_text_is_its_equation(told: Split) -> None:
    backbone, inputs = read("transformer_text", told[1], layers=2)
    tokens = backbone.tokens(inputs)
    assert tokens["table"].shape == (100, 4, 8)
    assert isinstance(backbone, TransformerText)
    fusion = backbone.transformer
    assert isinstance(fusion, Fusion)
    x = torch.cat([fusion.token.expand(100, 1, 8), tokens["table"]], dim=1)
    for block in fusion.blocks:
        x = block(x, queries=5)
    a = fusion.norm(x[:, 0])
    torch.testing.assert_close(backbone(inputs), joined(backbone, tokens, [a]), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_an_outcomes_loss_reaches_all_of_its_own_network_and_nothing_of_anothers(name: str, told: Split) -> None:
    cohort = without_one_modality(told[0].take(np.arange(64)))
    preprocessing = fit_preprocessing(cohort.without("series"), {})
    made = network(preprocessing, Settings(d=8, width=8), SingleTask, torch.full((T,), 0.3), PLAIN[name])
    assert made.shared() == []
    for t in range(T):
        made.zero_grad()
        made(preprocessing.inputs(cohort)).logits[:, t].square().sum().backward()
        reached = {key for key, p in made.named_parameters() if p.grad is not None and p.grad.abs().max() > 0}
        own = {id(p) for p in made.specific(t)}
        assert reached == {key for key, p in made.named_parameters() if id(p) in own}
        assert all(f".{t}." in key for key in reached)


def trained(told: Split, name: str, order: tuple[int, ...], start: Network | None = None) -> tuple[Network, np.ndarray]:
    """A network of the outcomes in this order before training, and its logits after. It takes the weights of `start`, whose
    outcomes stand in their own order. Without dropout: masks are drawn in the order of the outcomes."""
    sides = [side.only(*(f"o{t}" for t in order)).take(np.arange(100)) for side in told[:2]]
    settings = Settings(**(SHORT | {"dropout": 0.0}))
    preprocessing = fit_preprocessing(sides[0].without("series"), {})
    made = network(preprocessing, settings, SingleTask, torch.full((T,), 0.3), PLAIN[name])
    if start is not None:
        for place, t in enumerate(order):
            for mine, theirs in zip(parts(made, place), parts(start, t), strict=True):
                mine.load_state_dict(theirs.state_dict())
    before = deepcopy(made)
    both = [Side(preprocessing.inputs(side), labels(side, side.outcome_names)) for side in sides]
    train(made, Sum(T), (both[0], both[1]), sides[0].outcome_names, settings, Run(seed=3))
    return before, predict(made, both[1].inputs, 100).numpy()


def parts(made: Network, outcome: int) -> tuple[nn.Module, ...]:
    assert isinstance(made.sharing, SingleTask)
    return made.backbones[outcome], made.sharing.f[outcome], made.heads[outcome]


@pytest.mark.parametrize("name", NAMES)
def test_permuted_outcomes_with_their_own_first_weights_permute_the_answers(name: str, told: Split) -> None:
    order = (2, 0, 1)
    before, p = trained(told, name, (0, 1, 2))
    _, permuted = trained(told, name, order, before)
    np.testing.assert_allclose(permuted, p[:, order], rtol=0, atol=1e-5)
    assert np.abs(permuted - p).max() > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_an_outcomes_answers_depend_on_no_other_outcomes_labels(name: str, told: Split) -> None:
    train, valid, test = told
    outcomes = train.outcomes.copy()
    outcomes["o1"] = 1 - outcomes["o1"]
    # One epoch, so that the choice of the epoch, which all outcomes share, has nothing to choose.
    p = [
        registry.build(name, **(SHORT | {"epochs": 1})).fit(side, valid, Run(seed=2)).predict_proba(test)
        for side in (train, replace(train, outcomes=outcomes))
    ]
    assert np.array_equal(p[0][:, [0, 2]], p[1][:, [0, 2]])
    assert not np.allclose(p[0][:, 1], p[1][:, 1])


@pytest.mark.parametrize("outcome", ["o0", "o2"])
def test_single_task_tuned_is_single_task_on_one_outcome(outcome: str, planted: Split) -> None:
    train, valid, test = (side.only(outcome).take(np.arange(100)) for side in planted)
    p = [
        registry.build(name, **SHORT).fit(train, valid, Run(seed=5)).predict_proba(test.hide_outcomes())
        for name in ("single_task", "single_task_tuned")
    ]
    assert np.array_equal(p[0], p[1])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tiny BERT and a cache of its own."""
    pytest.importorskip("transformers", reason="the extra [bert] is not installed")
    from methods.text_models.model import forget
    from methods.text_models.named import pinned
    from tests.methods.tiny_models import save

    home = tmp_path_factory.mktemp("bert")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CLINICAL_MTL_CACHE", str(home / "cache"))
        forget()
        yield pinned(f"hf:{save(Path(home) / 'model')}", print)
        forget()


@pytest.mark.parametrize("name", NAMES)
def test_a_text_model_reads_the_notes_and_its_last_layer_is_tuned_for_each_outcome(name: str, told: Split, tiny: str) -> None:
    train, valid, test = (side.take(np.arange(100)) for side in told)
    build = partial(registry.build, name, **SHORT)
    method = build().fit(train, valid, Run(seed=1, text_encoder=tiny))
    p = method.predict_proba(test.hide_outcomes())
    assert np.isfinite(p).all()
    assert not np.allclose(p, method.predict_proba(test.without("text").hide_outcomes()), atol=1e-3)
    assert not np.allclose(p, build().fit(train, valid, Run(seed=1)).predict_proba(test.hide_outcomes()), atol=1e-3)
    encoders = [backbone.text for backbone in method._network.backbones]  # type: ignore[attr-defined]
    assert len(encoders) == T
    assert all(isinstance(encoder, NoteEncoder) for encoder in encoders)
    assert all(delta.abs().max() > 0 for encoder in encoders for delta in encoder.delta if delta.ndim > 1)


@pytest.mark.parametrize("name", [*NAMES, "single_task_tuned"])
def test_what_is_tuned_is_what_is_tuned_in_the_twin(name: str) -> None:
    found = []
    for other in (name, "single_task"):
        trial = optuna.create_study().ask()
        method = registry.build(other)
        method.space(trial, T)
        found.append((trial.distributions, method.defaults(T)))
    assert found[0] == found[1]
    method = registry.build(name, d=32, lr=0.003)
    assert registry.build(name, **method.get_params()).get_params() == method.get_params()
    assert method.set_params(layers=3).get_params()["layers"] == 3
    with pytest.raises(Refused, match="sharing is fixed"):
        registry.build(name, sharing="ple")


def test_the_registry_knows_what_they_read_and_are_compared_with() -> None:
    twin = registry.entry("single_task")
    for name in NAMES:
        entry = registry.entry(name)
        assert (entry.family, entry.group, entry.twin, entry.per_outcome) == ("neural", "single_outcome", None, False)
        assert entry.modalities == ("tabular", "text")
        assert entry.sources == (*twin.sources, f"methods.neural.single_outcome.{name}")
    tuned = registry.entry("single_task_tuned")
    assert (tuned.family, tuned.group, tuned.twin, tuned.per_outcome) == ("neural", "single_outcome", "single_task", True)
    assert tuned.modalities == twin.modalities
    assert tuned.sources == (*twin.sources, "methods.neural.single_outcome.single_task_tuned")

"""Notes through a text model: its last layer alone is tuned, and a case's tokens are its own to the bit."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

pytest.importorskip("transformers", reason="the extra [bert] is not installed")

from datasets import Card, Cohort
from methods import Run, registry
from methods.neural.arithmetic import ARITHMETICS, computed_in
from methods.neural.encoders import notes as encoder_of_notes
from methods.neural.encoders.notes import RATE, NoteEncoder
from methods.neural.encoders.text import MOST_FIELDS, TextEncoder
from methods.neural.inputs.notes import NONE, STEP, NoteInputs
from methods.neural.tensors import fit_preprocessing
from methods.scores import auc, macro
from methods.text_models.model import forget, load
from methods.text_models.named import pinned
from tests.methods.neural.cohorts import make, without_one_modality
from tests.methods.tiny_models import LIKE_BERT, save

SMALL = {"d": 32, "width": 32, "layers": 1, "lr": 5e-3, "epochs": 2}
Cohorts = tuple[Cohort, Cohort, Cohort]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tiny BERT, with a cache that the tests of this file share."""
    home = tmp_path_factory.mktemp("bert")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CLINICAL_MTL_CACHE", str(home / "cache"))
        forget()
        yield pinned(f"hf:{save(home / 'model')}", print)
        forget()


@pytest.fixture(scope="module")
def planted() -> Cohorts:
    """Train, valid, test."""
    whole = make(500, unknown=0.1)
    return whole.take(np.arange(300)), whole.take(np.arange(300, 400)), whole.take(np.arange(400, 500))


def notes(*fields: list[str]) -> Cohort:
    n = len(fields[0])
    outcomes = pd.DataFrame({"o": np.zeros(n, dtype=np.float32)})
    text = pd.DataFrame({f"field{i}": field for i, field in enumerate(fields)})
    return Cohort(Card("c", "", "", "", "", "", {}), np.arange(n), outcomes, text=text)


def read(tiny: str, cohort: Cohort) -> tuple[NoteEncoder, NoteInputs]:
    fitted = fit_preprocessing(cohort, {}, tiny)
    inputs = fitted.inputs(cohort).text
    assert isinstance(inputs, NoteInputs)
    return NoteEncoder(fitted.text, 8), inputs  # type: ignore[arg-type]


def outputs(tiny: str, text: str) -> Tensor:
    """The pretrained last layer's outputs at all word pieces of all chunks of a text."""
    model = load(tiny)
    (chunks,), _ = model.chunks([text])
    return torch.cat([model.outputs(model.states(chunk).half().float()) for chunk in chunks]).clone()


def moved(encoder: NoteEncoder) -> NoteEncoder:
    """The encoder with a last layer that is no longer the pretrained one."""
    with torch.no_grad():
        for delta in encoder.delta:
            delta.normal_(std=0.5)
    return encoder


@pytest.mark.parametrize("kind", LIKE_BERT)
def test_tokens_are_queries_over_the_last_layers_outputs(kind: str, tiny: str, tmp_path: Path) -> None:
    named = pinned(f"hf:{save(tmp_path / kind, kind)}", print)
    long = "no fever today " * 40
    assert len(load(named).chunks([long])[0][0]) == 4
    encoder, inputs = read(named, notes(["fever", long, "", "cough today"], ["no cough", "a", "fever", ""]))
    tokens = encoder(inputs)
    assert tokens.shape == (4, encoder.k, 8)
    assert encoder.k == 4
    for case, field, text in ((0, 0, "fever"), (1, 0, long), (0, 1, "no cough"), (3, 0, "cough today")):
        c = outputs(named, text)
        queries = [2 * field, 2 * field + 1]
        expected = encoder.out((c @ encoder.a[:, queries]).softmax(dim=0).T @ c) + encoder.query[queries]
        torch.testing.assert_close(tokens[case, queries], expected, rtol=0, atol=1e-5)
    assert torch.equal(tokens[2, :2], encoder.absent[:2])
    assert torch.equal(tokens[3, 2:], encoder.absent[2:])


def test_there_are_as_many_tokens_as_of_the_offline_encoder(tiny: str) -> None:
    for fields in (1, 2, 3, MOST_FIELDS, MOST_FIELDS + 2):
        cohort = notes(*[["fever", "no cough"]] * fields)
        offline = fit_preprocessing(cohort, {}).text
        encoder, inputs = read(tiny, cohort)
        assert encoder.k == TextEncoder(offline, 8).k  # type: ignore[arg-type]
        assert encoder(inputs).isfinite().all()


def test_a_cases_tokens_are_the_same_bits_whatever_stands_beside_it(tiny: str) -> None:
    cohort = notes(["fever " * (1 + i % 61) for i in range(90)], ["no cough " * (i % 7) for i in range(90)])
    encoder, inputs = read(tiny, cohort)
    moved(encoder)
    with torch.no_grad():
        whole = encoder(inputs)
        order = torch.randperm(90)
        assert torch.equal(encoder(inputs.rows(order)), whole[order])
        for rows in ([0], [60], [17, 3], [5, 5, 5], list(range(40, 90))):
            assert torch.equal(encoder(inputs.rows(torch.tensor(rows))), whole[rows])
        assert encoder(inputs.rows(torch.tensor([], dtype=torch.long))).shape == (0, 4, 8)


def test_chunks_are_padded_by_their_own_length_alone(tiny: str) -> None:
    _, inputs = read(tiny, notes(["fever " * n for n in (1, 5, 6, 7, 30, 39)]))
    blocks, row = inputs.blocks()
    lengths = [block.states.shape[1] for block in blocks for _ in block.states]
    pieces = [int(n) for block in blocks for n in block.present.sum(dim=1)]
    assert lengths == [-(-n // STEP) * STEP for n in pieces]
    # 39 words leave no room for both special pieces, so that one word goes on in a second chunk.
    assert sorted(pieces) == [3, 3, 7, 8, 9, 32, 40]
    for block in blocks:
        assert not block.states[~block.present].any()
    assert sorted(row.tolist()) == [*range(7), *[7] * 5]
    assert (inputs.chunks[:5, :, 1] == NONE).all()


def test_a_note_that_many_cases_have_is_run_once(tiny: str) -> None:
    encoder, inputs = read(tiny, notes(["fever", "no cough", "fever", ""] * 30, ["no cough"] * 120))
    blocks, row = inputs.blocks()
    assert sum(len(block.states) for block in blocks) == 2
    assert row.view(-1, 2)[:4].tolist() == [[row[0], row[1]], [row[1], row[1]], [row[0], row[1]], [2, row[1]]]
    tokens = moved(encoder)(inputs)
    assert torch.equal(tokens[:4].repeat(30, 1, 1), tokens)
    one = torch.autograd.grad(encoder(inputs.rows(torch.arange(4))).square().sum(), list(encoder.delta))
    all_of_them = torch.autograd.grad(tokens.square().sum(), list(encoder.delta))
    for a, b in zip(one, all_of_them, strict=True):
        torch.testing.assert_close(30 * a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_a_large_batch_keeps_less_and_gives_the_same_gradient(arithmetic: str, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, inputs = read(tiny, notes(["fever " * (1 + i % 30) for i in range(40)]))
    moved(encoder)
    found = []
    for most in (10**9, 0):
        monkeypatch.setattr(encoder_of_notes, "PIECES", most)
        with computed_in(arithmetic, "cpu"):
            tokens = encoder(inputs)
        # Twice, as gradient surgery asks for one gradient an outcome.
        found.append(
            [
                torch.autograd.grad(loss, list(encoder.delta), retain_graph=True)
                for loss in (tokens[:9].sum(), tokens.square().sum())
            ]
        )
    for kept, again in zip(*found, strict=True):
        for a, b in zip(kept, again, strict=True):
            assert torch.equal(a, b)
            assert a.abs().max() > 0 or a.ndim == 1


def test_the_gradient_on_the_last_layer_is_that_of_its_formula(tiny: str) -> None:
    encoder, inputs = read(tiny, notes(["fever " * 45, "no cough"]))
    moved(encoder).double()
    layer = load(tiny).last
    names = [name for name, _ in layer.named_parameters()]
    number = names.index("output.dense.weight")

    def loss(shift: float) -> float:
        with torch.no_grad():
            encoder.delta[number][3, 4] += shift
            value = float(encoder.float()(inputs).square().sum())
            encoder.delta[number][3, 4] -= shift
        return value

    (gradient,) = torch.autograd.grad(encoder.float()(inputs).square().sum(), [encoder.delta[number]])
    assert float(gradient[3, 4]) == pytest.approx((loss(0.5) - loss(-0.5)), rel=0.02)


def trained(name: str, tiny: str, cohorts: Cohorts, **run: Any) -> Any:
    return registry.build(name, **SMALL).fit(*cohorts[:2], Run(seed=3, text_encoder=tiny, **run))


def test_the_last_layer_moves_and_nothing_below_it(tiny: str, planted: Cohorts) -> None:
    model = load(tiny)
    before = {name: weight.clone() for name, weight in [*model.lower.named_parameters(), *model.last.named_parameters()]}
    method = trained("hard_sharing", tiny, planted)
    (backbone,) = method._network.backbones
    last = sum(weight.numel() for weight in model.last.parameters())
    assert sum(delta.numel() for delta in backbone.text.delta) == last
    assert all(delta.abs().max() > 0 for delta in backbone.text.delta)
    # Adam moves a weight by its rate a step at most (a little more in its first steps); these by RATE times that.
    steps = SMALL["epochs"] * 3
    assert max(float((RATE * delta).detach().abs().max()) for delta in backbone.text.delta) < 1.5 * RATE * SMALL["lr"] * steps
    after = [*model.lower.named_parameters(), *model.last.named_parameters()]
    assert all(torch.equal(before[name], weight) for name, weight in after)
    offline = registry.build("hard_sharing", **SMALL).fit(*planted[:2], Run(seed=3))
    assert method.size() - offline.size() > last - 20_000


def test_each_backbone_has_a_last_layer_of_its_own(tiny: str, planted: Cohorts) -> None:
    train, valid, test = planted
    outcomes = train.outcomes.copy()
    outcomes["o1"] = 1 - outcomes["o1"]
    found = [trained("single_task", tiny, (side, valid, test)) for side in (train, replace(train, outcomes=outcomes))]
    for method in found:
        layers = [backbone.text.delta for backbone in method._network.backbones]
        assert len(layers) == 3
        assert len({id(delta[0]) for delta in layers}) == 3
        assert not torch.equal(layers[0][0], layers[1][0])
    p = [method.predict_proba(test.hide_outcomes()) for method in found]
    assert not np.allclose(p[0][:, 1], p[1][:, 1])


@pytest.mark.parametrize("name", ["hard_sharing", "ple+pcgrad"])
def test_the_same_seed_gives_the_same_bits(name: str, tiny: str, planted: Cohorts) -> None:
    test = planted[2].hide_outcomes()
    shared: dict[Any, Any] = {}
    first = trained(name, tiny, planted, shared=shared).predict_proba(test)
    torch.manual_seed(99)
    assert np.array_equal(trained(name, tiny, planted, shared=shared).predict_proba(test), first)
    assert np.array_equal(trained(name, tiny, planted).predict_proba(test), first)
    assert not np.allclose(registry.build(name, **SMALL).fit(*planted[:2], Run(seed=3)).predict_proba(test), first)


@pytest.mark.parametrize("kind", LIKE_BERT)
def test_mixed_arithmetic_is_near_single_and_twice_the_same(kind: str, tiny: str, planted: Cohorts, tmp_path: Path) -> None:
    """The furthest of the four was 0.0045 apart (ELECTRA), of probabilities that vary by 0.03 over the cases."""
    named = pinned(f"hf:{save(tmp_path / kind, kind)}", print)
    test, shared = planted[2].hide_outcomes(), {}
    single, mixed, again = (
        trained("ple+pcgrad", named, planted, shared=shared, arithmetic=arithmetic).predict_proba(test)
        for arithmetic in ("single", "mixed", "mixed")
    )
    assert np.array_equal(mixed, again)
    assert 0 < np.abs(mixed - single).max() < 0.015


def test_predictions_of_a_case_do_not_depend_on_the_others(tiny: str, planted: Cohorts) -> None:
    method, test = trained("mmoe", tiny, planted), planted[2].hide_outcomes()
    whole = method.predict_proba(test)
    for rows in ([17], [99, 0], list(range(50))):
        np.testing.assert_allclose(method.predict_proba(test.take(rows)), whole[rows], rtol=0, atol=1e-6)
    assert np.isfinite(method.predict_proba(without_one_modality(test))).all()
    assert np.isfinite(method.predict_proba(test.without("text"))).all()


def test_what_is_written_in_a_note_is_learned(tiny: str) -> None:
    found = np.random.default_rng(0).random((300, 2)) < 0.4
    texts = [f"{'' if a else 'no '}fever. {'' if b else 'no '}cough" for a, b in found]
    # The encoder alone: a whole network has other ways to read a note.
    encoder, inputs = read(tiny, notes(texts))
    head = torch.nn.Linear(encoder.k * 8, 2)
    optimiser = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], lr=5e-3)
    y = torch.from_numpy(found).float()
    for _ in range(150):
        logits = head(encoder(inputs).flatten(1))
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(logits, y).backward()
        optimiser.step()
    assert macro(auc, found.astype(np.float64), logits.detach().double().numpy()) > 0.95


def test_a_train_without_a_note_needs_no_model(planted: Cohorts) -> None:
    bare = tuple(side.without("text") for side in planted)
    method = registry.build("hard_sharing", **SMALL).fit(*bare[:2], Run(seed=3, text_encoder="hf:/nowhere@sha256:0"))
    offline = registry.build("hard_sharing", **SMALL).fit(*bare[:2], Run(seed=3))
    assert np.array_equal(method.predict_proba(bare[2]), offline.predict_proba(bare[2]))

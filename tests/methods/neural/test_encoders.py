"""Encoders: what is absent gives a learned token, what is padding nothing."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from methods.neural.dropout import Dropout
from methods.neural.encoders.document import DocumentEncoder
from methods.neural.encoders.gather import gathered
from methods.neural.encoders.series import SeriesEncoder
from methods.neural.encoders.table import TableEncoder
from methods.neural.encoders.text import TextEncoder
from methods.neural.encoders.window import window_sum
from methods.neural.fusion import Fusion
from methods.neural.losses import asl, bce, outcome_losses
from methods.neural.tensors import fit_preprocessing
from tests.methods.neural.cohorts import make, without_one_modality

COHORT = without_one_modality(make(30))
FITTED = fit_preprocessing(COHORT, {})
INPUTS = FITTED.inputs(COHORT)


def slow_window(tokens: Tensor, table: Tensor) -> Tensor:
    taps = table.shape[1]
    padded = torch.nn.functional.pad(tokens, (taps // 2, taps // 2)).long()
    return torch.stack([table[padded[:, k : k + tokens.shape[1]], k] for k in range(taps)]).sum(dim=0)


@pytest.mark.parametrize("taps", [1, 3, 5])
def test_the_window_sum_is_a_convolution_in_value_and_gradient(taps: int) -> None:
    tokens = torch.randint(0, 9, (4, 11), dtype=torch.int32)
    table = torch.randn(9, taps, 3, dtype=torch.float64, requires_grad=True)
    fast, slow = window_sum(tokens, table), slow_window(tokens, table)
    torch.testing.assert_close(fast, slow)
    for _ in range(2):
        weight = torch.randn_like(fast)
        (a,) = torch.autograd.grad(fast, table, weight, retain_graph=True)
        (b,) = torch.autograd.grad(slow, table, weight, retain_graph=True)
        torch.testing.assert_close(a[1:], b[1:])


def test_tokens_are_few_and_absent_modalities_have_learned_ones() -> None:
    for encoder, inputs, case in (
        (TableEncoder(FITTED.table, 8), INPUTS.table, 0),
        (TextEncoder(FITTED.text, 8), INPUTS.text, 1),
        (DocumentEncoder(FITTED.document, 8), INPUTS.document, 1),
        (SeriesEncoder(FITTED.series, 8), INPUTS.series, 2),
    ):
        tokens = encoder(inputs)
        assert tokens.shape == (30, *encoder.absent.shape)
        assert 1 <= tokens.shape[1] <= 8
        assert torch.equal(tokens[case], encoder.absent)
        assert not torch.isclose(tokens[5], encoder.absent).any(dim=1).all()


def test_padding_changes_nothing() -> None:
    encoder = TextEncoder(FITTED.text, 8)
    wide = replace(
        INPUTS.text,
        tokens=torch.nn.functional.pad(INPUTS.text.tokens, (0, 9)),
        fields=torch.nn.functional.pad(INPUTS.text.fields, (0, 9)),
    )
    torch.testing.assert_close(encoder(wide), encoder(INPUTS.text), rtol=0, atol=1e-6)


def test_what_queries_gather_and_its_gradient_are_those_of_the_plain_formula() -> None:
    read = torch.rand(5, 9, 3) < 0.7
    read[1] = False
    found = []
    for plain in (True, False):
        torch.manual_seed(3)
        c, a = (
            torch.randn(5, 9, 4, dtype=torch.float64, requires_grad=True),
            torch.randn(4, 3, dtype=torch.float64, requires_grad=True),
        )
        g = (c @ a).masked_fill(~read, -1e9).softmax(1).transpose(1, 2) @ c if plain else gathered(c, a, read)
        found.append((g, *torch.autograd.grad((g * torch.linspace(-1, 2, 60).view(5, 3, 4)).sum(), (c, a))))
    torch.testing.assert_close(found[1], found[0], rtol=1e-12, atol=1e-12)


def test_a_negation_beside_a_word_is_seen() -> None:
    texts = COHORT.text.copy()
    texts.loc[3, "note"], texts.loc[4, "note"] = "no cough. fever", "no fever. cough"
    inputs = FITTED.inputs(replace(COHORT, text=texts)).text
    tokens = TextEncoder(FITTED.text, 8)(inputs)
    assert (tokens[3] - tokens[4]).abs().max() > 1e-3


def test_the_last_block_reads_the_global_token_alone_and_all_tokens_reach_it() -> None:
    fusion = Fusion(8, 2, 0.0)
    tokens = torch.randn(5, 6, 8, requires_grad=True)
    h = fusion(tokens)
    assert h.shape == (5, 8)
    (grad,) = torch.autograd.grad(h.square().sum(), tokens)
    assert (grad.abs().amax(dim=2) > 0).all()
    x = torch.cat([fusion.token.expand(5, 1, -1), tokens], dim=1)
    for block in fusion.blocks:
        x = block(x, queries=x.shape[1])
    torch.testing.assert_close(h, fusion.norm(x[:, 0]), rtol=0, atol=1e-5)


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    dropout, x = Dropout(0.25), torch.ones(400, 501)
    y = dropout(x)
    assert float((y == 0).float().mean()) == pytest.approx(0.25, abs=0.005)
    assert float(y.mean()) == pytest.approx(1.0, abs=0.005)
    # Every byte of a random word serves, the one with the sign too.
    shares = (y.flatten()[:200_000].view(-1, 8) == 0).float().mean(dim=0)
    assert shares.tolist() == pytest.approx([0.25] * 8, abs=0.015)
    assert torch.equal(dropout.eval()(x), x)


def test_losses_are_their_formulas() -> None:
    logits, y = torch.tensor([[1.5, -2.0], [-4.0, 0.3]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    p = torch.sigmoid(logits)
    torch.testing.assert_close(bce(logits, y), -(y * p.log() + (1 - y) * (1 - p).log()))
    p_m = (p - 0.05).clamp(min=0)
    torch.testing.assert_close(asl(logits, y), -(y * (1 - p) * p.log() + (1 - y) * p_m**4 * (1 - p_m).log()))
    assert asl(torch.tensor([[-4.0]]), torch.tensor([[0.0]])) == 0
    assert asl(torch.tensor([[90.0, -90.0]]), torch.tensor([[0.0, 1.0]])).isfinite().all()


def test_an_outcomes_loss_is_the_mean_over_its_known_cases() -> None:
    logits, y = torch.randn(6, 3), torch.randint(0, 2, (6, 3)).float()
    known = torch.tensor([[1, 0, 0]] * 2 + [[1, 1, 0]] * 4).bool()
    found = outcome_losses(bce, logits, y, known)
    torch.testing.assert_close(found[:2], torch.stack([bce(logits, y)[:, 0].mean(), bce(logits, y)[2:, 1].mean()]))
    assert found[2] == 0

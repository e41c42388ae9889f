"""FT-Transformer against its authors' package, fed by hand."""

import numpy as np
import pytest
import torch
from rtdl_revisiting_models import FTTransformer
from torch.nn import functional

from datasets import Cohort, Refused
from methods import Run, registry
from methods.neural.losses import loss_of
from methods.tabular.networks.inputs import known_outcomes, numbers_and_codes
from methods.tabular.networks.trainer import member_losses
from tests.methods.tabular.by_hand import columns_by_hand

Split = tuple[Cohort, Cohort, Cohort]
SMALL = {"d_block": 16, "n_blocks": 2, "epochs": 2, "batch_size": 64}


@pytest.mark.parametrize("compression", [None, 0.25])
def test_outputs_and_gradients_are_those_of_the_authors_package(planted: Split, compression: float | None) -> None:
    train, valid, test = planted
    method = registry.build("ft_transformer", **SMALL, compression=compression).fit(train, valid, Run(seed=2))
    x, codes, sizes = columns_by_hand(train, test, 8)
    authors = FTTransformer(
        n_cont_features=x.shape[1],
        cat_cardinalities=sizes,
        d_out=3,
        n_blocks=2,
        d_block=16,
        attention_n_heads=8,
        attention_dropout=0.0,
        ffn_d_hidden_multiplier=4 / 3,
        ffn_dropout=0.0,
        residual_dropout=0.0,
        linformer_kv_compression_ratio=compression,
        linformer_kv_compression_sharing=None if compression is None else "key-value",
    )
    authors.load_state_dict(method.fitted.state_dict())
    logits = authors(x, codes)
    p = method.predict_proba(test.hide_outcomes())
    np.testing.assert_allclose(p, logits.detach().double().sigmoid().numpy(), rtol=0, atol=1e-5)

    y = torch.tensor(test.outcomes.to_numpy(np.float32))
    sum(
        functional.binary_cross_entropy_with_logits(logits[~y[:, t].isnan(), t], y[~y[:, t].isnan(), t]) for t in range(3)
    ).backward()
    ours = method.fitted.eval()
    ours.zero_grad()
    got = ours(*numbers_and_codes(method.inputs(test), torch.arange(len(test))))[:, None]
    member_losses(loss_of("bce"), got, *known_outcomes(test, test.outcome_names)).sum().backward()
    expected = dict(authors.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name].grad, rtol=0, atol=1e-5, msg=name)


def test_the_authors_say_which_parameters_have_no_weight_decay(planted: Split) -> None:
    method = registry.build("ft_transformer", **SMALL).fit(planted[0].take(np.arange(80)), planted[1])
    decayed, plain = method.groups(method.fitted)
    assert plain["weight_decay"] == 0.0
    assert {id(p) for p in decayed["params"]}.isdisjoint({id(p) for p in plain["params"]})
    assert sum(p.numel() for group in (decayed, plain) for p in group["params"]) == method.size()
    assert id(method.fitted.cont_embeddings.weight) in {id(p) for p in plain["params"]}


def test_the_last_bias_starts_at_the_log_odds(planted: Split) -> None:
    train, valid, _ = planted
    method = registry.build("ft_transformer", **(SMALL | {"epochs": 1, "lr": 1e-12})).fit(train, valid)
    torch.manual_seed(0)
    plain = method.network(method.inputs, 3).backbone.output.linear.bias
    expected = plain.detach() + torch.logit(torch.tensor(train.outcomes.mean().to_numpy()))
    torch.testing.assert_close(method.bias(method.fitted).detach(), expected, rtol=0, atol=1e-5)


def test_a_width_that_the_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(Refused, match="d_block = 20: a multiple of 8"):
        registry.build("ft_transformer", d_block=20)

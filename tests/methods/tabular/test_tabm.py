"""TabM against its authors' package, fed by hand."""

import numpy as np
import torch
from tabm import TabM
from torch.nn import functional

from datasets import Cohort
from methods import Run, registry
from methods.neural.losses import loss_of
from methods.tabular.networks.inputs import known_outcomes, numbers_and_codes
from methods.tabular.networks.trainer import member_losses
from tests.methods.tabular.by_hand import columns_by_hand

Split = tuple[Cohort, Cohort, Cohort]
SMALL = {"d_block": 16, "k": 5, "epochs": 2, "batch_size": 64}


def test_outputs_and_gradients_are_those_of_the_authors_package(planted: Split) -> None:
    train, valid, test = planted
    method = registry.build("tabm", **SMALL).fit(train, valid, Run(seed=2))
    x, codes, sizes = columns_by_hand(train, test, 64)
    authors = TabM(
        n_num_features=x.shape[1],
        cat_cardinalities=sizes,
        d_out=3,
        n_blocks=2,
        d_block=16,
        dropout=0.0,
        activation="ReLU",
        k=5,
        arch_type="tabm",
        start_scaling_init="random-signs",
    )
    authors.load_state_dict(method.fitted.state_dict())
    logits = authors(x, codes)
    p = method.predict_proba(test.hide_outcomes())
    np.testing.assert_allclose(p, logits.detach().double().sigmoid().mean(dim=1).numpy(), rtol=0, atol=1e-5)

    y = torch.tensor(test.outcomes.to_numpy(np.float32))
    known = [~y[:, t].isnan() for t in range(3)]
    each = [
        functional.binary_cross_entropy_with_logits(logits[known[t], member, t], y[known[t], t]) / 5
        for t in range(3)
        for member in range(5)
    ]
    sum(each).backward()
    ours = method.fitted.eval()
    ours.zero_grad()
    got = ours(*numbers_and_codes(method.inputs(test), torch.arange(len(test))))
    member_losses(loss_of("bce"), got, *known_outcomes(test, test.outcome_names)).sum().backward()
    expected = dict(authors.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name].grad, rtol=0, atol=1e-5, msg=name)


def test_the_members_differ_and_the_prediction_is_their_mean_probability(planted: Split) -> None:
    train, valid, test = planted
    method = registry.build("tabm", **SMALL).fit(train, valid)
    with torch.no_grad():
        members = method.fitted.eval()(*numbers_and_codes(method.inputs(test), torch.arange(len(test)))).double().sigmoid()
    assert members.shape == (len(test), 5, 3)
    assert members.std(dim=1).min() > 0
    np.testing.assert_allclose(method.predict_proba(test), members.mean(dim=1).numpy(), rtol=0, atol=1e-6)


def test_every_parameter_is_trained(planted: Split) -> None:
    method = registry.build("tabm", **SMALL).fit(planted[0].take(np.arange(80)), planted[1])
    (group,) = method.groups(method.fitted)
    assert sum(p.numel() for p in group["params"]) == method.size()

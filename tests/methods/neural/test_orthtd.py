"""OrthTD as a plain module in somebody else's network."""

import pytest
import torch
from torch import nn

from datasets import Refused
from methods import OrthTD
from methods.neural.sharing.orthtd import OrthTDSharing


def test_a_stranger_trains_it_in_five_lines() -> None:
    hidden = torch.randn(64, 128)
    y = (hidden[:, :4] > 0).float()
    bce = nn.BCEWithLogitsLoss()

    orthtd = OrthTD(features=128, outcomes=4)
    optimiser = torch.optim.AdamW(orthtd.parameters(), lr=3e-3)
    first = last = 0.0
    for step in range(60):
        logits, penalty = orthtd(hidden)
        loss = bce(logits, y) + penalty
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        first, last = (loss.item() if step == 0 else first), loss.item()
    assert logits.shape == (64, 4)
    assert penalty.shape == ()
    assert first > 0.6
    assert last < 0.1


def test_it_is_the_sharing_with_linear_heads() -> None:
    plain, sharing, h = OrthTD(6, 3, width=5, orthogonality=0.7), OrthTDSharing(6, 3, width=5, orthogonality=0.7), torch.randn(8, 6)
    sharing.decompose.load_state_dict(plain.decompose.state_dict())
    logits, penalty = plain(h)
    shared = sharing(h[:, None])
    for t, head in enumerate(plain.heads):
        assert torch.equal(logits[:, t], head(shared.z[:, t])[:, 0])
    assert torch.equal(penalty, shared.aux)


def test_its_parts_are_made_in_the_order_of_the_benchmarks_own() -> None:
    torch.manual_seed(5)
    plain = OrthTD(6, 3, width=5)
    torch.manual_seed(5)
    sharing = OrthTDSharing(6, 3, width=5)
    named = dict(plain.decompose.named_parameters())
    assert list(named) == [key for key, _ in sharing.decompose.named_parameters()]
    assert all(torch.equal(p, named[key]) for key, p in sharing.decompose.named_parameters())


def test_a_lambda_below_zero_is_refused() -> None:
    with pytest.raises(Refused, match=r"orthogonality = -0\.1"):
        OrthTD(6, 3, orthogonality=-0.1)

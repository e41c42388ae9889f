"""Stopping: worked by hand."""

import pytest
import torch
from torch import nn

from methods.neural.stopping import Stopping


def told(aucs: list[float], patience: int) -> tuple[list[float], float]:
    """Values until training ends, and the weight that is kept: the number of its epoch."""
    network = nn.Linear(1, 1, bias=False)
    stopping, values = Stopping(network, patience), []
    for epoch, auc in enumerate(aucs):
        nn.init.constant_(network.weight, float(epoch))
        values.append(stopping.value(auc))
        if stopping.over(values[-1]):
            break
    stopping.restore()
    return values, network.weight.item()


def test_an_epoch_counts_with_the_two_before() -> None:
    values, kept = told([0.5, 0.7, 0.6, 0.8, 0.7, 0.0], patience=9)
    assert values == pytest.approx([0.5, 0.6, 0.6, 0.7, 0.7, 0.5])
    # The fifth is as good as the fourth, which came first.
    assert kept == 3


def test_training_ends_after_patience_epochs_without_a_better_one() -> None:
    assert len(told([0.9, 0.5, 0.5, 0.5, 0.5, 0.5], patience=2)[0]) == 3
    assert len(told([0.5, 0.6, 0.7, 0.8, 0.9, 1.0], patience=1)[0]) == 6


def test_the_weights_that_are_kept_do_not_go_on_changing() -> None:
    network = nn.Linear(2, 1)
    stopping, before = Stopping(network, 3), network.weight.detach().clone()
    stopping.over(stopping.value(0.9))
    nn.init.zeros_(network.weight)
    stopping.restore()
    assert torch.equal(network.weight, before)

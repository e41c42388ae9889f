"""Steps: our trainer and the plain loops train the same network to the same weights; what is timed is one step after another."""

from collections.abc import Callable

import pytest
import torch

from bench.speed import plain
from bench.speed.step import pair
from bench.speed.subject import Subject, mlp
from bench.speed.turns import in_turns
from methods.neural.losses import bce, outcome_losses

STEPS, WARM_UP = 12, 2


def losses(subject: Subject, made: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        logits = made(subject.inputs.rows(torch.arange(256))).logits
    return outcome_losses(bce, logits, subject.labels.y[:256], subject.labels.known[:256])


# With two outcomes the order in which PCGrad projects, which is drawn at random, makes no difference.
@pytest.mark.parametrize(
    ("balancing", "bare", "outcomes"), [("sum", plain.summed, 4), ("pcgrad", plain.pcgrad, 2)], ids=["summed", "pcgrad"]
)
def test_ours_and_the_plain_loop_train_alike(balancing: str, bare: Callable[..., None], outcomes: int) -> None:
    """Without decay, and over so many epochs that the cosine schedule has not begun to fall."""
    subject = mlp(STEPS + WARM_UP + 1, outcomes)
    networks = subject.copied(), subject.copied()
    seconds = pair(subject, networks, balancing, bare, STEPS, WARM_UP, weight_decay=0.0, epochs=100_000)
    assert seconds.shape == (2, STEPS)
    assert (seconds > 0).all()
    start, ours, theirs = (losses(subject, one) for one in (subject.network, *networks))
    assert (start - ours).abs().min() > 1e-3
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("bare", [plain.summed, plain.pcgrad])
def test_the_plain_loop_reads_every_head_by_itself(bare: Callable[..., None]) -> None:
    subject = mlp(3)
    made, called = subject.copied(), [0] * 4
    for t, head in enumerate(made.heads):

        def count(*_: object, place: int = t) -> None:
            called[place] += 1

        head.register_forward_hook(count)
    bare(made, subject.inputs, subject.labels.y, lambda: None)
    assert called == [3] * 4
    rows = subject.inputs.rows(torch.arange(64))
    torch.testing.assert_close(made(rows).logits, plain._logits(made, rows), rtol=0, atol=1e-6)


def test_pcgrad_of_the_plain_loop_is_not_the_sum() -> None:
    subject = mlp(STEPS + WARM_UP + 1, 4)
    networks = subject.copied(), subject.copied()
    pair(subject, networks, "sum", plain.pcgrad, STEPS, WARM_UP, weight_decay=0.0, epochs=100_000)
    ours, theirs = (losses(subject, one) for one in networks)
    assert (ours - theirs).abs().max() > 1e-5


def test_loops_take_turns_step_for_step() -> None:
    told: list[str] = []

    def loop(name: str) -> Callable[[Callable[[], None]], None]:
        def run(between: Callable[[], None]) -> None:
            while True:
                between()
                told.append(name)

        return run

    seconds = in_turns([loop(name) for name in "abc"], steps=5, warm_up=1)
    assert "".join(told) == "abc" * 6
    assert seconds.shape == (3, 5)
    assert (seconds >= 0).all()


def test_what_a_loop_raises_is_raised_and_none_hangs() -> None:
    def broken(between: Callable[[], None]) -> None:
        between()
        raise ZeroDivisionError("in a step")

    def endless(between: Callable[[], None]) -> None:
        while True:
            between()

    with pytest.raises(ZeroDivisionError, match="in a step"):
        in_turns((endless, broken), steps=3)
    with pytest.raises(ZeroDivisionError, match="in a step"):
        in_turns((broken, endless), steps=3)


def test_a_loop_that_ends_too_early_is_no_measurement() -> None:
    def short(between: Callable[[], None]) -> None:
        between()
        between()

    with pytest.raises(RuntimeError, match="ended after 1 steps; 9 were asked for"):
        in_turns((short,), steps=3)

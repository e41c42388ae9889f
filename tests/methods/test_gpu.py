"""On a GPU: what every neural method gives there, twice, and beside the CPU. Skipped where PyTorch finds none."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from bench.running.device import ready
from datasets import Cohort
from methods import Run, registry
from tests.methods.neural.cohorts import make

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU on this machine")

SMALL = {"d": 32, "width": 32, "layers": 1, "epochs": 2}
NEURAL = tuple(name for name, entry in registry.entries().items() if entry.family == "neural" and not entry.absent())
COLUMNS = ("ft_transformer", "tabm")


@pytest.fixture(autouse=True)
def _deterministic() -> Iterator[None]:
    ready("cuda")
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="module")
def sides() -> tuple[Cohort, Cohort, Cohort]:
    whole = make(600, unknown=0.1)
    return whole.take(np.arange(300)), whole.take(np.arange(300, 450)), whole.take(np.arange(450, 600))


def _given(
    name: str, sides: tuple[Cohort, Cohort, Cohort], device: str, arithmetic: str = "single", **params: object
) -> np.ndarray:
    given = {"epochs": 2} if name in COLUMNS else SMALL
    if name == "single_task_tuned":
        sides = tuple(side.only("o0") for side in sides)  # type: ignore[assignment]
    method = registry.build(name, **(given | params)).fit(sides[0], sides[1], Run(seed=1, device=device, arithmetic=arithmetic))
    return method.predict_proba(sides[2].hide_outcomes())


@pytest.mark.parametrize("arithmetic", ["single", "mixed"])
@pytest.mark.parametrize("name", [*NEURAL, *COLUMNS])
def test_the_same_twice(name: str, arithmetic: str, sides: tuple[Cohort, Cohort, Cohort]) -> None:
    first, second = (_given(name, sides, "cuda", arithmetic) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("name", [*NEURAL, *COLUMNS])
def test_near_the_cpu(name: str, sides: tuple[Cohort, Cohort, Cohort]) -> None:
    """Without dropout, whose draws differ, and after one epoch, before rounding grows."""
    params: dict[str, object] = {"epochs": 1} if name in COLUMNS else {"epochs": 1, "dropout": 0.0}
    if name == "ft_transformer":
        params |= {"attention_dropout": 0.0, "ffn_dropout": 0.0}
    if name == "tabm":
        params |= {"dropout": 0.0}
    on_gpu, on_cpu = (_given(name, sides, device, **params) for device in ("cuda", "cpu"))
    assert np.abs(on_gpu - on_cpu).max() < 0.01


@pytest.mark.parametrize("name", [*NEURAL, *COLUMNS])
def test_mixed_is_near_single(name: str, sides: tuple[Cohort, Cohort, Cohort]) -> None:
    """With dropout, whose draws are the same in both; on a CPU the furthest of all was 0.0035 apart."""
    single, mixed = (_given(name, sides, "cuda", arithmetic, epochs=1) for arithmetic in ("single", "mixed"))
    assert np.isfinite(mixed).all()
    assert 0 < np.abs(mixed - single).max() < 0.01

"""The command line on a GPU. Skipped where PyTorch finds none."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU on this machine")
def test_cells_side_by_side_on_one_gpu(tmp_path: Path, bench: Callable) -> None:
    """Two cells at once: done, said to be of the GPU, and the same bits when one is run again."""
    few = "--trials", "1", "--seeds", "1", "--device", "cuda", "--workers", "2"
    bench("run", "quick", "--methods", "hard_sharing,ple+cagrad", *few)
    for method in ("hard_sharing", "ple+cagrad"):
        meta = json.loads((tmp_path / "results/quick/surgical" / method / "fold-0/cell.json").read_text())
        assert meta["computed_on"]["device"] == "cuda"
        assert meta["computed_on"]["gpu"] == meta["versions"]["gpu"] == torch.cuda.get_device_name()
        p = pd.read_parquet(tmp_path / "results/quick/surgical" / method / "fold-0/predictions.parquet")["p"]
        assert p.between(0, 1).all()
    assert torch.cuda.get_device_name() in (tmp_path / "reports/quick/index.md").read_text()
    told = bench("rerun", "results/quick/surgical/ple+cagrad/fold-0").stdout
    assert "Equal" in told


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU on this machine")
def test_mixed_arithmetic_on_a_gpu_and_the_same_bits_again(tmp_path: Path, bench: Callable) -> None:
    few = "--trials", "1", "--seeds", "1", "--device", "cuda", "--workers", "2", "--arithmetic", "mixed"
    bench("run", "quick", "--methods", "orthtd,ple+cagrad", *few)
    folder = tmp_path / "results/quick/surgical/ple+cagrad/fold-0"
    computed = json.loads((folder / "cell.json").read_text())["computed_on"]
    assert (computed["device"], computed["arithmetic"]) == ("cuda", "mixed")
    assert pd.read_parquet(folder / "predictions.parquet")["p"].between(0, 1).all()
    assert "Equal" in bench("rerun", "results/quick/surgical/ple+cagrad/fold-0").stdout


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch finds a GPU on this machine")
@pytest.mark.parametrize("command", [("run", "quick", "--device", "cuda")])
def test_refused_where_there_is_none(command: tuple[str, ...], bench: Callable, tmp_path: Path) -> None:
    told = bench(*command, code=2).stderr
    assert "--device cuda" in told
    assert "finds no GPU" in told
    assert not (tmp_path / "results").exists()

"""list and --help: what there is, told at once."""

import subprocess
import sys

import pytest

from methods.registry import CORE
from tests.cli.conftest import QUICKEST, Bench


def test_list_tells_methods_datasets_and_studies(bench: Bench) -> None:
    methods = bench("list", "methods", "--plugin", str(QUICKEST)).stdout
    assert all(name in methods for name in (*CORE, "most_common"))
    assert all(group in methods for group in ("tabular", "single_outcome", "sharing", "balancing", "variants"))
    assert "[brackets] are no markup" in " ".join(methods.split())
    datasets = bench("list", "datasets").stdout
    assert "surgical" in datasets
    assert "vitaldb" in datasets
    studies = bench("list", "studies").stdout
    assert all(name in studies for name in ("quick", "standard", "paper", "csac", "ablation"))


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["report", "--help"], ["list", "--help"]])
def test_help_loads_neither_torch_nor_a_boosting_library(arguments: list[str]) -> None:
    heavy = {"torch", "xgboost", "lightgbm", "catboost", "sklearn", "pandas", "optuna", "matplotlib"}
    code = (
        "import sys\nfrom bench.cli import app\n"
        f"try: app({arguments!r})\nexcept SystemExit as end: assert not end.code, end.code\n"
        f"loaded = {heavy!r} & set(sys.modules)\nassert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_importing_the_engine_loads_nothing_heavy() -> None:
    code = "import sys, bench, methods, datasets; assert not {'torch', 'pandas', 'sklearn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

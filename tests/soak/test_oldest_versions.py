"""The lowest versions that pyproject.toml permits pass the fast tests, in an environment of their own, which is kept for next time.

PyTorch alone stays at the version that is here: its older builds for the CPU are in no registry, and those for GPUs take gigabytes.
"""

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".oldest"
# What depends most on how other packages behave; the rest of the suite is slow, or of our own arithmetic alone.
TESTED = (
    *("tests/test_house.py", "tests/datasets/test_cohort.py", "tests/datasets/test_cache.py", "tests/datasets/test_folder.py"),
    *(
        "tests/datasets/test_folder_cells.py",
        "tests/datasets/test_folder_files.py",
        "tests/bench/protocol",
        "tests/bench/evaluation",
    ),
    *(
        "tests/bench/running",
        "tests/bench/test_store.py",
        "tests/bench/reporting/test_html.py",
        "tests/bench/reporting/test_tables.py",
    ),
    *("tests/methods/contract", "tests/methods/tabular/test_contract.py", "tests/methods/neural/test_sharing.py"),
    *("tests/methods/neural/test_surgery.py", "tests/cli/test_refusals.py", "tests/cli/test_run.py"),
)
# It asks for half a gigabyte of a library that computers without GPUs have no use for.
WITHOUT_NEEDS = ("xgboost",)


def lowest() -> dict[str, str]:
    """Lowest version by package, of all that is needed at run time and by the tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = {}
    for line in (*project["dependencies"], *project["optional-dependencies"]["test"]):
        requirement = Requirement(line)
        bounds = [bound.version for bound in requirement.specifier if bound.operator == ">="]
        assert bounds, f"{line}: says no lowest version"
        found[requirement.name] = bounds[0]
    return found | {"torch": version("torch")}


def installed(*asked: str) -> None:
    command = [str(HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode and "NewConnectionError" in done.stderr:
        pytest.skip("no registry of packages can be reached")
    assert not done.returncode, done.stderr


@pytest.fixture
def python() -> Path:
    """The Python of an environment with the lowest versions."""
    pins = [f"{name}=={number}" for name, number in lowest().items()]
    mark = HOME / "pins.txt"
    if not mark.is_file() or mark.read_text() != "\n".join(pins):
        shutil.rmtree(HOME, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        bare = [pin for pin in pins if pin.partition("==")[0] in WITHOUT_NEEDS]
        installed(*(pin for pin in pins if pin not in bare))
        installed("--no-deps", *bare)
        installed("--no-deps", "--no-build-isolation", "--editable", ".")
        mark.write_text("\n".join(pins))
    return HOME / "bin" / "python"


@pytest.mark.soak
def test_the_lowest_versions_pass_the_fast_tests(python: Path) -> None:
    told = "import importlib.metadata as m, sys; print(*(m.version(name) for name in sys.argv[1:]))"
    names = [name for name in lowest() if name != "torch"]
    done = subprocess.run([str(python), "-c", told, *names], capture_output=True, text=True, check=True)
    short = {name: number.removesuffix(".0").removesuffix(".0") for name, number in zip(names, done.stdout.split(), strict=True)}
    assert short == {name: lowest()[name].removesuffix(".0").removesuffix(".0") for name in names}
    tests = [str(python), "-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", "not soak", "-p", "no:cacheprovider", *TESTED]
    done = subprocess.run(tests, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:]

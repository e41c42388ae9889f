"""The real command line, in a temporary folder, on small cohorts."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# Seconds after which a command is taken to hang: a multiple of what the longest one takes on a machine full of others.
HANGS = 1200
QUICKEST = Path(__file__).parent / "quickest.py"
SMALL = """
extends = "quick"
methods = ["most_common", "logistic"]
datasets = [{label = "small", name = "surgical", set = {patients = 660}}]

[protocol]
trials = 2
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a user's shell, with a cache that the tests share."""
    shared = tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.getbasetemp()
    return {**os.environ, "CLINICAL_MTL_CACHE": str(shared / "cache"), "COLUMNS": "120"}


def hears_ctrl_c() -> None:
    """For a process before it begins: one started in the background may have inherited deaf ears, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


Bench = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def bench(tmp_path: Path, environment: dict[str, str]) -> Bench:
    """Runs `python -m bench …` in the temporary folder; `code`: the exit code expected, None: any; `variables` go to the shell."""

    def command(*arguments: str, code: int | None = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        run = [sys.executable, "-m", "bench", *arguments]
        shell = {**environment, **variables}
        done = subprocess.run(run, cwd=tmp_path, env=shell, capture_output=True, text=True, timeout=HANGS, check=False)
        assert code in (done.returncode, None), f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return command


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A study of two quick methods on 660 synthetic patients."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path

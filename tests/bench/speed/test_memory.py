"""What workers open of a cohort they share, and a share of memory is told by the system itself."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.speed.memory import share
from bench.speed.scaling.invented import Extent, invented
from datasets import cache
from datasets.cohort import Series

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").is_file(), reason="the system does not tell shares of memory")

CASES, STEPS, CHANNELS = 6_000, 200, 20
MEGABYTES = CASES * STEPS * CHANNELS * 4 / 2**20
OPENED = """
import sys
from pathlib import Path
from datasets import cache
values = cache.read(Path(sys.argv[1])).series.values
if sys.argv[2] == "copied":
    values = values[list(range(len(values)))]
total = float(values.sum()) if sys.argv[2] != "idle" else 0
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def workers(folder: Path, how: str, number: int) -> Iterator[list[int]]:
    """Processes that have opened the cohort and wait."""
    command = [sys.executable, "-c", OPENED, str(folder), how]
    with ExitStack() as running:
        found = [
            running.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)) for _ in range(number)
        ]
        for process in found:
            assert process.stdout is not None
            process.stdout.readline()
        yield [process.pid for process in found]


def test_a_cohort_is_opened_by_several_workers_in_the_memory_of_one(tmp_path: Path) -> None:
    names = tuple(f"c{n}" for n in range(CHANNELS))
    values = np.random.default_rng(0).random((CASES, STEPS, CHANNELS), dtype=np.float32)
    series = Series(values, names, names, np.arange(STEPS, dtype=float))
    cache.write([replace(invented(Extent(CASES)), series=series)], tmp_path / "local")

    def held(how: str) -> float:
        with workers(tmp_path / "local", how, 2) as found:
            return sum(share(process) for process in found)

    idle = held("idle")
    assert 0.8 * MEGABYTES < held("mapped") - idle < 1.5 * MEGABYTES
    # A copy in each would be seen.
    assert held("copied") - idle > 1.9 * MEGABYTES


def test_a_process_that_has_ended_holds_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert share(process.pid) == 0

"""One worker at a cell at a time, in whatever process it is."""

import subprocess
import sys
from pathlib import Path

from bench.place import CellPlace
from bench.running.alone import alone

HOLD = """
import sys
from pathlib import Path
from bench.running.alone import alone
from bench.place import CellPlace
with alone(CellPlace(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])), lambda step: print(step, flush=True)):
    print("held", flush=True)
    sys.stdin.read()
"""


def other(folder: Path, method: str, fold: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", HOLD, str(folder), method, str(fold)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_second_worker_waits_until_the_first_has_ended_even_by_a_kill(tmp_path: Path) -> None:
    first = other(tmp_path, "ple", 0)
    assert first.stdout is not None
    assert first.stdout.readline() == "held\n"
    # Another fold is another cell.
    with alone(CellPlace(tmp_path, "ple", 1), lambda step: None):
        pass
    second = other(tmp_path, "ple", 0)
    assert second.stdout is not None
    assert "waiting for another worker" in second.stdout.readline()
    first.kill()
    assert second.stdout.readline() == "held\n"
    second.communicate("")
    first.communicate()

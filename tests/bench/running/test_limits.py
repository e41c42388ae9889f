"""What a worker's processes hold, told from what the system lists of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.running.executors.limits import _session

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="the system does not list its processes under /proc")

# A session whose child bears a name that is no UTF-8 and holds a bracket.
LEADER = """
import os, sys, time
if (child := os.fork()) == 0:
    with open("/proc/self/comm", "wb") as file:
        file.write(b") 1 \\xff")
    print("named", flush=True)
    time.sleep(600)
time.sleep(600)
"""


def test_a_session_is_its_leader_and_its_children_whatever_they_are_called() -> None:
    leader = subprocess.Popen([sys.executable, "-c", LEADER], stdout=subprocess.PIPE, start_new_session=True)
    assert leader.stdout is not None
    try:
        assert leader.stdout.readline() == b"named\n"
        children = Path(f"/proc/{leader.pid}/task/{leader.pid}/children").read_text().split()
        assert sorted(_session(leader.pid)) == sorted([leader.pid, *map(int, children)])
        assert len(children) == 1
    finally:
        os.killpg(leader.pid, 9)
        leader.communicate()

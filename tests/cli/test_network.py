"""A plain run asks nothing of any network."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Bench

# Read by every Python at its start, in workers too: who would connect or ask for an address is written down and refused.
TRAP = """
import os, socket

def refused(*asked, **_):
    with open(os.environ["ASKED"], "a") as file:
        file.write(repr(asked) + "\\n")
    raise OSError("no network here")

class Socket(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX:
            refused(address)
        return super().connect(address)

    connect_ex = connect

socket.socket = Socket
socket.getaddrinfo = refused
"""
STUDY = """
extends = "quick"
methods = [
    "logistic",
    {label = "network", name = "hard_sharing", set = {d = 16, width = 16, epochs = 1}},
]
datasets = [{label = "small", name = "surgical", set = {patients = 660}}]

[protocol]
trials = 1
"""


def test_a_plain_run_and_its_report_ask_nothing_of_any_network(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "sitecustomize.py").write_text(TRAP)
    asked = tmp_path / "asked.txt"
    shell = {"PYTHONPATH": str(tmp_path / "trap"), "ASKED": str(asked)}
    (tmp_path / "plain.toml").write_text(STUDY)
    bench("run", "plain.toml", **shell)
    assert len(list(tmp_path.glob("results/plain/small/*/fold-0/predictions.parquet"))) == 2
    assert not asked.exists(), asked.read_text()


def test_the_trap_catches_who_asks(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(TRAP)
    asked = tmp_path / "asked.txt"
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        shell = {"PYTHONPATH": str(tmp_path), "ASKED": str(asked)}
        done = subprocess.run([sys.executable, "-c", code], env=shell, capture_output=True, text=True, check=False)
    assert "no network here" in done.stderr
    assert "127.0.0.1" in asked.read_text()

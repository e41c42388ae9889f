"""Ceiling: what two processes that share nothing bring on this machine, whose cores may share caches, or be threads of one."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.running.worker import THREADS

# A bare PyTorch loop; it says how many steps it makes while time lasts.
LOOP = """
import sys, time
import torch
torch.set_num_threads(1)
network = torch.nn.Sequential(torch.nn.Linear(256, 512), torch.nn.ReLU(), torch.nn.Linear(512, 256))
optimiser, x = torch.optim.AdamW(network.parameters()), torch.randn(128, 256)
print("ready", flush=True)
sys.stdin.readline()
end, steps = time.perf_counter() + float(sys.argv[1]), 0
while time.perf_counter() < end:
    optimiser.zero_grad()
    network(x).square().mean().backward()
    optimiser.step()
    steps += 1
print(steps)
"""


def ceiling(seconds: float) -> float:
    """Steps of two bare PyTorch loops at once over those of one, each for so many seconds."""
    return _steps(2, seconds) / _steps(1, seconds)


def _steps(count: int, seconds: float) -> int:
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    command = [sys.executable, "-c", LOOP, str(seconds)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(count)
    ]
    for one in started:
        assert one.stdout is not None
        one.stdout.readline()
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return sum(int(one.communicate()[0]) for one in started)

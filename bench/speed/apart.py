"""Apart: what is measured runs in a process of its own, in the environment that workers have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from bench.speed.measured import ENVIRONMENT

# Signs of an error that are shown.
SHOWN = 200


def told(module: str, *arguments: str) -> Any:
    """JSON content that the process of a module prints; raises RuntimeError with its last words where it fails."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = next(iter(reversed(done.stderr.strip().splitlines())), f"ended with code {done.returncode}")
        raise RuntimeError(last[:SHOWN])
    return json.loads(done.stdout)

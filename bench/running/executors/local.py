"""Local executor: each cell in a process of its own on this machine, with one thread."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

from bench.disk import read_json
from bench.protocol.plan import Cell
from bench.running.executors.base import Outcome
from bench.running.placed import to_json


class Local:
    """Runs cells in worker processes, `slots` at a time."""

    def __init__(self, slots: int, device: str = "cpu") -> None:
        self.slots = slots
        self.device = device
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def submit(self, cell: Cell, progress: Callable[[str], None]) -> Outcome:
        with self._lock:
            if self._stopped:
                return Outcome("stopped")
            # A session of its own: Ctrl-C reaches the supervisor alone, which then ends its workers.
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.running.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
            self._running.add(process)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps({"cell": to_json(cell), "device": self.device}) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                progress("worker ended at its start")
            for line in process.stdout:
                progress(json.loads(line)["step"])
            code = process.wait()
        finally:
            with self._lock:
                self._running.discard(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        return self._outcome(cell, code)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _outcome(self, cell: Cell, code: int) -> Outcome:
        if code == 0:
            return Outcome("done")
        if self._stopped:
            return Outcome("stopped")
        if code == 1 and cell.place.failed.is_file():
            record = read_json(cell.place.failed)
            if record.get("key") == cell.key:
                return Outcome("failed", str(record.get("said") or record["exception"]))
        reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        cell.place.fail({"key": cell.key, "exception": "WorkerDied", "said": f"worker process {reason}", "frames": []})
        return Outcome("failed", f"worker process {reason}")

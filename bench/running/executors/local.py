"""Local executor: each cell in a process of its own on this machine, with one thread."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from bench.protocol.plan import Cell
from bench.running.executors.base import Outcome
from bench.running.executors.limits import Limits, Watch, close, end
from bench.running.placed import to_json


class Local:
    """Runs cells in worker processes, `slots` at a time; `environment`: their variables, those of this process unless given."""

    def __init__(
        self, slots: int, device: str = "cpu", limits: Limits = Limits(), environment: Mapping[str, str] | None = None
    ) -> None:
        self.slots = slots
        self.device = device
        self.limits = limits
        self.environment = environment
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
                env=self.environment,
            )
            self._running.add(process)
        watch, failure = Watch(process, self.limits), None
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps({"cell": to_json(cell), "device": self.device}) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                progress("worker ended at its start")
            for line in process.stdout:
                told = json.loads(line)
                failure = told.get("failed", failure)
                if "step" in told:
                    progress(told["step"])
            code = process.wait()
        finally:
            watch.done()
            end(process)
            with self._lock:
                self._running.discard(process)
            close(process.stdin)
            close(process.stdout)
        if watch.over is not None:
            failure = {"exception": watch.over.limit, "said": watch.over.said, "frames": []}
        return self._outcome(cell, code, failure)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                end(process)

    def _outcome(self, cell: Cell, code: int, failure: dict[str, Any] | None) -> Outcome:
        # A worker that ends right after its last step has done its cell, however it ended.
        if code == 0 or cell.place.status(cell.key) == "done":
            return Outcome("done")
        if self._stopped:
            return Outcome("stopped")
        record = failure or {"exception": "WorkerDied", "said": f"worker process {_ended(code)}", "frames": []}
        reason = str(record["said"] or record["exception"])
        try:
            cell.place.fail({"key": cell.key, **record})
        except OSError as error:
            reason += f"; this could not be written down ({error.strerror})"
        return Outcome("failed", reason)


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    killed = f"killed by {signal.Signals(-code).name}"
    if -code != signal.SIGKILL:
        return killed
    return f"{killed}, as the system does when memory runs out: fewer --workers take less, --memory ends a cell before"

"""Local executor: each cell in a process of its own on this machine, with one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from bench.protocol.plan import Cell
from bench.running.executors.base import Outcome
from bench.running.executors.kept_inputs import KeptInputs
from bench.running.executors.limits import Limits
from bench.running.executors.process import Process, asked, settled


class Local:
    """Runs cells in worker processes, `slots` at a time; `environment`: their variables, those of this process unless given."""

    def __init__(
        self, slots: int, device: str = "cpu", limits: Limits = Limits(), environment: Mapping[str, str] | None = None
    ) -> None:
        self.slots = slots
        self._device, self._limits, self._environment = device, limits, environment
        self._running: set[Process] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._inputs: KeptInputs | None = None

    def submit(self, cell: Cell, progress: Callable[[str], None]) -> Outcome:
        with self._lock:
            if self._stopped:
                return Outcome("stopped")
            process = Process(asked(cell, self._device, self._limits) | self._kept(), self._environment)
            self._running.add(process)
        progress("starting")
        try:
            for step in process.steps():
                progress(step)
        finally:
            with self._lock:
                self._running.discard(process)
                if self._inputs is not None:
                    self._inputs.trim()
        return settled(cell, process.ending, self._stopped)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.end()

    def close(self) -> None:
        if self._inputs is not None:
            self._inputs.remove()

    def _kept(self) -> dict[str, str]:
        """Where its workers keep inputs, as they are told it; nowhere where they have an environment of their own."""
        if self._inputs is None and self._environment is None:
            self._inputs = KeptInputs()
        return {} if self._inputs is None or self._inputs.folder is None else {"inputs": str(self._inputs.folder)}

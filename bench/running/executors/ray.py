"""Ray executor: each cell as a task of a Ray cluster, with one CPU and a share of a GPU; begun again where its machine is lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

from bench.protocol.plan import Cell
from bench.running.executors.base import Outcome
from bench.running.executors.elsewhere import run_here, settled_elsewhere
from bench.running.executors.limits import Limits
from bench.running.executors.process import Ending, asked, failure
from datasets.errors import Refused

# How often a cell is begun again after its machine was lost.
RETRIES = 3
# Bytes of the object store of a cluster started here: only lines of text pass through it.
STORE = 100 * 1024**2


class Ray:
    """Places cells on the cluster at `address`, or on one started here, with as many CPUs as `slots`, where there is none."""

    def __init__(
        self, slots: int, device: str = "cpu", limits: Limits = Limits(), address: str | None = None, gpus: float = 1.0
    ) -> None:
        # Ray would else report to its makers that it is used.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        self.slots = slots
        self._ray: Any = ray
        self._device, self._limits = device, limits
        here = {"num_cpus": slots, "object_store_memory": STORE, "include_dashboard": False}
        try:
            self._ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **({} if address else here))
        # Ray says some of it by bare exceptions.
        except Exception as error:
            told = (str(error).splitlines() or [type(error).__name__])[0]
            where = f"joined at --cluster address={address}" if address else "started here"
            raise Refused(f"--executor ray: no cluster could be {where} ({told}).") from error
        share = gpus if device == "cuda" else 0
        if share and address is None and not self._ray.cluster_resources().get("GPU"):
            ray.shutdown()
            raise Refused("--device cuda: Ray found no GPU on this machine. Give --cluster address=… of a cluster that has some.")
        # Retries are ours: what was lost is said, and a cell that takes all the memory of a machine is not begun for ever.
        self._place: Any = ray.remote(num_cpus=1, num_gpus=share, max_retries=0, num_returns="streaming")(run_here)
        self._running: set[Any] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def submit(self, cell: Cell, progress: Callable[[str], None]) -> Outcome:
        content, lost = asked(cell, self._device, self._limits), ""
        for _ in range(1 + RETRIES):
            try:
                for told in self._told(content):
                    if "ended" in told:
                        return settled_elsewhere(cell, Ending(**told["ended"]), self._stopped)
                    progress(told["step"])
            except self._ray.exceptions.OutOfMemoryError:
                said = "ended by Ray as its machine ran out of memory: fewer --workers leave more to each"
                return self._dead(cell, "MachineOutOfMemory", said)
            except self._ray.exceptions.RayTaskError as error:
                return self._dead(cell, type(error.cause).__name__, "could not be started on its machine")
            except self._ray.exceptions.RayError as error:
                lost = type(error).__name__
            if self._stopped:
                return Outcome("stopped")
            progress("its machine was lost: waiting for another")
        return self._dead(cell, "MachineLost", f"lost its machine {1 + RETRIES} times (Ray: {lost})")

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for task in self._running:
                # Its process is killed, and the worker ends with it.
                self._ray.cancel(task, force=True)

    def close(self) -> None:
        """Leaves the cluster; ends one that was started here."""
        self._ray.shutdown()

    def _told(self, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
        with self._lock:
            if self._stopped:
                return
            task = self._place.remote(content)
            self._running.add(task)
        try:
            for line in task:
                yield self._ray.get(line)
        finally:
            with self._lock:
                self._running.discard(task)

    def _dead(self, cell: Cell, exception: str, said: str) -> Outcome:
        return settled_elsewhere(cell, Ending(1, failure(exception, said)), self._stopped)

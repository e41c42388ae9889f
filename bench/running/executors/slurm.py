"""Slurm executor: cells as jobs of an array, handed over by submitit.

submitit passes functions to jobs, and their results back, as pickles. They lie in a folder of their own beside the results, which
only its owner can enter and which is removed after the run; what a cell says comes back as lines of JSON, and this process loads no
pickle at all.
"""

from __future__ import annotations

import itertools
import math
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from bench.disk import read_lines, write_json
from bench.protocol.plan import Cell
from bench.running.executors.base import Outcome
from bench.running.executors.elsewhere import MOST, settled_elsewhere
from bench.running.executors.job import run_job
from bench.running.executors.limits import Limits
from bench.running.executors.process import Ending, asked, failure
from datasets.errors import Refused

# Seconds: in which cells gather to one array; between two looks at a job's lines; between two questions to Slurm about all jobs;
# that cancelled jobs have to end.
GATHER, LOOK, ASK, LEAVE = 2.0, 1.0, 30.0, 15.0


class Slurm:
    """Hands cells to Slurm, or to processes of this machine as submitit starts them (`queue` = "local")."""

    def __init__(
        self,
        slots: int,
        folder: Path,
        device: str = "cpu",
        limits: Limits = Limits(),
        queue: str = "slurm",
        minutes: int = 24 * 60,
        sbatch: Mapping[str, str] | None = None,
    ) -> None:
        import submitit

        self.slots = slots
        self._device, self._limits, self._folder = device, limits, folder
        # What a killed run left; its jobs end when they next say something, and our workers wait until then.
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise Refused(
                f"{folder}: cannot be made ({error.strerror}). Jobs are handed over through it: give --cluster folder=DIR, "
                "a path that all machines share."
            ) from error
        self._queue = submitit.AutoExecutor(folder=folder, cluster=queue)
        options = dict(sbatch or {})
        # A job may hold what its cell may, and what starts it.
        memory = (
            None if limits.gigabytes is None or any(key.startswith("mem") for key in options) else math.ceil(limits.gigabytes) + 1
        )
        self._queue.update_parameters(
            name="bench",
            timeout_min=minutes,
            nodes=1,
            tasks_per_node=1,
            cpus_per_task=1,
            gpus_per_node=1 if device == "cuda" else None,
            slurm_array_parallelism=MOST,
            mem_gb=memory,
            slurm_additional_parameters=options,
        )
        self._numbers = itertools.count()
        self._gathering: list[tuple[Path, Future[Any]]] = []
        self._arrays: list[list[Any]] = []
        self._asked, self._died = 0.0, False
        self._lock, self._handing = threading.Lock(), threading.Lock()
        self._stopped = threading.Event()

    def submit(self, cell: Cell, progress: Callable[[str], None]) -> Outcome:
        ask = self._folder / f"cell-{next(self._numbers)}.json"
        write_json(ask, asked(cell, self._device, self._limits))
        # Made here: on NFS a file that was looked for in vain stays unseen for a while.
        told = ask.with_suffix(".jsonl")
        told.touch()
        job = self._job(ask)
        if job is None:
            return Outcome("stopped")
        heard, over = 0, False
        while not self._stopped.is_set():
            # In this order: what a job said before its end is read after it.
            was_over, over = over, self._over(job)
            lines = read_lines(told, mend=False)
            for line in lines[heard:]:
                if "ended" in line:
                    return settled_elsewhere(cell, Ending(**line["ended"]), stopped=False)
                progress(line["step"])
            heard = len(lines)
            if was_over:
                self._died = True
                said = f"job {job.job_id} ended without a word ({job.state}); its log is kept in {self._folder} until the next run"
                return settled_elsewhere(cell, Ending(1, failure("JobDied", said)), stopped=False)
            self._stopped.wait(LOOK * max(1, len(self._arrays[0]) / 100))
        return Outcome("stopped")

    def stop(self) -> None:
        self._stopped.set()
        with self._handing:
            for array in self._arrays:
                _cancel(array, self._folder)
            limit = time.monotonic() + LEAVE
            while time.monotonic() < limit and not all(job.done() for array in self._arrays for job in array):
                time.sleep(0.2)

    def close(self) -> None:
        """Removes the folder of jobs; where one died without a word, all but the logs of jobs."""
        if not self._died:
            shutil.rmtree(self._folder, ignore_errors=True)
            return
        for file in self._folder.iterdir():
            if file.suffix not in (".out", ".err"):
                file.unlink(missing_ok=True)

    def _job(self, ask: Path) -> Any:
        """The job of a cell, None when stopped: the first that asks hands over all that ask at about that time, as one array."""
        job: Future[Any] = Future()
        with self._lock:
            self._gathering.append((ask, job))
            first = len(self._gathering) == 1
        if first:
            self._stopped.wait(GATHER)
            self._hand_over()
        return job.result()

    def _hand_over(self) -> None:
        with self._handing:
            with self._lock:
                gathered, self._gathering = self._gathering, []
            if self._stopped.is_set():
                for _, job in gathered:
                    job.set_result(None)
                return
            try:
                with self._queue.batch():
                    jobs = [self._queue.submit(run_job, str(ask)) for ask, _ in gathered]
            except Exception as error:
                for _, job in gathered:
                    job.set_exception(error)
                return
            self._arrays.append(jobs)
            for (_, job), placed in zip(gathered, jobs, strict=True):
                job.set_result(placed)

    def _over(self, job: Any) -> bool:
        """Whether a job has ended, as Slurm says. It is asked for all jobs at once, every half minute."""
        with self._lock:
            if time.monotonic() > self._asked + ASK:
                job.get_info()
                self._asked = time.monotonic()
            return bool(job.done())


def _cancel(array: list[Any], folder: Path) -> None:
    """Cancels the jobs of an array, by one command where it is one of Slurm."""
    whole, _, index = array[0].job_id.partition("_")
    jobs = [type(array[0])(folder, whole)] if index else array
    for job in jobs:
        job.cancel(check=False)

"""Process: one cell in a worker process of this machine, listened to, watched and ended. What every executor places somewhere."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench.protocol.plan import Cell
from bench.running.executors.base import Outcome
from bench.running.executors.limits import EVERY, Limits, Watch, close, end
from bench.running.placed import to_json


@dataclass(frozen=True)
class Ending:
    """How a worker ended: its exit code (negative: the signal that killed it), and what was told of a failure."""

    code: int
    failure: Mapping[str, Any] | None = None


def asked(cell: Cell, device: str, limits: Limits) -> dict[str, Any]:
    """All that a machine must be told to run a cell, as JSON content.

    A cluster has not the variables of this shell: ours go along.
    """
    ours = {name: value for name, value in os.environ.items() if name.startswith("CLINICAL_MTL_")}
    return {"cell": to_json(cell), "device": device, "limits": asdict(limits), "variables": ours}


class Process:
    """The worker process of one cell; it ends with whoever started it. `environment`: its variables, those of this process and what
    the content brings unless given."""

    def __init__(self, content: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> None:
        self._content = content
        # A session of its own: Ctrl-C reaches the supervisor alone, which then ends its workers.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.running.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **content["variables"]} if environment is None else environment,
            start_new_session=True,
        )
        self.ending = Ending(-signal.SIGKILL)

    def steps(self) -> Iterator[str]:
        """What it says it is doing, until it ends; `ending` then says how. It is ended where nobody listens any more."""
        process, failure = self._process, None
        assert process.stdin is not None
        assert process.stdout is not None
        watch = Watch(process, Limits(**self._content["limits"]))
        try:
            try:
                process.stdin.write(json.dumps(self._content) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                yield "worker ended at its start"
            for line in _lines(process, process.stdout.fileno()):
                told = _told(line)
                failure = told.get("failed", failure)
                if "step" in told:
                    yield told["step"]
            code = process.wait()
        finally:
            watch.done()
            end(process)
            close(process.stdin)
            close(process.stdout)
        if watch.over is not None:
            failure = {"exception": watch.over.limit, "said": watch.over.said, "frames": []}
        self.ending = Ending(code, failure)

    def end(self) -> None:
        """Ends it now."""
        end(self._process)


def settled(cell: Cell, ending: Ending, stopped: bool) -> Outcome:
    """What came of a cell whose worker has ended; a failure is recorded, unless it was `stopped` by us."""
    # A worker that ends right after its last step has done its cell, however it ended; without a record it has not.
    if cell.place.status(cell.key) == "done":
        return Outcome("done")
    if stopped:
        return Outcome("stopped")
    record = ending.failure or failure("WorkerDied", f"worker process {_ended(ending.code)}")
    reason = str(record["said"] or record["exception"])
    try:
        cell.place.fail({"key": cell.key, **record})
    except OSError as error:
        reason += f"; this could not be written down ({error.strerror})"
    return Outcome("failed", reason)


def _told(line: bytes) -> dict[str, Any]:
    """What a line says; nothing where a method wrote it, into whatever was open."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _lines(process: subprocess.Popen[str], pipe: int) -> Iterator[bytes]:
    """What a worker tells, line by line, until it ends: a child that it has left behind may hold the pipe for ever."""
    rest = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(pipe, selectors.EVENT_READ)
        while True:
            if ended := process.poll() is not None:
                end(process)
            if waiting.select(timeout=0 if ended else EVERY):
                if not (found := os.read(pipe, 1 << 16)):
                    return
                *lines, rest = (rest + found).split(b"\n")
                yield from lines
            elif ended:
                return


def failure(exception: str, said: str) -> dict[str, Any]:
    """A failure in words of ours, as it is recorded."""
    return {"exception": exception, "said": said, "frames": []}


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with code {code} before its record was written"
    killed = f"killed by {signal.Signals(-code).name}"
    if -code != signal.SIGKILL:
        return killed
    return f"{killed}, as the system does when memory runs out: fewer --workers take less, --memory ends a cell before"

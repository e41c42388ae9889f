"""Apart: work in a child of this process, for what it gives up it has given up for good."""

from __future__ import annotations

import atexit
import os
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.running.fence import adopt_orphans, die_with_parent


def apart(work: Callable[[], int]) -> int:
    """The exit code of work that is done in a child of this process; this process ends as the child does where a signal ends it.

    When it returns, nothing that the work has started runs any more. For a process without other children that has not started to
    compute: threads of libraries do not live on in a child.
    """
    adopt_orphans()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _work(work, parent)
    _, status = os.waitpid(child, 0)
    _end_all_children()
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def _work(work: Callable[[], int], parent: int) -> None:
    code = 1
    try:
        die_with_parent(signal.SIGKILL)
        if os.getppid() == parent:
            code = work()
        # What libraries have planned for the end, such as the removal of their temporary folders.
        atexit._run_exitfuncs()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _end_all_children() -> None:
    """Ends what is left, also what had left its session: an orphan comes to this process."""
    while True:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if ended == 0:
            for file in Path("/proc/self/task").glob("*/children"):
                for child in file.read_text().split():
                    with suppress(ProcessLookupError):
                        os.kill(int(child), signal.SIGKILL)
            time.sleep(0.01)

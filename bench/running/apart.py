"""Apart: work in a child of this process, for what it gives up it has given up for good."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable

from bench.running.fence import die_with_parent


def apart(work: Callable[[], int]) -> int:
    """The exit code of work that is done in a child of this process; this process ends as the child does where a signal ends it.

    For a process that has not started to compute: threads of libraries do not live on in a child.
    """
    child = os.fork()
    if child == 0:
        _work(work)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def _work(work: Callable[[], int]) -> None:
    code = 1
    try:
        die_with_parent(signal.SIGKILL)
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        # Nothing of the parent's is tidied up here.
        os._exit(code)

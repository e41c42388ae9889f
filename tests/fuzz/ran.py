"""The real command, in this process, so that thousands can be looked at; it must end, and in one of the ways that it may."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from bench.cli import main

# Far beyond what any of these takes on a busy machine.
HANGS_AFTER = 120
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def ran(folder: Path, *arguments: str) -> Ran:
    """Runs `python -m bench …` in a folder; whatever it raises is raised here, and stands for a traceback."""
    out, err, code = StringIO(), StringIO(), 0
    with chdir(folder), redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", ["bench", *arguments]), _no_hang():
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Ran(code, out.getvalue(), err.getvalue())


def refused(found: Ran) -> bool:
    """Whether it was refused, and if so in the way that refusals are told."""
    assert "Traceback" not in found.out + found.err
    # What a file holds must neither move a terminal's cursor nor turn the direction of writing.
    assert not CONTROL.search(found.out + found.err), found
    assert found.code in (0, 1, 2), found
    if found.code != 2:
        return False
    assert found.err.strip(), found
    assert not any(line.startswith("Error") for line in found.out.splitlines()), found
    return True


def files(folder: Path) -> set[str]:
    """All files below a folder."""
    return {str(Path(place, name)) for place, _, names in os.walk(folder) for name in names}


@contextmanager
def _no_hang() -> Iterator[None]:
    def late(*_: object) -> None:
        raise AssertionError(f"it did not end within {HANGS_AFTER} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(HANGS_AFTER)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)

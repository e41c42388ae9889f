"""Fence: what a method cannot read while it is fitted: records, cohorts and caches, where the outcomes of test lie.

By Landlock, with which a Linux process gives up rights for good, for itself and all that it starts (kernel.org, Landlock:
unprivileged access control). It knows no rule that forbids, only ones that allow: so all is allowed that does not lie on the way
to what is closed.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets.errors import Refused

# For who cannot do with it: a method that keeps files of its own among results or caches.
VARIABLE = "CLINICAL_MTL_FENCE"

# Numbers of the kernel's interface (linux/landlock.h, asm-generic/unistd.h, linux/prctl.h).
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_READ_FILE, _REFER = 1 << 2, 1 << 13
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT, _ADOPT_ORPHANS = 38, 1, 36


class _Ruleset(ctypes.Structure):
    _fields_ = [("handled", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """The version of Landlock that this system offers; 0: none, or one that cannot move files (before Linux 5.19), or switched off
    by CLINICAL_MTL_FENCE=0."""
    if sys.platform != "linux" or os.environ.get(VARIABLE) == "0":
        return 0
    found = _kernel(_CREATE, None, ctypes.c_size_t(0), _ASK_VERSION)
    return found if found >= 2 else 0


def enclose(closed: Sequence[Path], left_open: Sequence[Path]) -> None:
    """From now on this process, and what it starts, can open no file at or beneath `closed` but those at or beneath `left_open`.

    Files that are open or mapped already stay so. What anybody, this process too, makes later in a folder on the way to something
    closed can be written but not read. A folder of `left_open` that holds something closed is passed over, and so is a link.
    Raises Refused where the system has no Landlock.
    """
    shut = {path.resolve() for path in closed}
    opened = [path for path in left_open if not path.is_symlink() and not any(one.is_relative_to(path.resolve()) for one in shut)]
    handled = _Ruleset(_READ_FILE | _REFER)
    ruleset = _checked(_kernel(_CREATE, ctypes.byref(handled), ctypes.c_size_t(ctypes.sizeof(handled)), 0))
    try:
        # Files may be moved from folder to folder as before; the kernel lets none be moved out of what is closed.
        _allow(ruleset, Path("/"), _REFER)
        for path in (*_beside(shut), *opened):
            _allow(ruleset, path, _READ_FILE)
        _checked(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(_kernel(_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)


def adopt_orphans() -> None:
    """What a process below this one leaves behind becomes this one's child."""
    _checked(_libc().prctl(_ADOPT_ORPHANS, 1, 0, 0, 0))


def die_with_parent(signal: int) -> None:
    """This process is sent `signal` when the one that made it ends."""
    _checked(_libc().prctl(_DIE_WITH_PARENT, signal, 0, 0, 0))


def _beside(closed: set[Path]) -> Iterator[Path]:
    """All that stands beside the ways from the root to what is closed, each as far up as it goes."""
    ways = {above for path in closed for above in path.parents} - closed
    for folder in sorted(ways):
        if any(above in closed for above in folder.parents):
            continue
        try:
            children = list(os.scandir(folder))
        except OSError:
            # Nothing beside the way can be named, so that nothing of it is allowed.
            continue
        # A link is followed to where it leads, which has its own place in this.
        yield from (path for child in children if not child.is_symlink() and (path := Path(child.path)) not in closed | ways)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        # Gone since it was listed, or not for this user.
        return
    try:
        rule = _Beneath(rights, place)
        _checked(_kernel(_ADD, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(place)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _kernel(number: int, *arguments: object) -> int:
    return int(_libc().syscall(number, *arguments))


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise Refused(f"the fence around methods cannot be put up ({os.strerror(number)}). {VARIABLE}=0 does without it.")
    return answer

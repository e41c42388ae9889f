"""The one error that speaks to the user: a wrong option, file or value."""

import errno
from collections.abc import Iterable
from difflib import get_close_matches

# What the system says where nothing more can be written: full, over quota, too large, read-only, not allowed.
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


class Refused(ValueError):
    """Something the user gave cannot be used; nothing was started. The command line prints it and exits with 2."""


def unknown(what: str, found: str, allowed: Iterable[str]) -> Refused:
    """The refusal of a name that is not among those allowed, with the nearest one."""
    names = sorted(allowed)
    near = get_close_matches(found, names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return Refused(f"{what} '{found}' is not known.{hint} Allowed: {', '.join(names)}.")

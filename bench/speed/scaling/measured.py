"""Measured: the process of one subject at one size; prints seconds and megabytes as JSON on standard output."""

from __future__ import annotations

import json
import os
import resource
import sys


def main(subject: str, patients: str, outcomes: str, features: str) -> int:
    """Measures one subject at one size, in an environment of one thread."""
    # Libraries print; only our own line may reach whoever reads us.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    from bench.speed.scaling.invented import Extent
    from bench.speed.scaling.subjects import SUBJECTS
    from bench.speed.turns import timed

    # Once at the smallest size: libraries are imported, and their first call is not another one's.
    SUBJECTS[subject](Extent(1000))()
    before = _highest()
    work = SUBJECTS[subject](Extent(int(patients), int(outcomes), int(features)))
    seconds = timed(work)
    told.write(json.dumps({"seconds": seconds, "megabytes": _highest() - before}) + "\n")
    told.close()
    return 0


def _highest() -> float:
    """MB that this process has held at its highest so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, kilobytes elsewhere.
    return most / 1024 / (1024 if sys.platform == "darwin" else 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

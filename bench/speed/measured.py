"""Measured: the process of one comparison, in ENVIRONMENT; prints its rows as JSON on standard output."""

from __future__ import annotations

import json
import os
import sys

from bench.running.worker import THREADS

# One thread, as workers have. Loops that take turns are threads, of which only one runs at a time: with memory of their own, as
# the C library of Linux gives them, the second was a third faster than the first, whatever they did.
ENVIRONMENT = dict.fromkeys(THREADS, "1") | {"TOKENIZERS_PARALLELISM": "false", "MALLOC_ARENA_MAX": "1"}


def main(name: str, size: str) -> int:
    """Measures one comparison at a size by name."""
    # Libraries print; only our own lines may reach whoever reads us.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    from bench.speed.order import comparison
    from bench.speed.size import SIZES

    rows = comparison(name)(SIZES[size])
    told.write(json.dumps([row.to_json() for row in rows], allow_nan=False) + "\n")
    told.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

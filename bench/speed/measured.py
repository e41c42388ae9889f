"""Measured: the process of one comparison, with one thread; prints its rows as JSON on standard output."""

from __future__ import annotations

import json
import os
import sys

from bench.running.worker import THREADS


def main(name: str, size: str) -> int:
    """Measures one comparison at a size by name."""
    # Before any numerical library is imported, as workers do.
    os.environ.update(dict.fromkeys(THREADS, "1") | {"TOKENIZERS_PARALLELISM": "false"})
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

"""Command line: plain verbs; each loads what it needs when it runs."""

from __future__ import annotations

import errno
import os
import sys

from bench.cli.app import app
from bench.reporting.printable import on_lines
from bench.running.worker import THREADS
from datasets.errors import UNWRITABLE, Refused

# Help lists verbs in the order in which they are defined.
# isort: off
from bench.cli import studies
from bench.cli import reports
from bench.cli import brought
# isort: on

__all__ = ["app", "brought", "main", "reports", "studies"]


def main() -> None:
    """Runs the command line; a refusal, and a disk that takes no more, go to standard error with exit code 2."""
    # Before any numerical library is imported: beside busy workers, threads of one library wait for each other for minutes.
    for name in THREADS:
        os.environ.setdefault(name, "1")
    try:
        app(prog_name="python -m bench")
    except Refused as refusal:
        print(f"Error: {on_lines(str(refusal))}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            print(f"Error: {str(error.filename)[:60]}…: {os.strerror(error.errno)}.", file=sys.stderr)
            sys.exit(2)
        if error.errno not in UNWRITABLE:
            raise
        where = f"{error.filename}: " if error.filename else ""
        print(f"Error: {where}cannot be written ({os.strerror(error.errno)}). What was finished before is kept.", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)

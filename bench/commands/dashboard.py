"""dashboard: a study's trials as Optuna shows them."""

from __future__ import annotations

import hashlib
import socket
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from bench.commands.studies import Place, place
from bench.running import journal
from bench.trials import read_trials
from datasets.cache import cache_home
from datasets.errors import Refused

HOST = "127.0.0.1"
INSTALL = "python -m pip install optuna-dashboard"
# A trial of a running study is seen so many seconds after its end.
FOLLOW_SECONDS = 5.0


def dashboard(source: str, results: Path, out: Path | None, port: int, shown: bool) -> int:
    """Writes the journal of a study's trials, and serves it by optuna-dashboard where that is installed, until Ctrl-C: 0 = written.

    The journal goes to the user's cache unless told otherwise: it follows from the records, which may be another machine's, not to
    be written to or under version control, and stay as they are.
    """
    found = place(source, results)
    served = shown and find_spec("optuna_dashboard") is not None
    if served:
        _refuse_taken(port)
    file = out or _usual(found)
    studies, trials = journal.write(read_trials(found.results, found.name), file)
    console = Console()

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    say(f"Journal: {file} ({trials} trials in {studies} Optuna studies)")
    if served:
        say(f"Dashboard: http://{HOST}:{port} (Ctrl-C ends it; trials that a run adds are shown)")
        _serve(found, file, port)
    elif shown:
        say(f"optuna-dashboard, which shows it, is not installed: {INSTALL}")
    return 0


def _usual(found: Place) -> Path:
    """A file of its own for each results folder, so that two studies of one name do not meet."""
    where = hashlib.sha256(str(found.folder.resolve()).encode()).hexdigest()[:8]
    return cache_home() / "journals" / f"{found.name}-{where}.log"


def _refuse_taken(port: int) -> None:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise Refused(f"--port {port}: cannot be listened on ({error}). Give another, such as {port + 1}.") from error


def _serve(found: Place, file: Path, port: int) -> None:
    from optuna_dashboard import run_server

    ended = threading.Event()

    def follow() -> None:
        storage = journal.opened(file)
        while not ended.wait(FOLLOW_SECONDS):
            journal.bring_up(storage, read_trials(found.results, found.name))

    threading.Thread(target=follow, daemon=True).start()
    # Ctrl-C is how it is ended.
    with suppress(KeyboardInterrupt):
        run_server(journal.opened(file), host=HOST, port=port)
    ended.set()

"""Worker: the process of one cell. Reads what to do from standard input, tells its progress on standard output.

Standard input stays open for as long as whoever started the worker lives; when it closes, the worker ends.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.protocol.plan import Cell

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS")
# As PyTorch (GPU, CPU), XGBoost and other C++ libraries say it, which raise no MemoryError.
NO_MEMORY = ("out of memory", "can't allocate memory", "bad_alloc", "bad allocation")


def main() -> int:
    """Runs the cell described by the first line of standard input: 0 = done, 1 = failed, and told why."""
    # Before any numerical library is imported: one thread a process, whatever the machine has.
    os.environ.update(dict.fromkeys(THREADS, "1") | {"TOKENIZERS_PARALLELISM": "false"})
    content = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_starter, daemon=True).start()
    # Libraries print; only our own lines may reach whoever reads us.
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    from bench.running.alone import alone
    from bench.running.apart import apart
    from bench.running.cell import record_cell, truth_of
    from bench.running.fence import version
    from bench.running.fitting import closed
    from bench.running.placed import from_json

    cell = from_json(content["cell"])
    fenced = version() > 0

    def progress(step: str) -> None:
        told.write(json.dumps({"step": step}) + "\n")

    def guarded(work: Callable[[], int], shut: Sequence[Path] = ()) -> int:
        try:
            return work()
        # A method may even ask Python to end.
        except (Exception, SystemExit) as error:
            told.write(json.dumps({"failed": failure(error, shut)}) + "\n")
            return 1

    def run() -> int:
        with alone(cell.place, progress):
            status = cell.place.status(cell.key)
            if status == "outdated":
                cell.place.set_aside()
            if status == "done":
                return 0
            truth = truth_of(cell)
            with _temporary(content.get("inputs")) as work:
                steps = partial(_begin, cell), partial(_fit, cell, content, work if fenced else None, progress)
                for step in steps:
                    done = partial(guarded, step, closed(cell) if fenced else ())
                    if code := apart(done) if fenced else done():
                        return code
            if record_cell(cell, truth, fenced):
                progress(f"{cell.settings['method']}: done")
            return 0

    return guarded(run)


@contextmanager
def _temporary(inputs: str | None) -> Iterator[Path]:
    """A folder for what a method writes for a while; in that of its run, if there is one, it goes with this at the latest."""
    folder = Path(tempfile.mkdtemp(prefix="work-", dir=inputs))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _begin(cell: Cell) -> int:
    from bench.running.fitting import begin_cell

    begin_cell(cell)
    return 0


def _fit(cell: Cell, content: Mapping[str, Any], work: Path | None, progress: Callable[[str], None]) -> int:
    from bench.running.device import ready
    from bench.running.fitting import Place, fit_cell

    ready(content["device"])
    inputs = content.get("inputs")
    place = Place(content["device"], None if inputs is None else Path(inputs), work, partial(_known, cell))
    fit_cell(cell, place, progress)
    return 0


def _known(cell: Cell) -> None:
    """Makes the method of a cell known: the study's own files, else installed packages."""
    from bench.protocol.select import load_files, load_packages
    from datasets import Refused
    from methods.registry import entry

    load_files(cell.plugins)
    try:
        entry(cell.settings["name"])
    except Refused:
        load_packages()


def failure(error: BaseException, shut: Sequence[Path] = ()) -> dict[str, Any]:
    """What may be kept of an error: its type and frames, never its text, which may quote a patient.

    The words of our own errors speak of no patient and are kept; memory or a disk that ran out is said in our words, as is a file
    that the fence refused; `shut`: what that closes.
    """
    frames = [f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return {"exception": type(error).__name__, "said": _words(error, shut), "frames": frames}


def _words(error: BaseException, shut: Sequence[Path]) -> str | None:
    from datasets import Refused
    from datasets.errors import UNWRITABLE
    from methods.contract.broken import ContractBrokenError

    if isinstance(error, Refused | ContractBrokenError) and _ours(error):
        return str(error)
    if isinstance(error, PermissionError) and (said := _refused(error, shut)):
        return f"PermissionError: {said}"
    if isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY):
        return "out of memory: fewer --workers leave more to each"
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        return f"could not be written ({os.strerror(error.errno)}): nothing of it counts as done"
    return None


def _refused(error: PermissionError, shut: Sequence[Path]) -> str | None:
    """Why the fence refuses a file, if it does."""
    named = isinstance(error.filename, str | os.PathLike)
    # Some libraries do not say which file it was.
    if not shut or (not named and _ours(error)):
        return None
    path, closed = Path(error.filename).resolve() if named else None, [one.resolve() for one in shut]
    if path is None or any(path.is_relative_to(one) for one in closed):
        return (
            "methods can open no results, cohorts or caches while they are fitted, as outcomes of test lie there; what a method "
            "reads for itself must lie elsewhere"
        )
    if any(one.is_relative_to(path.parent) for one in closed):
        return (
            "what a method writes into a folder that holds results, cohorts or caches, or stands above them, it cannot read again; "
            "the folder for temporary files is open to it"
        )
    return None


def _ours(error: BaseException) -> bool:
    """Whether an error was raised in this project: a method of somebody else may put anything into an error of ours."""
    raised = traceback.extract_tb(error.__traceback__)[-1].filename
    root = Path(__file__).parents[2]
    return any(Path(raised).resolve().is_relative_to(root / room) for room in ("bench", "methods", "datasets"))


def _end_with_starter() -> None:
    # Read by number: a lock on sys.stdin held here would keep the interpreter from ending.
    while os.read(0, 4096):
        pass
    # With all that a method has started, where this process leads its own session.
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())

"""check method: whether a method keeps the contract, and if not, what it breaks and what to do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.running.worker import THREADS

if TYPE_CHECKING:
    from methods.contract.checks import Result
    from methods.contract.probe import Probe

MARKS = {"kept": "✓", "broken": "✗", "skipped": "–"}


def check_method(name: str, plugins: Sequence[Path], dataset: str | None, home: Path, given: Sequence[str]) -> int:
    """Checks a method on a made-up ward, or on a dataset whose outcomes are dealt anew; prints a line for each check, and what is
    broken to standard error: 0 = all kept, 2 = something is broken."""
    # As the engine's workers: one thread, so that the same seed can give the same predictions.
    os.environ.update(dict.fromkeys(THREADS, "1") | {"TOKENIZERS_PARALLELISM": "false"})

    from bench.checking.run import checks_of_a_run
    from bench.commands.settings import settings_of
    from bench.protocol.select import load_plugins
    from datasets import Refused, cache
    from methods.contract.checks import CHECKS
    from methods.contract.checks import check_method as check
    from methods.contract.probe import on_cohort, on_ward
    from methods.registry import entry

    for warning in load_plugins([str(file) for file in plugins]):
        print(warning, file=sys.stderr)
    found = entry(name)
    settings = settings_of(given, "k=20")
    if why := found.absent(**settings):
        raise Refused(f"method '{name}': {why}")
    if settings:
        try:
            found.build(**settings)
        except TypeError as error:
            raise Refused(f"--set: method '{name}' does not take this: {error}.") from error
    made: Callable[[int], Probe] = (
        partial(on_ward, found) if dataset is None else partial(on_cohort, cache.read(cache.prepared(dataset, home)), found)
    )
    began, out = time.perf_counter(), sys.stdout
    # What the method prints is not part of the answer.
    with redirect_stdout(sys.stderr):
        checks = (*CHECKS, *checks_of_a_run([str(file) for file in plugins]))
        results = check(found, _openable(made), settings, checks=checks, tell=partial(_say, out))
    broken = sum(result.state == "broken" for result in results)
    kept = sum(result.state == "kept" for result in results)
    print(f"{name}: {kept} of {len(results)} checks kept, {broken} broken; {time.perf_counter() - began:.0f} seconds.")
    return 2 if broken else 0


def _say(out: Any, result: Result) -> None:
    from bench.reporting.printable import printable

    told = f": skipped, {result.why}" if result.state == "skipped" else ""
    print(f"{MARKS[result.state]} {result.check.name}{printable(told)}", file=out, flush=True)
    if result.state == "broken":
        print(
            f"Error: {result.check.name}: {printable(result.why)}\n  The contract: {result.check.says}", file=sys.stderr, flush=True
        )


def _openable(make: Callable[[int], Probe]) -> Callable[[int], Probe]:
    """The same probes. A method that opens the cohort by the name on its card finds there, as it would in a run, the outcomes that
    it is asked for: it gives itself away."""
    from datasets import Cohort, dataset
    from datasets.cohort import whole
    from datasets.registry import entries

    latest: list[Probe] = []

    def load(_: Path) -> Cohort:
        """The cohort that a method is checked on."""
        return whole([latest[-1].train, latest[-1].valid, latest[-1].test])

    def made(seed: int) -> Probe:
        latest.append(make(seed))
        card = latest[-1].train.card
        if card.name not in entries():
            dataset(card.name, latest[-1].train.modalities, card)(load)
        return latest[-1]

    return made

"""prepare: fetch a dataset's files, check and convert them once, and say what is in them."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.text import Text

from bench.commands.settings import settings_of
from bench.protocol import large_n
from bench.reporting.printable import printable
from bench.reporting.table_one import tables
from bench.reporting.table_one.show import WIDEST, show
from bench.reporting.table_one.write import made, write
from datasets import Card, Refused, cache
from datasets.download import fetch, hosts, missing
from datasets.registry import Entry, File, entries, taking
from datasets.resume import Said

MOST_NAMED = 3


def prepare(
    name: str | None, home: Path, given: Sequence[str], yes: bool, optional: bool, out: Path | None, further: bool = False
) -> int:
    """Makes a dataset ready and prints its Table 1: 0 = ready, 1 = the user did not want to fetch what is missing."""
    if name is None:
        raise Refused(f"prepare: a dataset is needed. Allowed: {', '.join(entries())}, or the path of a folder with cohort.toml.")
    settings = settings_of(given, "patients=5000")
    found = taking(name, settings)
    if further and found.truth is None:
        raise Refused(f"--large-n: dataset '{found.name}' is not synthetic, so that no further patients of it can be made.")
    if out is not None:
        made(out)
    console = Console()
    card = found.card(**settings)
    _introduce(console, card)
    if not _complete(console, found, card, home, yes, optional):
        return 1
    local = _converted(console, name, home, settings)
    cohort = cache.read(local)
    parts = tables(cohort)
    show(console, parts)
    if out is not None:
        for path in write(parts, cohort.card, out):
            _say(console, f"Written: {path}")
    if further:
        with console.status(f"Fitting plain methods on {large_n.PATIENTS:,} further patients: some ten minutes"):
            large_n.make(found.name, settings, cache.cache_home() / "large_n")
        _say(console, "Made: the row large_n of reports on this world.")
    return 0


def _introduce(console: Console, card: Card) -> None:
    _say(console, f"{card.name}: {card.title}", style="bold")
    for what in ("licence", "citation", "source", "landmark"):
        _say(console, f"{what.capitalize() + ':':<10} {getattr(card, what)}", indent=11)
    for note in card.notes:
        _say(console, f"- {note}", indent=2)


def _complete(console: Console, found: Entry, card: Card, home: Path, yes: bool, optional: bool) -> bool:
    """Fetches what is missing from the data home, if the user agrees; refuses where something cannot be fetched."""
    lacking = missing(found.files, home)
    closed = [file for file in lacking if file.needed and file.url is None]
    if closed:
        listed = ", ".join(str(home / file.path) for file in closed)
        how = found.access or f"See {card.source}."
        raise Refused(
            f"dataset '{found.name}': not there, and not to be fetched without an agreement of your own: {listed}. {how} "
            "Put the files there and run the same command again. The data home is set by --data-home or CLINICAL_MTL_DATA."
        )
    wanted = [file for file in lacking if file.url is not None and (file.needed or optional)]
    left = [file for file in lacking if file not in wanted]
    for served, how in ((True, "The same command with --optional fetches them"), (False, "Put them there")):
        names = [file.path for file in left if (file.url is not None) == served]
        if names:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            listed = ", ".join(names[:MOST_NAMED])
            _say(console, f"Not in {home}, and not needed: {listed}{more}. {how}, for more inputs.")
    if not wanted:
        there = os.path.commonpath([(home / file.path).parent for file in found.files]) if found.files else ""
        _say(console, f"Files: all that are needed are in {there}; nothing is fetched." if there else "Files: none are needed.")
        return True
    if not _agreed(console, wanted, home, yes):
        _say(console, "Nothing was fetched.")
        return False
    _fetch(console, wanted, home)
    return True


def _agreed(console: Console, wanted: Sequence[File], home: Path, yes: bool) -> bool:
    servers = ", ".join(hosts(wanted))
    _say(console, f"Missing from {home}:")
    for file in wanted:
        _say(console, f"  {file.path} from {file.url}", indent=4)
    asked = f"They are fetched over the network from {servers}; files that are in the data home stay as they are."
    _say(console, asked)
    if yes:
        return True
    if not (sys.stdin.isatty() and console.is_terminal):
        raise Refused(f"files are missing and the network ({servers}) is used only with consent: run the same command with --yes.")
    try:
        answer = console.input(Text("Fetch them now? [y/N] "))
    except EOFError:
        answer = ""
    return answer.strip().lower() in ("y", "yes")


def _fetch(console: Console, wanted: Sequence[File], home: Path) -> None:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:

        def said(file: File) -> Said:
            task = progress.add_task(file.path, total=None)
            return lambda got, total: progress.update(task, completed=got, total=total)

        for fetched in fetch(wanted, home, said):
            checked = (
                f"as {fetched.sums} says"
                if fetched.sums
                else "the source publishes no sum to check it by: note it for your records"
            )
            _say(console, f"Fetched {fetched.path}: {fetched.size:,} bytes, SHA-256 {fetched.sha256}; {checked}.")


def _converted(console: Console, name: str, home: Path, settings: dict[str, Any]) -> Path:
    before = set(cache.cache_home().glob("*/meta.json"))
    with console.status("Reading, checking and converting …"):
        local = cache.prepared(name, home, **settings)
    state = "is there already" if local / "meta.json" in before else "made"
    _say(console, f"Local form ({state}): {local}")
    return local


def _say(console: Console, text: str, indent: int = 0, style: str = "") -> None:
    """Plain text in lines of readable length; paths and addresses stay whole."""
    lead = text[: len(text) - len(text.lstrip())]
    lines = textwrap.wrap(
        printable(text),
        min(console.width, WIDEST),
        initial_indent=lead,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        console.print(Text(line, style=style), soft_wrap=True)

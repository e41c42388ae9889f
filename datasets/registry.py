"""Registry of cohorts: a name, what it is, and how it is opened."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.cohort import Card, Cohort
from datasets.errors import Refused, unknown


@dataclass(frozen=True)
class File:
    """A file that a loader reads. `path`: below the data home.

    `also`: other names, below the data home, under which the loader takes the same file; each name also with and without .gz.
    `url`: where anybody may fetch it; None where it must be applied for. `sums`: address of the source's own list of
    SHA-256 sums, one `sum  name` a line, by which what was fetched is checked. `needed`: whether the loader does without it.
    """

    path: str
    url: str | None = None
    sums: str | None = None
    needed: bool = True
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One registered cohort. `load(home, **settings)` opens it; `truth(**settings)` is given for synthetic ones alone.

    `card(**settings)`: what is known before anything is opened. `access`: how to get files that cannot be fetched.
    `chunks(home, **settings)`: the same cases as `load`, piece by piece, for cohorts that memory need not hold.
    """

    name: str
    summary: str
    modalities: tuple[str, ...]
    load: Callable[..., Cohort]
    card: Callable[..., Card]
    truth: Callable[..., Any] | None = None
    files: tuple[File, ...] = ()
    access: str = ""
    chunks: Callable[..., Iterator[Cohort]] | None = None


_ENTRIES: dict[str, Entry] = {}


def dataset(
    name: str,
    modalities: tuple[str, ...],
    card: Card | Callable[..., Card],
    files: tuple[File, ...] = (),
    truth: Callable[..., Any] | None = None,
    access: str = "",
    chunks: Callable[..., Iterator[Cohort]] | None = None,
) -> Callable[[Callable[..., Cohort]], Callable[..., Cohort]]:
    """Registers a loader `load(home: Path, **settings) -> Cohort`; `files` are those it reads below the data home."""

    def decorate(load: Callable[..., Cohort]) -> Callable[..., Cohort]:
        if name in _ENTRIES:
            raise Refused(f"dataset '{name}' is registered twice.")
        summary = (load.__doc__ or "").strip().splitlines()[0]
        known = (lambda **_: card) if isinstance(card, Card) else card
        _ENTRIES[name] = Entry(name, summary, modalities, load, known, truth, files, access, chunks)
        return load

    return decorate


def entries() -> dict[str, Entry]:
    """All registered cohorts by name."""
    package = importlib.import_module("datasets")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"datasets.{module.name}")
    return dict(sorted(_ENTRIES.items()))


def entry(name: str) -> Entry:
    """The registered cohort of this name, or that of a folder with cohort.toml by its path; refuses an unknown one."""
    known = entries()
    if name in known:
        return known[name]
    # They import this module.
    from datasets.folder import entry_of, is_folder

    if is_folder(name):
        return entry_of(name)
    raise unknown("dataset", name, [*known, "the path of a folder with cohort.toml"])


def load(name: str, home: Path, **settings: Any) -> Cohort:
    """Opens a cohort by name from the data home; refuses a setting that its loader does not take."""
    found = taking(name, settings)
    return found.load(home, **settings)


def pieces(name: str, home: Path, **settings: Any) -> Iterable[Cohort]:
    """The cases that `load` gives, in pieces where the cohort comes so."""
    found = taking(name, settings)
    return (found.load(home, **settings),) if found.chunks is None else found.chunks(home, **settings)


def taking(name: str, settings: Mapping[str, Any]) -> Entry:
    """The registered cohort of this name; refuses a setting that its loader does not take."""
    found = entry(name)
    allowed = [parameter for parameter in inspect.signature(found.load).parameters if parameter != "home"]
    for setting in settings:
        if setting not in allowed:
            raise unknown(f"dataset '{name}': setting", setting, allowed)
    return found


def truth(name: str, **settings: Any) -> Any:
    """What only a synthetic cohort knows: factors, loadings and true risks of its cases."""
    found = entry(name).truth
    if found is None:
        raise Refused(f"dataset '{name}' has no known truth; only synthetic cohorts have one.")
    return found(**settings)

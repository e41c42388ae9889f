"""Registry of cohorts: a name, what it is, and how it is opened."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.cohort import Cohort
from datasets.errors import Refused, unknown


@dataclass(frozen=True)
class Entry:
    """One registered cohort. `load(home, **settings)` opens it; `truth(**settings)` is given for synthetic ones alone."""

    name: str
    summary: str
    modalities: tuple[str, ...]
    load: Callable[..., Cohort]
    truth: Callable[..., Any] | None = None
    files: tuple[str, ...] = ()


_ENTRIES: dict[str, Entry] = {}


def dataset(
    name: str, modalities: tuple[str, ...], files: tuple[str, ...] = (), truth: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Cohort]], Callable[..., Cohort]]:
    """Registers a loader `load(home: Path, **settings) -> Cohort`; `files` are those it reads below the data home."""

    def decorate(load: Callable[..., Cohort]) -> Callable[..., Cohort]:
        if name in _ENTRIES:
            raise Refused(f"dataset '{name}' is registered twice.")
        summary = (load.__doc__ or "").strip().splitlines()[0]
        _ENTRIES[name] = Entry(name, summary, modalities, load, truth, files)
        return load

    return decorate


def entries() -> dict[str, Entry]:
    """All registered cohorts by name."""
    package = importlib.import_module("datasets")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"datasets.{module.name}")
    return dict(sorted(_ENTRIES.items()))


def entry(name: str) -> Entry:
    """The registered cohort of this name; refuses an unknown one."""
    known = entries()
    if name not in known:
        raise unknown("dataset", name, known)
    return known[name]


def load(name: str, home: Path, **settings: Any) -> Cohort:
    """Opens a cohort by name from the data home; refuses a setting that its loader does not take."""
    found = entry(name)
    allowed = [parameter for parameter in inspect.signature(found.load).parameters if parameter != "home"]
    for setting in settings:
        if setting not in allowed:
            raise unknown(f"dataset '{name}': setting", setting, allowed)
    return found.load(home, **settings)


def truth(name: str, **settings: Any) -> Any:
    """What only a synthetic cohort knows: factors, loadings and true risks of its cases."""
    found = entry(name).truth
    if found is None:
        raise Refused(f"dataset '{name}' has no known truth; only synthetic cohorts have one.")
    return found(**settings)

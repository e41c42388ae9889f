"""Registry of methods: a name, what it needs, and how it is built."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datasets import MODALITIES, Refused
from datasets.errors import unknown
from methods.base import Method

CORE = ("logistic", "xgboost", "lightgbm", "catboost", "single_task", "hard_sharing", "mmoe", "ple", "pcgrad", "orthtd")
FAMILIES = ("tabular", "neural", "other")
# What `--methods` also selects by: the part of a neural method that differs from the others'.
GROUPS = ("single_outcome", "sharing", "balancing", "variants")
# Light ones first: a tree's worker need not wait for torch.
ROOMS = ("methods.tabular", "methods.neural.sharing", "methods.neural.balancing", "methods.neural.single_outcome")


def present(**params: Any) -> None:  # noqa: ARG001
    """Says that nothing is missing."""
    return


def nothing(**params: Any) -> dict[str, str]:  # noqa: ARG001
    """Says that no file but the cohort's decides the predictions."""
    return {}


@dataclass(frozen=True)
class Entry:
    """One registered method. `build(**params)` makes an unfitted one; `twin` names what transfer gains are taken against;
    `sources` are the modules whose code decides its predictions; `effort`, roughly how long it takes beside hard sharing,
    decides what is started first. `group`: one of GROUPS, for neural methods. `card`: fields of a cohort's card (`reference`,
    `procedure`) without which the method has nothing to read there. `absent(**params)` says why it cannot run here with these
    parameters, and what to do; `outside(**params)` tells by content which files beside the cohort decide its predictions."""

    name: str
    family: str
    modalities: tuple[str, ...]
    per_outcome: bool
    summary: str
    build: Callable[..., Method]
    sources: tuple[str, ...]
    twin: str | None = None
    effort: float = 1.0
    group: str | None = None
    card: tuple[str, ...] = ()
    absent: Callable[..., str | None] = present
    outside: Callable[..., dict[str, str]] = nothing


_ENTRIES: dict[str, Entry] = {}


def register(
    name: str,
    family: str = "other",
    modalities: tuple[str, ...] = MODALITIES,
    per_outcome: bool = False,
    twin: str | None = None,
    effort: float = 1.0,
    group: str | None = None,
    card: tuple[str, ...] = (),
    absent: Callable[..., str | None] = present,
    outside: Callable[..., dict[str, str]] = nothing,
) -> Callable[[type[Method]], type[Method]]:
    """Registers a method class under a name; refuses a name that is taken, an unknown family or modality."""

    def decorate(method: type[Method]) -> type[Method]:
        summary = (method.__doc__ or "").strip().splitlines()[0] if method.__doc__ else ""
        add(
            Entry(
                name,
                family,
                modalities,
                per_outcome,
                summary,
                method,
                (method.__module__,),
                twin,
                effort,
                group,
                card,
                absent,
                outside,
            )
        )
        return method

    return decorate


def add(entry: Entry) -> None:
    """Adds an entry; refuses a name that is taken or could leave its folder, an unknown family or modality."""
    if not entry.name.replace("_", "").isalnum() or not entry.name.isascii():
        raise Refused(f"method name '{entry.name}': allowed are letters, digits and '_'.")
    if entry.name in _ENTRIES:
        raise Refused(f"method '{entry.name}' is registered twice: by {_ENTRIES[entry.name].sources[0]} and {entry.sources[0]}.")
    if entry.family not in FAMILIES:
        raise unknown(f"method '{entry.name}': family", entry.family, FAMILIES)
    if entry.group not in (None, *GROUPS):
        raise unknown(f"method '{entry.name}': group", str(entry.group), GROUPS)
    for modality in entry.modalities:
        if modality not in MODALITIES:
            raise unknown(f"method '{entry.name}': modality", modality, MODALITIES)
    _ENTRIES[entry.name] = entry


def entries() -> dict[str, Entry]:
    """All registered methods by name: `core` first, then family by family and group by group."""
    for room in ROOMS:
        _import(room)
    core = {name: place for place, name in enumerate(CORE)}
    rooms = {name: place for place, name in enumerate((FAMILIES[0], *GROUPS, *FAMILIES[1:]))}
    return dict(
        sorted(_ENTRIES.items(), key=lambda item: (core.get(item[0], len(core)), rooms[item[1].group or item[1].family], item[0]))
    )


def entry(name: str) -> Entry:
    """The method of this name, or the composition `sharing+balancing`; refuses an unknown one."""
    for room in ROOMS:
        if name not in _ENTRIES:
            _import(room)
    if name in _ENTRIES:
        return _ENTRIES[name]
    if name.count("+") == 1:
        from methods.neural.compose import composed

        return composed(*name.split("+"))
    raise unknown("method", name, entries())


def _import(room: str) -> None:
    for module in pkgutil.iter_modules(importlib.import_module(room).__path__):
        importlib.import_module(f"{room}.{module.name}")


def build(name: str, **params: Any) -> Method:
    """An unfitted method by name."""
    return entry(name).build(**params)

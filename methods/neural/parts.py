"""Parts by name: the sharings and the balancings that a neural method is put together from."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from datasets import Refused
from datasets.errors import unknown
from methods.neural.settings import Settings

P = TypeVar("P")


@dataclass(frozen=True)
class Parts(Generic[P]):
    """Registered classes of one kind (`sharing`, `balancing`); those in `room` are imported when a name is asked for."""

    kind: str
    room: str
    _known: dict[str, type[P]] = field(default_factory=dict)

    def add(self, name: str, part: type[P]) -> None:
        """Refuses a name that is taken, or a parameter that names one of the network or its training."""
        if name in self._known:
            raise Refused(f"{self.kind} '{name}' is registered twice.")
        if taken := sorted(own_parameters(part).keys() & {"sharing", "balancing", *(f.name for f in fields(Settings))}):
            raise Refused(f"{self.kind} '{name}': parameter '{taken[0]}' already names one of the network or its training.")
        self._known[name] = part

    def get(self, name: str) -> type[P]:
        """The class of this name; refuses an unknown one."""
        if name not in self._known:
            for module in pkgutil.iter_modules(importlib.import_module(self.room).__path__):
                importlib.import_module(f"{self.room}.{module.name}")
        if name not in self._known:
            raise unknown(self.kind, name, self._known)
        return self._known[name]


def own_parameters(part: type) -> dict[str, Any]:
    """The parameters that are the part's own, with their defaults: all but what the network hands to it."""
    found = inspect.signature(part).parameters.values()
    return {p.name: p.default for p in found if p.name not in ("d", "outcomes", "width")}


def summary(part: type) -> str:
    """First line of a class's docstring."""
    return next(iter((part.__doc__ or "").strip().splitlines()), "")

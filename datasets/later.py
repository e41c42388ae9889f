"""Later: a part of a cohort whose cases are taken only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

import numpy as np

T = TypeVar("T")


@dataclass(frozen=True)
class Taken(Generic[T]):
    """Cases `index` (cases,) of a whole part, and how they are cut out of it: once for all cohorts that hold this."""

    whole: T
    index: np.ndarray
    cut: Callable[[T, np.ndarray], T]

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def made(self) -> T:
        return self.cut(self.whole, self.index)

    def take(self, index: np.ndarray) -> Taken[T]:
        """These of its cases."""
        return Taken(self.whole, self.index[index], self.cut)


class Later(Generic[T]):
    """An attribute that is None, a part, or `Taken` of one, which is cut at the first look."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, cohort: None, owner: type) -> None: ...
    @overload
    def __get__(self, cohort: object, owner: type) -> T | None: ...
    def __get__(self, cohort: object | None, owner: type) -> T | None:
        # Asked of the class, it is the default of a dataclass's field.
        if cohort is None:
            return None
        found = vars(cohort)[self._name]
        return found.made if isinstance(found, Taken) else found

    def __set__(self, cohort: object, value: T | Taken[T] | None) -> None:
        vars(cohort)[self._name] = value


def held(cohort: object, name: str) -> Any:
    """What stands in an attribute, without a look: `Taken` where it is cut out of another."""
    return vars(cohort)[name]

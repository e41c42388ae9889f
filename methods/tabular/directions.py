"""Directions: fewer columns of text, for methods whose cost or whose training rules out many."""

from __future__ import annotations

from collections.abc import Iterable


def first_directions(names: Iterable[object], directions: int) -> list[str]:
    """The names of `Columns.frame`, in order, of each note field only the first `directions`: those along which train's notes
    differ most."""
    found = [str(name) for name in names]
    return [name for name in found if not name.startswith("text.") or int(name.rpartition(".")[2]) < directions]

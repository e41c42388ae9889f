"""Named: what a cohort's card must name before a method that reads it has anything to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datasets import Cohort
from methods.registry import Entry


def named(method: Entry, cohort: Cohort) -> dict[str, Any]:
    """The fields of the card that a method reads. They decide its predictions, and no hash of the cohort holds them."""
    return {name: getattr(cohort.card, name) for name in method.card}


def unnamed(method: Entry, cohort: Cohort, offered: Sequence[str]) -> str | None:
    """Why a method that reads the card has nothing to read in the modalities offered; None where it has, or does not read it."""
    if not method.card:
        return None
    card = cohort.card
    given = named(method, cohort)
    if "reference" in given and cohort.reference is not None:
        given["reference"] = (*given["reference"], *cohort.reference)
    empty = [name for name, value in given.items() if not value]
    if empty:
        return f"the card of '{card.name}' names no {' and no '.join(empty)}"
    room = _room(card.procedure, cohort)
    if "procedure" in given and room not in offered:
        return f"'{card.name}' names the procedure in its {room}, which is left out here"
    if not set(method.modalities) & set(offered):
        return f"'{card.name}' offers no {' and no '.join(method.modalities)} here"
    return None


def _room(column: str | None, cohort: Cohort) -> str:
    """The modality that holds a column."""
    return "tabular" if cohort.tabular is not None and column in cohort.tabular else "text"

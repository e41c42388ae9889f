"""Compose: a sharing and a balancing make a method."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from datasets import MODALITIES, Refused
from methods import registry
from methods.registry import Entry, present

if TYPE_CHECKING:
    from methods.base import Method
    from methods.neural.method import NeuralMethod

TWIN = "single_task"
Absent = Callable[..., str | None]


def entry(
    name: str,
    sharing: str,
    balancing: str,
    homes: tuple[str, str],
    summary: str,
    effort: float,
    group: str,
    absent: Absent = present,
) -> Entry:
    """The registry's entry of a sharing with a balancing; `homes` are the modules that they stand in."""
    return Entry(
        name=name,
        family="neural",
        modalities=MODALITIES,
        per_outcome=False,
        summary=summary,
        build=partial(build, sharing, balancing),
        sources=("methods.neural.method", *homes),
        twin=None if name == TWIN else TWIN,
        effort=effort,
        group=group,
        absent=absent,
    )


def composed(sharing: str, balancing: str) -> Entry:
    """The entry of `sharing+balancing`; refuses an unknown part, and a balancing where nothing is shared."""
    from methods.neural.balancing.base import BALANCINGS
    from methods.neural.sharing.base import SHARINGS

    how, weighs = SHARINGS.get(sharing), BALANCINGS.get(balancing)
    if balancing == "sum":
        return registry.entry(sharing)
    if not how.mixes:
        raise Refused(f"'{sharing}+{balancing}': {sharing} shares nothing between outcomes, so there is nothing to balance.")
    if sharing == "hard_sharing":
        return registry.entry(balancing)
    return entry(
        f"{sharing}+{balancing}",
        sharing,
        balancing,
        (how.__module__, weighs.__module__),
        f"{registry.entry(sharing).summary} With {balancing}: {registry.entry(balancing).summary}",
        registry.entry(sharing).effort * registry.entry(balancing).effort,
        "balancing",
        registry.entry(balancing).absent,
    )


def build(sharing: str, balancing: str, method: type[NeuralMethod] | None = None, /, **params: Any) -> Method:
    """An unfitted neural method, with the backbone of `method` where one is given; refuses to become another one than its name
    says."""
    from methods.neural.method import NeuralMethod

    for part, name in (("sharing", sharing), ("balancing", balancing)):
        if params.pop(part, name) != name:
            raise Refused(f"{part} is fixed to '{name}' by the method's name; name another method or a composition instead.")
    return (method or NeuralMethod)(sharing, balancing, **params)

"""What a plain fusion is: another backbone, one network per outcome, nothing else changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from methods import registry
from methods.neural import compose
from methods.neural.backbone import Backbone
from methods.neural.method import NeuralMethod
from methods.neural.parts import summary
from methods.neural.sharing.single import SingleTask

B = TypeVar("B", bound=type[Backbone])
HOMES = (SingleTask.__module__, "methods.neural.balancing.sum")


def single_outcome(name: str, effort: float) -> Callable[[B], B]:
    """Registers a backbone, and the neural method of that name: one network per outcome under one configuration, as in the twin.

    It has no twin: what it reads, and how, differs from single task, so that a difference is no transfer. `effort`: roughly how
    long it takes beside hard sharing.
    """

    def decorate(backbone: B) -> B:
        entry = compose.entry(name, "single_task", "sum", HOMES, summary(backbone), effort, "single_outcome")
        method = type(backbone.__name__, (NeuralMethod,), {"backbone": backbone})
        build = partial(compose.build, "single_task", "sum", method)
        sources = (*entry.sources, backbone.__module__)
        registry.add(replace(entry, modalities=backbone.modalities, build=build, sources=sources, twin=None))
        return backbone

    return decorate

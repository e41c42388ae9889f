"""Single task, tuned: what the twin gains when each outcome has its own configuration and its own epoch."""

from __future__ import annotations

from dataclasses import replace

from methods import registry
from methods.neural import compose
from methods.neural.single_outcome.base import HOMES

SUMMARY = "The twin's network, one per outcome, each tuned and stopped on its own."

_entry = compose.entry("single_task_tuned", "single_task", "sum", HOMES, SUMMARY, 4.0, "single_outcome")
# Called with one outcome at a time: trials, configuration and epoch are then that outcome's own.
registry.add(replace(_entry, per_outcome=True, sources=(*_entry.sources, __name__)))

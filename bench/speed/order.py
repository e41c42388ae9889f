"""Order: the comparisons by name, the short ones first."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from bench.speed.row import Row
from bench.speed.size import Size

# Name: the function that measures it, and how it is called while it runs. What takes minutes comes last.
QUICK = {
    "step": ("bench.speed.step:summed", "training steps"),
    "pcgrad": ("bench.speed.step:pcgrad", "PCGrad steps"),
    "bootstrap": ("bench.speed.bootstrap:bootstrap", "bootstrap intervals"),
    "resume": ("bench.speed.resume:resume", "resume of a finished study"),
}
LONG = {
    "diagnostics": ("bench.speed.diagnostics:diagnostics", "training with diagnostics"),
    "lightgbm": ("bench.speed.trees:lightgbm", "tuning of LightGBM"),
    "xgboost": ("bench.speed.trees:xgboost", "tuning of XGBoost"),
    "pruner": ("bench.speed.pruner:pruner", "tuning with the pruner and without"),
    "workers": ("bench.speed.workers:workers", "one worker and two"),
    "memory": ("bench.speed.memory:memory", "memory of workers on one cohort"),
}
ALL = QUICK | LONG


def comparison(name: str) -> Callable[[Size], list[Row]]:
    """What measures the comparison of this name."""
    module, _, function = ALL[name][0].partition(":")
    found: Callable[[Size], list[Row]] = getattr(importlib.import_module(module), function)
    return found

"""Final fits: the chosen parameters with every seed and the defaults with the first, and what they say of valid and test."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.running.diagnosed import NO_PARTS, Missing, Parts, parts, without_each
from bench.running.recorded import Cost, Sides
from bench.running.tuning import Task, Tuned
from methods.base import Method, Watch
from methods.contract.checked import predict

Log = Callable[[int, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Predicted:
    """Probabilities (cases, outcomes) of the final fits, one entry a seed, and of the untuned defaults: of (valid, test), and of
    test by the modality that is missing; and the parts of the first seed's fit."""

    final: tuple[tuple[np.ndarray, np.ndarray], ...]
    default: tuple[np.ndarray, np.ndarray] | None
    missing: tuple[Missing, ...]
    parts: Parts


def final_fits(task: Task, tuned: Tuned, sides: Sides, protocol: Mapping[str, Any], log: Log, cost: Cost) -> Predicted:
    """Fits and predicts, under the study's protocol; `log(fit, record)`."""
    outcomes = len(task.train.outcome_names)
    diagnostics, every = protocol["diagnostics"], protocol["gradients_every"]
    watch = Watch() if diagnostics == "none" else Watch(every, full=diagnostics == "full")

    def fitted(params: Mapping[str, Any], number: int, keep_log: bool) -> Method:
        began = time.perf_counter()
        run = replace(task.run, seed=task.seeds("final", number))
        if keep_log:
            run = replace(run, watch=watch, log=lambda record: log(number, record))
        method = task.build(**params).fit(task.train, task.valid, run)
        cost.fit_seconds += time.perf_counter() - began
        cost.fits += 1
        return method

    def predicted(method: Method) -> tuple[np.ndarray, np.ndarray]:
        began = time.perf_counter()
        both = predict(method, task.valid, outcomes), predict(method, sides.test, outcomes)
        cost.predict_seconds += time.perf_counter() - began
        return both

    final, missing, found = [], [], NO_PARTS
    for number in range(protocol["seeds"]):
        method = fitted(tuned.params, number, keep_log=True)
        final.append(predicted(method))
        if number == 0 and (size := method.size()) is not None:
            cost.size = (cost.size or 0) + size
        if diagnostics != "none":
            began = time.perf_counter()
            missing.append(without_each(method, sides.test, outcomes))
            found = parts(method, task.train, sides.test) if number == 0 else found
            cost.diagnose_seconds += time.perf_counter() - began
    default = None
    if protocol.get("defaults", True):
        default = final[0] if tuned.number == 0 else predicted(fitted(tuned.trials[0]["settings"], 0, keep_log=False))
    return Predicted(tuple(final), default, tuple(missing), found)

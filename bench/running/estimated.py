"""Estimated: what a cell will take, judged by cells that were run before."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.damage import of_json
from bench.disk import read_json
from bench.protocol.plan import Cell, rounds
from methods.registry import entries

# A guess, and said to be one, where nothing was run yet: seconds of one fit of hard sharing on 1,000 training cases.
SECONDS, MEGABYTES = 5.0, 900.0
# What a worker holds before it has read any case.
IDLE_MEGABYTES = 450.0


@dataclass(frozen=True)
class Past:
    """A finished cell: its method's name and dataset, training cases, fits by the protocol, and what it took."""

    name: str
    dataset: str
    train: int
    rounds: int
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Estimate:
    """Of one cell, one worker."""

    seconds: float
    megabytes: float


def past(results: Path) -> tuple[Past, ...]:
    """All finished cells of all studies under `results`, in the order of their names."""
    found = []
    for file in sorted(results.glob("*/*/*/fold-*/cell.json")):
        # A broken record tells nothing here; the next run of its study sets it aside.
        if of_json(file, ("name", "dataset", "protocol", "cases", "cost")):
            continue
        meta = read_json(file)
        cost = meta["cost"]
        seconds = sum(cost.get(part, 0.0) for part in ("tune_seconds", "fit_seconds", "predict_seconds", "diagnose_seconds"))
        train = meta["cases"]["train"]
        found.append(Past(meta["name"], meta["dataset"], train, rounds(meta["protocol"]), seconds, cost["peak_memory_mb"]))
    return tuple(found)


def estimate(cell: Cell, known: Sequence[Past]) -> Estimate:
    """From the most alike finished cell of the same method, else from how long methods take beside each other; linear in fits and
    training cases."""
    fits = rounds(cell.settings["protocol"])
    alike = [one for one in known if one.name == cell.settings["name"]]
    if alike:
        nearest = min(alike, key=lambda one: (one.dataset != cell.settings["dataset"], abs(math.log(one.train / cell.train))))
        grown = cell.train / nearest.train
        memory = IDLE_MEGABYTES + max(0.0, nearest.megabytes - IDLE_MEGABYTES) * grown
        return Estimate(nearest.seconds * grown * fits / nearest.rounds, memory)
    efforts = {name: entry.effort for name, entry in entries().items()}
    rates = [one.seconds / (efforts[one.name] * one.rounds * one.train / 1000) for one in known if one.name in efforts]
    memories = [one.megabytes for one in known]
    return Estimate(cell.effort * (median(rates) if rates else SECONDS), median(memories) if memories else MEGABYTES)


def elapsed(estimates: Iterable[Estimate], workers: int) -> float:
    """Seconds until all are done by so many workers, the longest first."""
    busy = [0.0] * workers
    for one in sorted(estimates, key=lambda one: -one.seconds):
        heapq.heapreplace(busy, busy[0] + one.seconds)
    return max(busy)


def at_once(estimates: Iterable[Estimate], workers: int) -> float:
    """Megabytes at most, should the hungriest run together."""
    return sum(heapq.nlargest(workers, (one.megabytes for one in estimates)))

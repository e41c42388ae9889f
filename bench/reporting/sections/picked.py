"""Picked: which methods a figure of many lines names, what the scales of risk are called, and how incomplete methods are shown."""

from __future__ import annotations

from bench.diagnostics.scaled import PLATT, RAW
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell

SHOWN_SCALES = {RAW: "as predicted", PLATT: "after Platt scaling"}
# Lines that a reader tells apart by colour and dashes.
MOST = 5
# Cases by which net benefit is told.
PER = 1000


def picked(contents: Contents) -> tuple[str, ...]:
    """At most MOST complete methods: the leaders in average AUC and AUPRC, their twins, the best of each family in AUC, the study's
    baseline; all methods where no more than MOST are complete."""
    leaders = [found.method for found in contents.leaders.values() if found is not None]
    twins = [contents.pairs.twins[method] for method in leaders if method in contents.pairs.twins]
    # Where no leader shares anything, the twin that most methods are held against.
    others = list(contents.pairs.twins.values())
    twins = twins or sorted(set(others), key=lambda twin: (-others.count(twin), twin))[:1]
    first = contents.leaders["auc"]
    by_family: dict[str, str] = {}
    for method in (first.method, *first.others) if first is not None else ():
        by_family.setdefault(contents.record.plan["methods"][method]["family"], method)
    wanted = [*leaders, *twins, *by_family.values(), contents.baseline.label]
    methods = contents.scores.methods
    rest = methods if len(methods) <= MOST else ()
    return tuple(dict.fromkeys(method for method in (*wanted, *rest) if method in methods))[:MOST]


def lacking(contents: Contents, columns: int) -> list[tuple[Cell, ...]]:
    """A row for each method without all of its cells: its name and as many `columns` that say whether it failed or was not run."""
    return [(Cell(method), *([Cell(found.status)] * columns)) for method, found in contents.scores.incomplete.items()]

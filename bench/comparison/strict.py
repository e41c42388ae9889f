"""Strict: why two studies are not the same in set-up and predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.comparison.cases import PAIRED
from bench.comparison.setup import Change
from bench.comparison.studies import Comparison, Dataset, Grid


def unequal(comparison: Comparison) -> list[str]:
    """What speaks against it, one line each; empty where everything that a study sets and every prediction is equal, to the bit.

    Versions of libraries and the code of methods may differ: whether they change anything is what such a check asks. A method that
    is not complete in both counts against it, for its predictions are not known.
    """
    lines = [f"{name}: in {study} alone" for study, names in zip("AB", comparison.only, strict=True) for name in names]
    for dataset in comparison.datasets:
        lines += [f"{dataset.name}: {line}" for line in _dataset(dataset)]
    for grid in comparison.grids:
        lines += [f"{grid.label}: {line}" for line in _grid(grid)]
    return lines


def _dataset(dataset: Dataset) -> Iterator[str]:
    if count := _counted([dataset.changes]):
        yield f"{count} of the set-up"
    if dataset.comparable.kind != PAIRED:
        yield f"other cases ({dataset.comparable.why})"
        return
    if moved := [method for method, far in dataset.apart.items() if far != 0]:
        yield f"other predictions of {', '.join(moved)}"
    if dataset.incomplete:
        yield f"not complete: {', '.join(dataset.incomplete)}"


def _grid(grid: Grid) -> Iterator[str]:
    if alone := sum(map(len, grid.only)):
        yield f"{alone} points in one study alone"
    if count := _counted(grid.changes):
        yield f"{count} of the set-up"
    for what, found in (
        ("other cases", [point.kind != PAIRED for point in grid.points]),
        ("other predictions", [any(line[-1] != 0 for line in point.lines) for point in grid.points if point.kind == PAIRED]),
        ("methods that are not complete", [len(point.both) < len(point.either) for point in grid.points if point.kind == PAIRED]),
    ):
        if any(found):
            yield f"{what} at {sum(found)} of {len(grid.points)} points"


def _counted(changes: Sequence[Sequence[Change]]) -> str:
    count = len({(change.part, change.what) for one in changes for change in one if change.counts})
    return f"{count} difference{'' if count == 1 else 's'}" if count else ""

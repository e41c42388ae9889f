"""Order: the sections of a report, as they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.diagnostics.phase import Phase
from bench.reporting.contents import Contents
from bench.reporting.section import Section
from bench.reporting.sections import (
    answer,
    baseline,
    calibration,
    cohort,
    conflict,
    cost,
    decisions,
    default,
    failures,
    grid_answer,
    grid_points,
    learning,
    nested,
    phase,
    protocol,
    representations,
    robustness,
    scores,
    subgroups,
    transfer,
    tripod,
    visible,
)
from bench.store import DatasetRecord

ORDER: tuple[Callable[[Contents], Section | None], ...] = (
    answer.section,
    scores.section,
    failures.section,
    visible.section,
    baseline.section,
    transfer.section,
    conflict.section,
    representations.section,
    robustness.section,
    subgroups.section,
    calibration.section,
    decisions.section,
    cost.section,
    default.section,
    nested.section,
    protocol.section,
    cohort.section,
    tripod.section,
)


def of_grid(found: Phase, records: Sequence[DatasetRecord]) -> list[Section]:
    """What is told of the datasets of a grid together: each of its own would drown the page."""
    scores = [phase.section(found), learning.section(found)]
    # A curve is read before the gains that it leads to, a diagram of gains before the scores behind it.
    made = [grid_answer.section(found), *(scores if learning.along(found) is None else reversed(scores))]
    made += [grid_points.failures(found, records), grid_points.datasets(found, records), grid_points.protocol(found, records)]
    return [section for section in made if section is not None]


def sections(contents: Contents) -> list[Section]:
    """What is told of one dataset."""
    return [found for make in ORDER if (found := make(contents)) is not None]

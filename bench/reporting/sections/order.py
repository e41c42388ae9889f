"""Order: the sections of a report, as they are read."""

from __future__ import annotations

from collections.abc import Callable

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
    nested,
    protocol,
    representations,
    robustness,
    scores,
    subgroups,
    transfer,
    visible,
)

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
)


def sections(contents: Contents) -> list[Section]:
    """What is told of one dataset."""
    return [found for make in ORDER if (found := make(contents)) is not None]

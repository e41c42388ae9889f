"""Studies: two studies that were run, dataset by dataset; A is the earlier, B is held against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from bench.comparison.cases import NOT_COMPARABLE, PAIRED, Comparable, apart, comparable, only
from bench.comparison.points import Point, point
from bench.comparison.results import costs, results, verdicts
from bench.comparison.setup import Change, changes
from bench.comparison.spaces import Space
from bench.diagnostics.phase import grids
from bench.evaluation.bootstrap import RESAMPLES
from bench.evaluation.leader import Leader, leader
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import Scores, score
from bench.evaluation.tested import tested
from bench.store import DatasetRecord, StudyRecord
from datasets.errors import Refused

Spaces = Mapping[tuple[str, str], Space]


@dataclass(frozen=True)
class Study:
    """A study that was run: its record, the search spaces of its trials, and its folder as the user named it."""

    record: StudyRecord
    spaces: Spaces
    folder: Path


@dataclass(frozen=True)
class Dataset:
    """One dataset of both studies.

    `apart`: of each method complete in both, how far its risks lie apart, 0 = equal to the bit; empty where the cases are not the
    same. `incomplete`: why a method of either is not complete in A and in B, empty where it is. `leaders`: by metric, in A and B.
    `results` and the rest are empty where nothing can be compared.
    """

    name: str
    comparable: Comparable
    changes: tuple[Change, ...]
    apart: Mapping[str, float]
    incomplete: Mapping[str, tuple[str, str]]
    results: pd.DataFrame
    costs: pd.DataFrame
    verdicts: pd.DataFrame
    leaders: Mapping[str, tuple[Leader | None, Leader | None]]


@dataclass(frozen=True)
class Grid:
    """One grid of datasets of both studies, and the datasets of it that stand in A or B alone."""

    label: str
    changes: tuple[tuple[Change, ...], ...]
    points: tuple[Point, ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Comparison:
    """Two studies beside each other. `only`: datasets of A alone, of B alone, those of shared grids not counted."""

    a: Study
    b: Study
    datasets: tuple[Dataset, ...]
    grids: tuple[Grid, ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]


def compare(a: Study, b: Study, resamples: int = RESAMPLES) -> Comparison:
    """Compares two studies; refuses records whose cells disagree. Datasets belong together by their label, else by their cohort."""
    crossed = [grids(study.record.datasets) for study in (a, b)]
    shared = [label for label in crossed[0] if label in crossed[1]]
    alone = [[record for record in study.record.datasets if not _in(record, shared)] for study in (a, b)]
    matched = _matched(*alone)
    return Comparison(
        a,
        b,
        tuple(_dataset(one, other, a.spaces, b.spaces, resamples) for one, other in matched),
        tuple(_grid(label, crossed[0][label], crossed[1][label], a.spaces, b.spaces) for label in shared),
        _only(alone, matched),
    )


def _in(record: DatasetRecord, shared: Sequence[str]) -> bool:
    return "grid" in record.plan and record.plan["grid"]["label"] in shared


def _matched(a: Sequence[DatasetRecord], b: Sequence[DatasetRecord]) -> list[tuple[DatasetRecord, DatasetRecord]]:
    by_name = {record.name: record for record in b}
    named = [(record, by_name[record.name]) for record in a if record.name in by_name]
    left = [[record for record in side if record.name not in {one.name for one, _ in named}] for side in (a, b)]
    hashes = [[record.plan["cohort_hash"] for record in side] for side in left]
    once = [h for h in hashes[0] if hashes[0].count(h) == hashes[1].count(h) == 1]
    return [*named, *((left[0][hashes[0].index(h)], left[1][hashes[1].index(h)]) for h in once)]


def _only(
    sides: Sequence[Sequence[DatasetRecord]], matched: Sequence[tuple[DatasetRecord, DatasetRecord]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    first, second = (
        tuple(record.name for record in side if record.name not in {pair[place].name for pair in matched})
        for place, side in enumerate(sides)
    )
    return first, second


def _of(spaces: Spaces, record: DatasetRecord) -> dict[str, Space]:
    return {method: space for (dataset, method), space in spaces.items() if dataset == record.name}


def _dataset(a: DatasetRecord, b: DatasetRecord, spaces_a: Spaces, spaces_b: Spaces, resamples: int) -> Dataset:
    for letter, record in (("A", a), ("B", b)):
        try:
            tested(record)
        except Refused as refusal:
            raise Refused(f"{letter}: {refusal}") from refusal
    found, differing = comparable(a, b), changes(a, b, _of(spaces_a, a), _of(spaces_b, b))
    if found.kind == NOT_COMPARABLE:
        nothing = pd.DataFrame()
        return Dataset(a.name, found, differing, {}, {}, nothing, nothing, nothing, {})
    a, b = only(a, found.outcomes), only(b, found.outcomes)
    # What is nested decides which averages there are; the words of A stand for both.
    b = replace(b, cohort={**b.cohort, "card": a.cohort["card"]})
    if found.kind == PAIRED:
        # Name and seed of A, so that the same patients are drawn.
        protocol = {**b.plan["protocol"], "seed": a.plan["protocol"]["seed"], "repeats": a.plan["protocol"]["repeats"]}
        b = replace(b, name=a.name, plan={**b.plan, "protocol": protocol})
    scores_a, scores_b = score(a, resamples), score(b, resamples)
    methods = tuple(method for method in scores_a.methods if method in scores_b.methods)
    moved = apart(a, b, methods) if found.kind == PAIRED else None
    failed = dict.fromkeys([*scores_a.incomplete, *scores_b.incomplete])
    return Dataset(
        a.name,
        found,
        differing,
        moved or {},
        {method: (_why(scores_a, method), _why(scores_b, method)) for method in failed},
        results(a, scores_a, scores_b, moved),
        costs(a, b, scores_a, scores_b),
        verdicts(a, b, scores_a, scores_b),
        {metric: (leader(scores_a, metric), leader(scores_b, metric)) for metric in METRICS},
    )


def _grid(label: str, a: Sequence[DatasetRecord], b: Sequence[DatasetRecord], spaces_a: Spaces, spaces_b: Spaces) -> Grid:
    theirs = {record.name: record for record in b}
    both = [(record, theirs[record.name]) for record in a if record.name in theirs]
    differing, points = [], []
    for pair in both:
        # Read once, and forgotten before the next point.
        one, other = (replace(record, cells=dict(record.cells)) for record in pair)
        differing.append(changes(one, other, _of(spaces_a, one), _of(spaces_b, other)))
        points.append(point(one, other))
    return Grid(label, tuple(differing), tuple(points), _only((a, b), both))


def _why(scores: Scores, method: str) -> str:
    """Why a method has no scores; empty where it has."""
    found = scores.incomplete.get(method)
    return found.why if found else ""

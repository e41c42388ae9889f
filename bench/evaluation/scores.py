"""Scores: metric per repeat, fold and seed; mean over seeds, then folds, then repeats; never pooled across folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.evaluation import metrics
from bench.evaluation.bootstrap import RESAMPLES, Draws, resampled, seed_shares
from bench.evaluation.incomplete import Incomplete
from bench.evaluation.tested import Fold, Tested, tested
from bench.protocol.seeds import seed
from bench.store import DatasetRecord

AVERAGE = "average"
COMPONENTS = "average_components"
ENSEMBLE = " (ensemble)"
DEFAULT = " (default)"
# Under this many test positives AUPRC hangs on single patients: no interval, never bold.
LEAST_POSITIVES = 20


@dataclass(frozen=True)
class Counts:
    """Test cases of one outcome, each counted once however many folds test it; `prevalence` is the mean over folds."""

    cases: int
    positive: int
    prevalence: float


@dataclass(frozen=True)
class Scores:
    """Scores of the complete methods of one dataset.

    `rows`: method labels, then `… (ensemble)` where there are several seeds, then `… (default)`. `targets`: outcomes, then
    `average`, then `average_components` where outcomes are nested. `folds` (METRICS, rows, targets, folds): the seeds' mean.
    `draws` (METRICS, rows, targets, resamples): bootstrap of the mean over folds; NaN = dropped, in all rows alike.
    """

    methods: tuple[str, ...]
    incomplete: Mapping[str, Incomplete]
    outcomes: tuple[str, ...]
    rows: tuple[str, ...]
    targets: tuple[str, ...]
    repeats: int
    test_to_train: float
    counts: Mapping[str, Counts]
    folds: np.ndarray
    draws: np.ndarray

    @cached_property
    def points(self) -> np.ndarray:
        """Mean over folds, then repeats: (METRICS, rows, targets)."""
        by_repeat = self.folds.reshape(*self.folds.shape[:3], self.repeats, -1)
        return np.asarray(by_repeat.mean(axis=-1).mean(axis=-1))

    @cached_property
    def dropped(self) -> Mapping[str, int]:
        """Resamples dropped for each target, because a fold lacked a class of an outcome; 0 where nothing was scored."""
        if not self.rows:
            return dict.fromkeys(self.targets, 0)
        return {target: int(np.isnan(self.draws[0, 0, t]).sum()) for t, target in enumerate(self.targets)}

    def too_few(self, metric: str, target: str) -> bool:
        """Whether a score gets no interval and no bold: AUPRC of an outcome with under LEAST_POSITIVES test positives."""
        return metric == "auprc" and target in self.counts and self.counts[target].positive < LEAST_POSITIVES


def score(record: DatasetRecord, resamples: int = RESAMPLES) -> Scores:
    """Scores and bootstrap of every complete method of a dataset; refuses records whose cells disagree."""
    read = tested(record)
    protocol = record.plan["protocol"]
    components = _components(record, read.outcomes)
    targets = (*read.outcomes, AVERAGE, *([COMPONENTS] if components else []))
    methods = read.methods
    ensembles = methods if read.seeds > 1 else ()
    rows = (*methods, *(m + ENSEMBLE for m in ensembles), *(m + DEFAULT for m in methods))
    shape = (len(metrics.METRICS), len(rows), len(read.outcomes))
    folds, draws = np.empty((*shape, record.plan["folds"])), np.zeros((*shape, resamples))
    for number in range(record.plan["folds"] if methods else 0):
        scored = _fold(record, read, number, resamples)
        folds[..., number] = scored.points
        draws += scored.draws / record.plan["folds"]
    sizes = [record.cells[method, 0].meta["cases"] for method in methods[:1]]
    return Scores(
        methods=methods,
        incomplete=read.incomplete,
        outcomes=read.outcomes,
        rows=rows,
        targets=targets,
        repeats=protocol["repeats"],
        test_to_train=sizes[0]["test"] / sizes[0]["train"] if sizes else float("nan"),
        counts={outcome: _counts(read, t) for t, outcome in enumerate(read.outcomes)}
        if len(read.folds) == record.plan["folds"]
        else {},
        folds=_with_averages(folds, components),
        draws=_with_averages(draws, components),
    )


@dataclass(frozen=True)
class _Scored:
    """One fold: `points` (METRICS, rows, outcomes), `draws` (METRICS, rows, outcomes, resamples)."""

    points: np.ndarray
    draws: np.ndarray


def _fold(record: DatasetRecord, read: Tested, number: int, resamples: int) -> _Scored:
    """All rows of one fold. Seeds are resampled too, the same for all methods; an ensemble is one fixed model."""
    fold, study_seed = read.folds[number], record.plan["protocol"]["seed"]
    draws = _draws(read, number, study_seed, record.name, resamples)
    shares = seed_shares(read.seeds, resamples, seed(study_seed, record.name, "", number, "bootstrap/seeds"))
    single = [fold.tuned[m].mean(axis=0) for m in read.methods if read.seeds > 1]
    single += [fold.default[m][0] for m in read.methods]
    p = np.concatenate([*(fold.tuned[m] for m in read.methods), np.stack(single)])
    points, sampled = _points(fold, p), resampled(fold.y, p, draws, fold.patient)

    def by_seed(values: np.ndarray) -> np.ndarray:
        runs = values[:, : len(read.methods) * read.seeds]
        return runs.reshape(len(runs), len(read.methods), read.seeds, *runs.shape[2:])

    rest = len(read.methods) * read.seeds
    return _Scored(
        np.concatenate([by_seed(points).mean(axis=2), points[:, rest:]], axis=1),
        np.concatenate([np.einsum("mrstb,bs->mrtb", by_seed(sampled), shares), sampled[:, rest:]], axis=1),
    )


def _draws(read: Tested, number: int, study_seed: int, dataset: str, resamples: int) -> Draws:
    """Patients of one fold; where repeats test a patient several times, of all folds, so that they are drawn in all or in none.

    Independent draws in each repeat would treat one patient as several and make intervals too narrow.
    """
    tests = [fold.patient for fold in read.folds.values()]
    shared = len(np.unique(np.concatenate([np.unique(t) for t in tests]))) < sum(len(np.unique(t)) for t in tests)
    everyone = np.unique(np.concatenate(tests) if shared else read.folds[number].patient)
    return Draws(everyone, seed(study_seed, dataset, "", 0 if shared else number, "bootstrap/patients"), resamples)


def _points(fold: Fold, p: np.ndarray) -> np.ndarray:
    """Metrics of `p` (rows, outcomes, cases) on the cases as they are: (METRICS, rows, outcomes)."""
    return np.stack([np.stack([metrics.scores(y, q) for y, q in zip(fold.y, row, strict=True)], axis=1) for row in p], axis=1)


def _counts(read: Tested, t: int) -> Counts:
    known: dict[int, bool] = {}
    for fold in read.folds.values():
        here = ~np.isnan(fold.y[t])
        known.update(zip(fold.row[here].tolist(), (fold.y[t, here] == 1).tolist(), strict=True))
    share = float(np.mean([metrics.prevalence(fold.y[t]) for fold in read.folds.values()]))
    return Counts(len(known), sum(known.values()), share)


def _components(record: DatasetRecord, outcomes: tuple[str, ...]) -> list[int]:
    """Places of the outcomes that hold no other; empty where no outcome of the study is nested."""
    composite = set(record.cohort["card"].get("nested") or {}) & set(outcomes)
    return [t for t, outcome in enumerate(outcomes) if outcome not in composite] if composite else []


def _with_averages(values: np.ndarray, components: list[int]) -> np.ndarray:
    """Appends the mean over outcomes, and over components, along axis 2."""
    parts = [values, values.mean(axis=2, keepdims=True)]
    if components:
        parts.append(values[:, :, components].mean(axis=2, keepdims=True))
    return np.concatenate(parts, axis=2)

"""Split: which cases train, which choose, which test. Patients move whole; folds are stratified over all outcomes together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold, MultilabelStratifiedShuffleSplit

from bench.protocol.seeds import seed
from bench.protocol.units import SHARES, Units, balanced, labels, told_apart
from datasets import Cohort, Refused

SIDES = ("train", "valid", "test")
SPLITS = ("holdout", "kfold", "temporal", "centre", "official")


@dataclass(frozen=True)
class Split:
    """How cases are parted: one of SPLITS, how many folds and how often they are drawn anew, and the seed of the study.

    holdout: 60/20/20. kfold: test is fold k, valid a quarter of the rest. temporal: train on the past, valid lies between, test
    is the latest fifth of the patients. centre: as holdout (one fold) or kfold, but whole centres move. official: the
    source's own test cases, valid a quarter of the others. Fold numbers run through the repeats.
    """

    kind: str
    folds: int = 1
    repeats: int = 1
    seed: int = 0

    def sides(self, cohort: Cohort, dataset: str) -> pd.DataFrame:
        """Side of every case in every fold: columns row, patient, fold, side; refuses a cohort that lacks what the split needs."""
        needs = {"temporal": "time", "centre": "centre", "official": "official"}.get(self.kind)
        if needs is not None and getattr(cohort, needs) is None:
            has = [kind for kind, part in (("temporal", "time"), ("centre", "centre"), ("official", "official"))
                   if getattr(cohort, part) is not None]  # fmt: skip
            allowed = ", ".join(["holdout", "kfold", *has])
            lacks = {"time": "no times", "centre": "no centres", "official": "no test cases of its source's own"}[needs]
            raise Refused(f"split = \"{self.kind}\": dataset '{dataset}' carries {lacks}. Allowed for it: {allowed}.")
        made = {"holdout": _random, "kfold": _random, "temporal": _temporal, "centre": _centres, "official": _official}[self.kind]
        parts = []
        for fold, side in enumerate(made(self, cohort, dataset)):
            parts.append(pd.DataFrame({"row": np.arange(len(cohort)), "patient": cohort.patient, "fold": fold, "side": side}))
        return pd.concat(parts, ignore_index=True)


def _random(how: Split, cohort: Cohort, dataset: str) -> list[np.ndarray]:
    units = labels(cohort.patient, cohort.outcomes)
    found = []
    for repeat in range(how.repeats):
        shuffled = MultilabelStratifiedKFold(
            n_splits=5 if how.folds == 1 else how.folds,
            shuffle=True,
            random_state=seed(how.seed, dataset, "", repeat, "split/test"),
        )
        for k, (_, test) in enumerate(shuffled.split(units.labels, units.labels)):
            if k == how.folds:
                break
            found.append(_quartered(how, units, test, dataset, repeat * how.folds + k))
    return found


def _quartered(how: Split, units: Units, test: np.ndarray, dataset: str, fold: int) -> np.ndarray:
    """Sides where `test` (places of patients) is given: a stratified quarter of the other patients is valid."""
    rest = np.setdiff1d(np.arange(len(units.labels)), test)
    random = seed(how.seed, dataset, "", fold, "split/valid")
    inner = MultilabelStratifiedKFold(n_splits=4, shuffle=True, random_state=random)
    found = told_apart(units.labels[rest])
    train, valid = next(inner.split(found, found))
    return units.sides(train=rest[train], valid=rest[valid], test=test)


def _temporal(how: Split, cohort: Cohort, dataset: str) -> list[np.ndarray]:
    assert cohort.time is not None
    unknown = int(np.isnan(cohort.time).sum())
    if unknown:
        raise Refused(f"split = \"temporal\": {unknown} cases of dataset '{dataset}' have no time.")
    units = labels(cohort.patient, cohort.outcomes)
    # A patient stands where their last case does, so that nobody is trained on after somebody who is tested.
    last = pd.Series(cohort.time).groupby(cohort.patient).max().to_numpy()
    if len(np.unique(last)) < len(SIDES):
        raise Refused(f"split = \"temporal\": the cases of dataset '{dataset}' have fewer than three different times.")
    # Equal times stay on one side: a cut falls between two times, never inside one.
    cuts = np.quantile(last, np.cumsum(SHARES)[:2], method="higher")
    place = np.searchsorted(cuts, last, side="right")
    found = units.sides(*(np.flatnonzero(place == side) for side in range(len(SIDES))))
    return [found] * how.repeats


def _centres(how: Split, cohort: Cohort, dataset: str) -> list[np.ndarray]:
    assert cohort.centre is not None
    units = labels(told_together(cohort.centre, cohort.patient), cohort.outcomes)
    parts = 5 if how.folds == 1 else how.folds
    if len(units.labels) < max(5, parts):
        found = f"{len(units.labels)} centres that share no patient"
        raise Refused(f"split = \"centre\": dataset '{dataset}' has {found}; at least {max(5, parts)} are needed here.")
    sides = []
    for repeat in range(how.repeats):
        part = balanced(units, parts, seed(how.seed, dataset, "", repeat, "split/test"))
        for k in range(how.folds):
            fold = repeat * how.folds + k
            rest, test = np.flatnonzero(part != k), np.flatnonzero(part == k)
            quarter = balanced(units.only(rest), 4, seed(how.seed, dataset, "", fold, "split/valid"))
            sides.append(units.sides(train=rest[quarter != 0], valid=rest[quarter == 0], test=test))
    return sides


def _official(how: Split, cohort: Cohort, dataset: str) -> list[np.ndarray]:
    assert cohort.official is not None
    units = labels(cohort.patient, cohort.outcomes)
    # Patients move whole: who has one case among the source's test cases is tested with all.
    held = pd.Series(cohort.official).groupby(cohort.patient).any().to_numpy()
    if held.all() or not held.any():
        raise Refused(
            f"split = \"official\": dataset '{dataset}' has {'only' if held.any() else 'no'} test cases of its source's own."
        )
    return [_quartered(how, units, np.flatnonzero(held), dataset, fold) for fold in range(how.repeats)]


def told_together(centre: np.ndarray, patient: np.ndarray) -> np.ndarray:
    """Groups of centres (cases,): two centres with a patient in common are one, as neither can be left out without the other."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    centres, at = np.unique(centre, return_inverse=True)
    patients, who = np.unique(patient, return_inverse=True)
    nodes = len(centres) + len(patients)
    meets = coo_array((np.ones(len(at)), (at, len(centres) + who)), shape=(nodes, nodes))
    return np.asarray(connected_components(meets, directed=False)[1][at])


def subsample(cohort: Cohort, patients: int, study_seed: int, dataset: str, kind: str = "holdout") -> np.ndarray:
    """Rows of a stratified sample of this many patients, in order; all rows where there are no more.

    Under the official split they are drawn from those that train and choose; the source's own test cases all stay.
    """
    if kind == "official" and cohort.official is not None:
        held = tested_elsewhere(cohort)
        rest = np.flatnonzero(~held)
        others = replace(cohort.take(rest), official=None)
        return np.sort(np.concatenate([np.flatnonzero(held), rest[subsample(others, patients, study_seed, dataset)]]))
    units = labels(cohort.patient, cohort.outcomes, cohort.official)
    if patients >= len(units.labels):
        return np.arange(len(cohort))
    draw = MultilabelStratifiedShuffleSplit(
        n_splits=1, test_size=patients / len(units.labels), random_state=seed(study_seed, dataset, "", 0, "subsample")
    )
    _, chosen = next(draw.split(units.labels, units.labels))
    return np.flatnonzero(np.isin(units.unit, chosen))


def tested_elsewhere(cohort: Cohort) -> np.ndarray:
    """Cases (cases,) of patients of whom the source keeps any case for testing: patients move whole."""
    held = pd.Series(np.asarray(cohort.official, dtype=bool))
    return np.asarray(held.groupby(cohort.patient).transform("any"), dtype=bool)


def positives(outcomes: pd.DataFrame, sides: pd.DataFrame) -> pd.DataFrame:
    """Fewest cases of the rarer class on any side of any fold: one row an outcome, columns fewest, side, fold."""
    rows = {}
    for name, column in outcomes.items():
        y = column.to_numpy()[sides["row"]]
        counts = pd.DataFrame({"fold": sides["fold"], "side": sides["side"], "one": y == 1, "zero": y == 0})
        rarer = counts.groupby(["fold", "side"], as_index=False)[["one", "zero"]].sum()
        least = rarer.iloc[int(rarer[["one", "zero"]].min(axis=1).to_numpy().argmin())]
        rows[str(name)] = {"fewest": int(min(least["one"], least["zero"])), "side": str(least["side"]), "fold": int(least["fold"])}
    return pd.DataFrame.from_dict(rows, orient="index")


def split_hash(sides: pd.DataFrame) -> str:
    """SHA-256 of a split, whatever the order of its rows."""
    ordered = sides.sort_values(["fold", "row"])[["row", "patient", "fold", "side"]]
    return hashlib.sha256(ordered.to_csv(index=False).encode()).hexdigest()

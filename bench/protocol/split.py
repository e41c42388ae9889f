"""Split: which cases train, which choose, which test. Patients move whole; folds are stratified over all outcomes together."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold, MultilabelStratifiedShuffleSplit

from bench.protocol.seeds import seed

SIDES = ("train", "valid", "test")


def split(patient: np.ndarray, outcomes: pd.DataFrame, folds: int, repeats: int, study_seed: int, dataset: str) -> pd.DataFrame:
    """Side of every case in every fold: columns row, patient, fold, side.

    One fold: 60/20/20. K folds: test is fold k, valid a quarter of the rest. Fold numbers run through the repeats.
    """
    patients, labels = _patient_labels(patient, outcomes)
    parts = []
    for repeat in range(repeats):
        shuffled = MultilabelStratifiedKFold(
            n_splits=max(folds, 5) if folds == 1 else folds,
            shuffle=True,
            random_state=seed(study_seed, dataset, "", repeat, "split/test"),
        )
        for k, (rest, test) in enumerate(shuffled.split(labels, labels)):
            if k == folds:
                break
            fold = repeat * folds + k
            inner = MultilabelStratifiedKFold(
                n_splits=4, shuffle=True, random_state=seed(study_seed, dataset, "", fold, "split/valid")
            )
            train, valid = next(inner.split(labels[rest], labels[rest]))
            side_of = dict.fromkeys(patients[test], "test")
            side_of |= dict.fromkeys(patients[rest[valid]], "valid") | dict.fromkeys(patients[rest[train]], "train")
            sides = pd.Series(patient).map(side_of).to_numpy()
            parts.append(pd.DataFrame({"row": np.arange(len(patient)), "patient": patient, "fold": fold, "side": sides}))
    return pd.concat(parts, ignore_index=True)


def subsample(patient: np.ndarray, outcomes: pd.DataFrame, patients: int, study_seed: int, dataset: str) -> np.ndarray:
    """Rows of a stratified sample of this many patients, in order; all rows where there are no more."""
    everyone, labels = _patient_labels(patient, outcomes)
    if patients >= len(everyone):
        return np.arange(len(patient))
    draw = MultilabelStratifiedShuffleSplit(
        n_splits=1, test_size=patients / len(everyone), random_state=seed(study_seed, dataset, "", 0, "subsample")
    )
    _, chosen = next(draw.split(labels, labels))
    return np.flatnonzero(np.isin(patient, everyone[chosen]))


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


def _patient_labels(patient: np.ndarray, outcomes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """One row a patient: whether any case has each outcome, and whether any case has it known (where that varies)."""
    y = outcomes.to_numpy()
    by_patient = pd.DataFrame(np.hstack([y == 1, ~np.isnan(y)])).groupby(np.asarray(patient)).any()
    labels = by_patient.to_numpy().astype(int)
    varies = labels.min(axis=0) < labels.max(axis=0)
    # With nothing to stratify by, one constant column keeps the splitter going.
    return by_patient.index.to_numpy(), labels[:, varies] if varies.any() else np.zeros((len(labels), 1), int)

"""Prepared: a dataset of a study, opened and parted, with the outcomes that can be scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from bench.protocol.labels import DatasetLabel
from bench.protocol.remembered import Found, remembered
from bench.protocol.study import Protocol, Study
from datasets import Cohort, Refused, cache

# Fewer on a side, and an outcome's scores would be noise; subsampling wants twice as many.
LEAST_POSITIVES = 5
LEAST_POSITIVES_SUBSAMPLED = 10


@dataclass(frozen=True)
class Prepared:
    """A dataset of a study with its sides (row, patient, fold, side) and their hash; `taken` and `left_out` as in the plan."""

    label: DatasetLabel
    local: Path
    cohort: Cohort
    cohort_hash: str
    sides: pd.DataFrame
    split_hash: str
    taken: str
    outcomes: tuple[str, ...]
    left_out: Mapping[str, str]


def prepare(study: Study, label: DatasetLabel, home: Path) -> Prepared:
    """Opens a dataset, parts it, and finds the outcomes that can be scored; refuses one with too little."""
    local = cache.prepared(label.name, home, **label.set)
    cohort = cache.read(local)
    if not set(study.protocol.modalities) & set(cohort.modalities):
        asked = ", ".join(study.protocol.modalities)
        raise Refused(f"dataset '{label.label}' has {', '.join(cohort.modalities)}; the study asks for {asked}.")
    drawn_by = {"protocol": study.protocol.said(), "label": label.label, "patients": label.patients}
    drawn = remembered(local, "split", drawn_by, partial(_drawn, cohort, study.protocol, label))
    taken, left_out = drawn.told["taken"], drawn.told["left_out"]
    if label.known is not None and label.known < 1:
        taken += f"; {100 * label.known:g} % of the known outcomes are left on the train side"
    outcomes = tuple(name for name in cohort.outcome_names if name not in left_out)
    if len(outcomes) < 2:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise Refused(f"dataset '{label.label}': fewer than two outcomes are left ({reasons}). Take fewer folds or more patients.")
    sides, split = drawn.tables["sides"], drawn.told["split_hash"]
    return Prepared(label, local, cohort, cache.stored_hash(local), sides, split, taken, outcomes, left_out)


def _drawn(cohort: Cohort, protocol: Protocol, label: DatasetLabel) -> Found:
    # What draws loads libraries that a split that is kept does without.
    from bench.protocol.split import split_hash

    sides, taken, left_out = _sides(cohort, protocol, label)
    return Found({"split_hash": split_hash(sides), "taken": taken, "left_out": left_out}, {"sides": sides})


def _sides(cohort: Cohort, protocol: Protocol, label: DatasetLabel) -> tuple[pd.DataFrame, str, dict[str, str]]:
    from bench.protocol.split import Split, positives, subsample

    dataset, patients = label.label, label.patients or protocol.patients
    # Without inputs, so that no copy of them is made.
    cohort = cohort.without(*cohort.modalities)
    how = Split(protocol.kind, protocol.folds, protocol.repeats, protocol.seed)

    def parted(rows: np.ndarray) -> pd.DataFrame:
        sides = how.sides(cohort.take(rows), dataset)
        return sides.assign(row=rows[sides["row"].to_numpy()])

    rows, taken = np.arange(len(cohort)), f"all {len(cohort):,} cases"
    sides = None
    if label.patients is not None:
        _refuse_many(label, cohort, protocol.kind)
    if patients is not None:
        rows = subsample(cohort, patients, protocol.seed, dataset, protocol.kind)
        sides = parted(rows)
        if len(rows) < len(cohort):
            taken = f"{len(rows):,} of {len(cohort):,} cases"
            held = positives(cohort.outcomes, sides)
            if label.patients is not None:
                # A point of a grid is what it says: other outcomes or more patients would not stand beside its neighbours.
                if (held["fewest"] < LEAST_POSITIVES).any():
                    _refuse_few(label, held, positives(cohort.outcomes, parted(np.arange(len(cohort)))))
            elif held["fewest"].min() < LEAST_POSITIVES_SUBSAMPLED:
                would = f"{patients:,} patients would leave under {LEAST_POSITIVES_SUBSAMPLED} positives on a side"
                taken, sides = f"all {len(cohort):,} cases, as {would}", None
    if sides is None:
        sides = parted(np.arange(len(cohort)))
    left_out = {}
    for name, least in positives(cohort.outcomes, sides).iterrows():
        if least["fewest"] < LEAST_POSITIVES:
            # Under five is not counted: reports tell of so few patients only that they are few.
            few = f"under {LEAST_POSITIVES} cases" if least["fewest"] else "no case"
            found = f"{few} of its rarer class on the {least['side']} side of fold {least['fold']}"
            left_out[str(name)] = f"{found}; at least {LEAST_POSITIVES} are needed"
    return sides, taken, left_out


def _refuse_many(label: DatasetLabel, cohort: Cohort, kind: str) -> None:
    """Refuses an entry that asks for more patients than there are to train and choose on, or to part at all."""
    from bench.protocol.split import tested_elsewhere

    outside = tested_elsewhere(cohort) if kind == "official" and cohort.official is not None else np.zeros(len(cohort), dtype=bool)
    there = len(np.unique(cohort.patient[~outside]))
    if label.patients is not None and label.patients > there:
        beside = " beside those that are kept for testing" if outside.any() else ""
        raise Refused(f"dataset '{label.label}': patients = {label.patients:,}: it has {there:,} patients{beside}. Take fewer.")


def _refuse_few(label: DatasetLabel, sampled: pd.DataFrame, whole: pd.DataFrame) -> None:
    """Refuses an entry's own number of patients where it costs an outcome that all patients would keep; tables of `positives`."""
    for (name, least), enough in zip(sampled.iterrows(), whole["fewest"] >= LEAST_POSITIVES, strict=True):
        if enough and least["fewest"] < LEAST_POSITIVES:
            raise Refused(
                f"dataset '{label.label}': patients = {label.patients:,} leaves {least['fewest']} cases of the rarer class of "
                f"{name} on the {least['side']} side of fold {least['fold']}; at least {LEAST_POSITIVES} are needed. Take more."
            )

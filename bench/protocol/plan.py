"""Plan: a study as cells, with the cohort, split and outcomes of each dataset fixed before anything is fitted."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.protocol import references
from bench.protocol.fingerprint import cell_key, source_hash
from bench.protocol.labels import Label, MethodLabel
from bench.protocol.named import named, unnamed
from bench.protocol.split import Split, positives, split_hash, subsample
from bench.protocol.study import Protocol, Study
from bench.store import CellPlace, read_json, write_json
from datasets import MODALITIES, Cohort, Refused, cache
from datasets.checks import NOTE
from methods.registry import Entry, entry

# Fewer on a side, and an outcome's scores would be noise; subsampling wants twice as many.
LEAST_POSITIVES = 5
LEAST_POSITIVES_SUBSAMPLED = 10


@dataclass(frozen=True)
class Cell:
    """The unit of work: one dataset label, one method label, one fold; `settings` is all that decides its predictions."""

    place: CellPlace
    key: str
    effort: float
    settings: Mapping[str, Any]
    cohort: Path
    split: Path
    plugins: tuple[str, ...]


@dataclass(frozen=True)
class DatasetPlan:
    """One dataset of a study, ready to run: `taken` says how many cases, `left_out` why each outcome is not in it,
    `methods_left_out` why each method has nothing to read here or nothing to leave out, `warnings` what its check found."""

    label: Label
    folder: Path
    taken: str
    outcomes: tuple[str, ...]
    left_out: Mapping[str, str]
    methods_left_out: Mapping[str, str]
    warnings: tuple[str, ...]
    cells: tuple[Cell, ...]


def plan(
    study: Study, methods: Sequence[MethodLabel], home: Path, results: Path, plugins: Sequence[str]
) -> tuple[DatasetPlan, ...]:
    """Fixes cohort, split and cells of every dataset, and writes them down; refuses a study that cannot be run."""
    ready = [_prepare(study, label, home) for label in study.datasets]
    return tuple(_written(study, methods, prepared, results, plugins) for prepared in ready)


@dataclass(frozen=True)
class _Prepared:
    label: Label
    local: Path
    cohort: Cohort
    cohort_hash: str
    sides: pd.DataFrame
    taken: str
    outcomes: tuple[str, ...]
    left_out: Mapping[str, str]


def _prepare(study: Study, label: Label, home: Path) -> _Prepared:
    local = cache.prepared(label.name, home, **label.set)
    cohort = cache.read(local)
    if not set(study.protocol.modalities) & set(cohort.modalities):
        asked = ", ".join(study.protocol.modalities)
        raise Refused(f"dataset '{label.label}' has {', '.join(cohort.modalities)}; the study asks for {asked}.")
    sides, taken, left_out = _sides(cohort, study.protocol, label.label)
    outcomes = tuple(name for name in cohort.outcome_names if name not in left_out)
    if len(outcomes) < 2:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise Refused(f"dataset '{label.label}': fewer than two outcomes are left ({reasons}). Take fewer folds or more patients.")
    return _Prepared(label, local, cohort, cache.stored_hash(local), sides, taken, outcomes, left_out)


def _sides(cohort: Cohort, protocol: Protocol, dataset: str) -> tuple[pd.DataFrame, str, dict[str, str]]:
    # Without inputs, so that no copy of them is made.
    cohort = cohort.without(*cohort.modalities)
    how = Split(protocol.kind, protocol.folds, protocol.repeats, protocol.seed)

    def parted(rows: np.ndarray) -> pd.DataFrame:
        sides = how.sides(cohort.take(rows), dataset)
        return sides.assign(row=rows[sides["row"].to_numpy()])

    rows, taken = np.arange(len(cohort)), f"all {len(cohort):,} cases"
    sides = None
    if protocol.patients is not None:
        rows = subsample(cohort, protocol.patients, protocol.seed, dataset)
        sides = parted(rows)
        if len(rows) < len(cohort):
            taken = f"{len(rows):,} of {len(cohort):,} cases"
            if positives(cohort.outcomes, sides)["fewest"].min() < LEAST_POSITIVES_SUBSAMPLED:
                few = f"{protocol.patients:,} patients would leave under {LEAST_POSITIVES_SUBSAMPLED} positives on a side"
                taken, sides = f"all {len(cohort):,} cases, as {few}", None
    if sides is None:
        sides = parted(np.arange(len(cohort)))
    left_out = {}
    for name, least in positives(cohort.outcomes, sides).iterrows():
        if least["fewest"] < LEAST_POSITIVES:
            found = f"{least['fewest']} cases of its rarer class on the {least['side']} side of fold {least['fold']}"
            left_out[str(name)] = f"{found}; at least {LEAST_POSITIVES} are needed"
    return sides, taken, left_out


def _written(study: Study, methods: Sequence[MethodLabel], ready: _Prepared, results: Path, plugins: Sequence[str]) -> DatasetPlan:
    folder = results / study.name / ready.label.label
    protocol = {**study.protocol.model_dump(mode="json"), "split": study.protocol.kind}
    shared = {
        "dataset": ready.label.label,
        "protocol": protocol,
        "cohort_hash": ready.cohort_hash,
        "split_hash": split_hash(ready.sides),
        "outcomes": list(ready.outcomes),
    }
    offered = tuple(m for m in ready.cohort.modalities if m in study.protocol.modalities)
    cells, described = [], {}
    left_out = {label.label: why for label in methods if (why := _unread(label, ready.cohort, offered))}
    if len(left_out) == len(methods):
        raise Refused("; ".join(f"method '{label}': {why}" for label, why in left_out.items()) + ". No method is left.")
    for label in methods:
        if label.label in left_out:
            continue
        found = entry(label.name)
        if label.set:
            # Parameters by outcome that are made for another number of outcomes are refused here.
            found.build(**label.set).defaults(len(ready.outcomes))
        without = [m for m in MODALITIES if m in label.without]
        seen = [m for m in offered if m in found.modalities and m not in without]
        if not seen:
            reads, offers = ", ".join(found.modalities), ", ".join(offered)
            raise Refused(
                f"method '{label.label}' reads {reads}; '{ready.label.label}' offers {offers}. Leave it out of --methods."
            )
        source, read = source_hash(found.sources), named(found, ready.cohort)
        outside = found.outside(**label.set)
        keys = []
        for fold in range(study.protocol.folds * study.protocol.repeats):
            settings = {**shared, "method": label.label, "name": label.name, "set": label.set, "fold": fold}
            # Only where there is something to say, so that the keys of all other cells stay what they were.
            settings |= {"without": without} if without else {}
            settings |= {"card": read} if read else {}
            settings |= {"outside": outside} if outside else {}
            key = cell_key(settings, source)
            place = CellPlace(folder, label.label, fold)
            cells.append(Cell(place, key, found.effort, settings, ready.local, folder / "split.parquet", tuple(plugins)))
            keys.append(key)
        described[label.label] = {
            "name": label.name,
            "set": label.set,
            "without": without,
            "family": found.family,
            "group": found.group,
            "twin": _twin(found, label, methods),
            "per_outcome": found.per_outcome,
            "modalities": seen,
            "summary": found.summary,
            "keys": keys,
        }
    missing = {label.label: why for label in study.methods if label.optional and (why := entry(label.name).absent(**label.set))}
    record = {
        "schema": 1,
        "study": study.name,
        **shared,
        "taken": ready.taken,
        "left_out": dict(ready.left_out),
        "methods_left_out": missing | left_out,
        "folds": study.protocol.folds * study.protocol.repeats,
        "methods": described,
        "baseline": study.baseline,
        "published": [row.model_dump(mode="json") for row in study.published],
    }
    _keep(folder, record, ready)
    warnings = tuple(note for note in ready.cohort.card.notes if note.startswith(NOTE))
    return DatasetPlan(ready.label, folder, ready.taken, ready.outcomes, ready.left_out, left_out, warnings, tuple(cells))


def _unread(label: MethodLabel, cohort: Cohort, offered: Sequence[str]) -> str | None:
    """Why a method has nothing to read in a cohort: a field of its card that says nothing, or no modality left; or why it would
    read what it reads anyway: none of the modalities that it is to leave out is there."""
    method, card = entry(label.name), cohort.card
    if why := unnamed(method, cohort, [m for m in offered if m not in label.without]):
        return why
    reads = {m for m in offered if m in method.modalities}
    if label.without and reads:
        if not reads & set(label.without):
            return f"'{card.name}' offers no {' and no '.join(label.without)} that could be left out"
        if reads <= set(label.without):
            return f"without {', '.join(label.without)} nothing of '{card.name}' is left to read"
    return None


def _twin(method: Entry, label: MethodLabel, methods: Sequence[MethodLabel]) -> str | None:
    """The label of a method's twin in the study, which reads what it reads; where there is none, the twin's name."""
    alike = [other for other in methods if other.name == method.twin and not other.set]
    return next((other.label for other in alike if set(other.without) == set(label.without)), method.twin)


def _keep(folder: Path, record: dict[str, Any], ready: _Prepared) -> None:
    """Writes plan, cohort and split; methods planned before under the same protocol stay in the plan."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "plan.json").is_file():
        before = read_json(folder / "plan.json")
        if all(before.get(key) == record[key] for key in ("schema", "protocol", "cohort_hash", "split_hash", "outcomes")):
            methods = {**before["methods"], **record["methods"]}
            left_out = {label: why for label, why in record["methods_left_out"].items() if label not in methods}
            record = {**record, "methods": methods, "methods_left_out": left_out}
        else:
            for name in ("plan.json", "cohort.json", "split.parquet"):
                if (folder / name).is_file():
                    shutil.copy2(folder / name, folder / f"{name}.outdated-{before['split_hash'][:8]}")
    used = ready.sides.loc[ready.sides["fold"] == 0, "row"].to_numpy()
    outcomes = ready.cohort.outcomes.iloc[used]
    write_json(
        folder / "cohort.json",
        {
            "card": dataclasses.asdict(ready.cohort.card),
            "cases": len(ready.cohort),
            "patients": len(np.unique(ready.cohort.patient)),
            "cases_used": len(used),
            "outcomes": {
                name: {"known": int(y.notna().sum()), "positive": int((y == 1).sum()), "prevalence": float(y.mean())}
                for name, y in outcomes.items()
            },
            "present": {m: float(ready.cohort.present(m)[used].mean()) for m in ready.cohort.modalities},
            "hash": ready.cohort_hash,
            "references": references.references(ready.label.name, ready.label.set, ready.sides, ready.outcomes),
        },
    )
    draft = folder / ".split.parquet"
    ready.sides.to_parquet(draft, index=False)
    draft.replace(folder / "split.parquet")
    write_json(folder / "plan.json", record)

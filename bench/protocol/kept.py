"""Kept: what a plan leaves on disk for workers and reports."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from bench.compact import write_table
from bench.disk import read_json, sealed, sha256, write_json
from bench.protocol import large_n, references
from bench.protocol.groups import groups
from bench.protocol.labels import Point
from bench.protocol.offered import offered
from bench.protocol.prepared import Prepared
from bench.protocol.remembered import Found, remembered
from datasets.registry import entry


def weights(ready: Prepared, truth: Any, rows: np.ndarray) -> dict[str, dict[str, float]]:
    """Of a synthetic cohort: how much each true factor weighs in each outcome, its coefficient in the best linear account of the
    log-odds of the true risk, both of unit variance over these rows; empty without a truth."""
    if truth is None:
        return {}
    f, odds = truth.factors[rows].astype(float), logit(truth.risks.iloc[rows].to_numpy(float))
    f, odds = ((x - x.mean(axis=0)) / x.std(axis=0) for x in (f, odds))
    found_weights = np.linalg.lstsq(f, odds, rcond=None)[0]
    by_outcome = {str(name): found_weights[:, t] for t, name in enumerate(truth.risks)}
    return {name: dict(zip(truth.factor_names, map(float, by_outcome[name]), strict=True)) for name in ready.outcomes}


def factors(truth: Any, rows: np.ndarray) -> pd.DataFrame:
    """The true factors of these rows of a synthetic cohort, by name."""
    values = pd.DataFrame(truth.factors[rows].astype(np.float32), columns=list(truth.factor_names))
    return values.assign(row=rows)[["row", *truth.factor_names]]


def keep(folder: Path, record: dict[str, Any], ready: Prepared, warned: Sequence[str] | None) -> None:
    """Writes plan, cohort with what its check warned of, and split; methods planned before under the same protocol stay in the
    plan."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "plan.json").is_file():
        before = read_json(folder / "plan.json")
        alike = ("schema", "protocol", "cohort_hash", "split_hash", "outcomes", "known")
        if all(before.get(key) == record.get(key) for key in alike):
            methods = {**before["methods"], **record["methods"]}
            left_out = {label: why for label, why in record["methods_left_out"].items() if label not in methods}
            record = {**record, "methods": methods, "methods_left_out": left_out}
        else:
            for name in ("plan.json", "cohort.json", "split.parquet"):
                if (folder / name).is_file():
                    shutil.copy2(folder / name, folder / f"{name}.outdated-{before['split_hash'][:8]}")
    # What reads the factors is the diagnostics alone.
    factored = record["protocol"]["diagnostics"] != "none"
    found = remembered(ready.local, "kept", _decided_by(ready, warned, factored), partial(_found, ready, warned, factored))
    write_json(folder / "cohort.json", found.told)
    files = [folder / "cohort.json"]
    for name, table in {"split": ready.sides, **found.tables}.items():
        draft = folder / f".{name}.parquet"
        write_table(draft, table)
        files.append(draft.replace(folder / f"{name}.parquet"))
    write_json(folder / "plan.json", sealed({**record, "files": {file.name: sha256(file) for file in files}}))


def _decided_by(ready: Prepared, warned: Sequence[str] | None, factored: bool) -> dict[str, Any]:
    """All that a cohort's account hangs on beside its local form; `large_n` may be made at any time."""
    label = ready.label
    made = None if entry(label.name).truth is None else large_n.path(label.name, label.set)
    return {
        "card": dataclasses.asdict(ready.cohort.card),
        "set": label.set,
        "point": isinstance(label, Point),
        "split": ready.split_hash,
        "outcomes": ready.outcomes,
        "warnings": None if warned is None else list(warned),
        "factored": factored,
        "large_n": None if made is None else sha256(made),
    }


def _found(ready: Prepared, warned: Sequence[str] | None, factored: bool) -> Found:
    """The account of a cohort, as cohort.json holds it, and the tables beside it."""
    found = entry(ready.label.name)
    truth = None if found.truth is None else found.truth(**ready.label.set)
    used = ready.sides.loc[ready.sides["fold"] == 0, "row"].to_numpy()
    outcomes = ready.cohort.outcomes.iloc[used]
    told = {
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
        **({} if warned is None else {"warnings": list(warned)}),
        **({} if isinstance(ready.label, Point) else {"inputs": offered(ready.cohort, used)}),
        "truth": weights(ready, truth, used),
        "references": references.references(ready.label.name, ready.label.set, truth, ready.sides, ready.outcomes),
    }
    tables = {"groups": groups(ready.cohort, used)}
    if truth is not None and factored:
        tables["factors"] = factors(truth, used)
    return Found(told, tables)

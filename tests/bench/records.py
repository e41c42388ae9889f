"""Records of a study that nobody ran, written through the store as the engine does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.disk import append_line, write_json
from bench.place import CellPlace
from bench.store import PREDICTION_COLUMNS, StudyRecord, read_study

OUTCOMES = {"any": 0.30, "pulmonary": 0.15, "kidney": 0.10, "icu": 0.02}


@dataclass(frozen=True)
class Fake:
    """What to invent. `skill`: method label → how much of the true risk it sees; `failed`, `unrun`: (label, fold).

    `log`, `diagnosed` of (label, fold); `missing` of (predictions, label): test predictions without a modality; `groups` of rows.
    """

    skill: Mapping[str, float] = field(default_factory=lambda: {"single_task": 1.0, "mmoe": 1.6, "orthtd": 0.4, "lightgbm": 1.5})
    outcomes: Mapping[str, float] = field(default_factory=lambda: dict(OUTCOMES))
    nested: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"any": ("pulmonary", "kidney", "icu")})
    twins: Mapping[str, str] = field(default_factory=lambda: {"mmoe": "single_task", "orthtd": "single_task"})
    patients: int = 600
    folds: int = 1
    repeats: int = 1
    seeds: int = 1
    unknown: float = 0.1
    failed: Iterable[tuple[str, int]] = ()
    unrun: Iterable[tuple[str, int]] = ()
    oracle: bool = True
    synthetic: bool = True
    default_like_tuned: bool = False
    log: Callable[[str, int], list[Mapping[str, Any]]] = lambda _method, _fold: []
    diagnosed: Callable[[str, int], Mapping[str, Any]] = lambda _method, _fold: {}
    missing: Callable[[pd.DataFrame, str], pd.DataFrame | None] = lambda _frame, _method: None
    groups: Callable[[np.ndarray], pd.DataFrame] | None = None
    change: Callable[[pd.DataFrame, str, int], pd.DataFrame] = lambda frame, _method, _fold: frame


def write_dataset(results: Path, study: str, dataset: str, fake: Fake) -> None:
    """Writes plan, cohort and cells of one dataset; two thirds of the patients have one case, the others two."""
    rng = np.random.default_rng(len(dataset))
    patient = np.concatenate([np.arange(fake.patients), np.arange(fake.patients // 3)])
    names = list(fake.outcomes)
    risk = rng.normal(size=(len(patient), len(names)))
    cut = np.quantile(risk + rng.normal(size=risk.shape), [1 - share for share in fake.outcomes.values()], axis=0).diagonal()
    y = (risk + rng.normal(size=risk.shape) > cut).astype(float)
    y[rng.random(y.shape) < fake.unknown] = np.nan
    folder = results / study / dataset
    total = fake.folds * fake.repeats
    sides = [_sides(rng, fake, patient, fold) for fold in range(total)]
    write_json(folder / "plan.json", _plan(fake, study, dataset, names, total))
    write_json(folder / "cohort.json", _cohort(fake, dataset, patient, y, names, total))
    if fake.groups is not None:
        fake.groups(np.arange(len(patient))).to_parquet(folder / "groups.parquet", index=False)
    for method, skill in fake.skill.items():
        for fold in range(total):
            place = CellPlace(folder, method, fold)
            if (method, fold) in fake.failed:
                place.fail(
                    {"key": _key(method, fold), "exception": "FloatingPointError", "said": None, "frames": ["net.py:3 in fit"]}
                )
            elif (method, fold) not in fake.unrun:
                seen = [skill * risk + rng.normal(size=risk.shape) for _ in range(fake.seeds + 1)]
                frames = [_frame(names, sides[fold], patient, y, 1 / (1 + np.exp(2 - z)), s) for s, z in enumerate(seen)]
                place.begin(_key(method, fold))
                predictions = fake.change(pd.concat(frames[:-1], ignore_index=True), method, fold)
                default = predictions if fake.default_like_tuned else frames[-1].assign(seed=0)
                for line in fake.log(method, fold):
                    append_line(place.partial / "log.jsonl", line)
                missing, diagnosed = fake.missing(predictions, method), fake.diagnosed(method, fold)
                place.finish(_cell(fake, method, fold, sides[fold]), predictions, default, missing, diagnosed)


def study(results: Path, fake: Fake | Mapping[str, Fake], name: str = "invented") -> StudyRecord:
    """Writes a study of one dataset, or of several by label, and reads it back."""
    for dataset, one in (fake if isinstance(fake, Mapping) else {"cohort": fake}).items():
        write_dataset(results, name, dataset, one)
    return read_study(results, name)


def noisy(method: str, scale: float = 0.25) -> Callable[[pd.DataFrame, str, int], pd.DataFrame]:
    """A change of predictions: noise on the risks of one method."""

    def change(frame: pd.DataFrame, label: str, fold: int) -> pd.DataFrame:
        if label != method:
            return frame
        noise = np.random.default_rng(fold).normal(0, scale, len(frame))
        return frame.assign(p=np.clip(frame["p"] + noise, 0, 1))

    return change


def _key(method: str, fold: int) -> str:
    return f"{method}:{fold}:0123456789abcdef"


def _sides(rng: np.random.Generator, fake: Fake, patient: np.ndarray, fold: int) -> np.ndarray:
    """Side of every case: holdout 60/20/20, or fold k of a partition that is the same in all folds of a repeat."""
    parts = max(fake.folds, 5) if fake.folds == 1 else fake.folds
    order = np.random.default_rng(1000 + fold // fake.folds).permutation(fake.patients) % parts
    valid = rng.random(fake.patients) < 0.25
    side = np.where(order == fold % fake.folds, "test", np.where(valid, "valid", "train"))
    return side[patient]


def _frame(names: list[str], side: np.ndarray, patient: np.ndarray, y: np.ndarray, p: np.ndarray, seed: int) -> pd.DataFrame:
    kept = np.flatnonzero(side != "train")
    frames = [
        pd.DataFrame(
            {"row": kept, "patient": patient[kept], "side": side[kept], "outcome": name, "seed": seed}
            | {"y": y[kept, t].astype(np.float32), "p": p[kept, t]}
        )
        for t, name in enumerate(names)
    ]
    return pd.concat(frames, ignore_index=True)[list(PREDICTION_COLUMNS)]


def _plan(fake: Fake, study: str, dataset: str, names: list[str], total: int) -> dict[str, Any]:
    protocol = {"folds": fake.folds, "repeats": fake.repeats, "trials": 3, "seeds": fake.seeds, "seed": 0, "patients": None}
    protocol |= {"split": "holdout" if fake.folds == 1 else "kfold", "selection": "auc_auprc", "loss": "bce"}
    methods = {
        label: {
            "name": label,
            "set": {},
            "family": "tabular" if label == "lightgbm" else "neural",
            "twin": fake.twins.get(label),
            "per_outcome": label == "lightgbm",
            "modalities": ["tabular"],
            "summary": f"Invented {label}.",
            "keys": [_key(label, fold) for fold in range(total)],
        }
        for label in fake.skill
    }
    return {
        "schema": 1,
        "study": study,
        "dataset": dataset,
        "protocol": protocol | {"modalities": ["tabular", "text"]},
        "cohort_hash": "c0ffee" * 8,
        "split_hash": "beef" * 16,
        "outcomes": names,
        "taken": "all 400 cases",
        "left_out": {"death": "2 cases of its rarer class on the test side of fold 0; at least 5 are needed"},
        "folds": total,
        "methods": methods,
    }


def _cohort(fake: Fake, dataset: str, patient: np.ndarray, y: np.ndarray, names: list[str], total: int) -> dict[str, Any]:
    oracle = {name: [{"fold": fold, "auc": 0.9 + 0.001 * fold, "auprc": 0.6} for fold in range(total)] for name in names}
    card = {"name": dataset, "title": "An invented cohort", "source": "nowhere", "licence": "none", "citation": "Nobody 2024"}
    card |= {"landmark": "end of surgery", "outcomes": {name: f"definition of {name}" for name in names}, "reference": []}
    return {
        "card": card | {"nested": {k: list(v) for k, v in fake.nested.items()}, "synthetic": fake.synthetic, "notes": ["A note."]},
        "cases": len(patient),
        "patients": fake.patients,
        "cases_used": len(patient),
        "outcomes": {
            name: {"known": int((~np.isnan(c)).sum()), "positive": int((c == 1).sum()), "prevalence": float(np.nanmean(c))}
            for name, c in zip(names, y.T, strict=True)
        },
        "present": {"tabular": 1.0, "text": 0.8},
        "hash": "c0ffee" * 8,
        "references": {"oracle": oracle} if fake.oracle else {},
    }


def _cell(fake: Fake, method: str, fold: int, side: np.ndarray) -> dict[str, Any]:
    cost = {"tune_seconds": 10.0 + len(method), "fit_seconds": 2.0, "predict_seconds": 0.1, "trials": 3, "pruned": 1, "fits": 4}
    return {
        "key": _key(method, fold),
        "method": method,
        "name": method,
        "family": "neural",
        "twin": fake.twins.get(method),
        "fold": fold,
        "outcomes": list(fake.outcomes),
        "params": {"all": {"lr": 0.001}},
        "cost": cost | {"size": 12345, "peak_memory_mb": 512.5},
        "seeds": list(range(fake.seeds)),
        "cases": {name: int((side == name).sum()) for name in ("train", "valid", "test")},
        "versions": {"python": "3.11", "numpy": "2.0"},
    }

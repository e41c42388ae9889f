"""large_n: what is attainable at least on a synthetic cohort, by plain methods that learn from 100,000 further patients."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from datasets import Refused
from datasets.cache import cache_home
from datasets.registry import entry

METHODS = ("logistic", "lightgbm")
PATIENTS = 100_000
# How many cases are cut from a cohort by settings that leave its world as it is.
_SIZES = frozenset({"patients", "test_patients"})


def predictions(dataset: str, settings: Mapping[str, Any]) -> pd.DataFrame | None:
    """Risks by row of the cohort and outcome, from the better of METHODS; None where they were never made for this world."""
    made = path(dataset, settings)
    return None if made is None else pd.read_parquet(made)


def path(dataset: str, settings: Mapping[str, Any]) -> Path | None:
    """Where the risks of this world lie, shipped or made here; None where they were never made."""
    name = _file(dataset, settings)
    places = (Path(str(resources.files("datasets.surgical").joinpath("large_n"))), cache_home() / "large_n")
    return next((place / name for place in places if (place / name).is_file()), None)


def make(dataset: str, settings: Mapping[str, Any], folder: Path) -> Path:
    """Fits METHODS with their defaults on four fifths of 100,000 further patients of the world, stopped on the rest, and keeps
    the cohort's risks by the one whose expected AUC is the higher on average. Takes some ten minutes and 4 GiB."""
    from datasets import load
    from datasets.expected import expected_auc
    from datasets.registry import truth
    from datasets.surgical import more
    from methods import registry

    if entry(dataset).truth is None:
        raise Refused(f"dataset '{dataset}' is not synthetic: no further patients of it can be made.")
    world = _world(settings)
    further, _ = more(dataset, PATIENTS, "train", **world)
    fifth = PATIENTS // 5
    train, valid = further.take(np.arange(fifth, PATIENTS)), further.take(np.arange(fifth))
    cohort, risks = load(dataset, Path(), **world), truth(dataset, **world).risks
    found: dict[float, pd.DataFrame] = {}
    for name in METHODS:
        method = registry.build(name).fit(train, valid)
        p = pd.DataFrame(method.predict_proba(cohort.hide_outcomes()), columns=list(cohort.outcome_names)).astype(np.float32)
        auc = float(np.mean([expected_auc(risks[o].to_numpy(), p[o].to_numpy()) for o in p]))
        found[auc] = p
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / _file(dataset, settings)
    draft = made.with_name(f".{made.name}")
    found[max(found)].to_parquet(draft, index=False)
    return draft.replace(made)


def _world(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in _SIZES}


def _file(dataset: str, settings: Mapping[str, Any]) -> str:
    """A name that stands for the world: its settings and the code that makes its patients."""
    import datasets.surgical

    code = hashlib.sha256(json.dumps([dataset, _world(settings)], sort_keys=True).encode())
    for source in sorted(Path(datasets.surgical.__file__).parent.glob("*.py")):
        # The card tells of the world and does not make it.
        if source.name not in ("__init__.py", "card.py"):
            code.update(source.read_bytes())
    return f"{dataset}-{code.hexdigest()[:16]}.parquet"
